import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { partsOf } from '../../lib/client/port.js'
import { history, historyLimits, type HistoryOptions } from '../../lib/features/history/index.js'
import { defaultLimits } from '../../lib/features/history/limits.js'
import { requests } from '../../lib/features/history/requests.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { seeded } from '../../lib/testing/random.js'
import { world, type WorldOptions } from '../../lib/testing/world.js'
import { Chat, data, Numbers } from '../support/chat.js'
import { codeOf, right, see } from '../support/seen.js'
import { joined, stage, welcome } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

const filled = (count: number, options: WorldOptions = {}) => {
  const here = world(options)
  for (const value of range(1, count)) here.server().publish('lobby', 'message', value)
  here.time.advanceBy(10)
  const ana = here.client()
  const room = ana.room('lobby', Numbers).with(history)
  const ask = (options: HistoryOptions) => see(room.history(options))
  return { ...here, ana, room, ask }
}

describe('history', () => {
  it('[HI2] gives the last so many in order, and where to go on, until there is nothing earlier', () => {
    const { ask, time, end } = filled(10)
    const read: unknown[] = []
    for (let before: HistoryOptions['before']; ;) {
      const answer = ask(before ? { last: 4, before } : { last: 4 })
      time.advanceBy(100)
      const page = right(answer.only())
      expect(answer.isComplete()).toBe(true)
      read.push(data(page.messages))
      before = page.earlier
      if (!before) break
    }
    expect(read).toEqual([
      [7, 8, 9, 10],
      [3, 4, 5, 6],
      [1, 2],
    ])
    expect(end()).toBe(0)
  })

  it('[HI2] asks for as many pages as the server makes of it, from the latest on, whatever the engine does', () => {
    const draw = seeded(5)
    const { ask, time, end } = filled(500, {
      limits: { history: 70 },
      between: (engine, scheduler) => unreliable(engine, { scheduler, random: draw, delayMs: 20, failEvery: 9 }),
    })
    time.advanceBy(5_000)
    const [many, all] = [ask({ last: 300, withinMs: 100_000 }), ask({ last: 10_000, withinMs: 100_000 })]
    time.advanceBy(60_000)
    const page = right(many.only())
    const { length } = right(all.only()).messages
    expect(data(page.messages)).toHaveLength(300)
    expect(data(right(all.only()).messages)).toEqual(range(1, length))
    expect(data(page.messages)).toEqual(range(length - 299, length))
    expect(page.earlier?.offset).toBe(length - 299)
    expect(right(all.only()).earlier).toBeUndefined()
    expect(end()).toBe(0)
  })

  it('[HI2] says of each message where, when and whose it is; what does not decode is at its place, other events are not', () => {
    const { client, time, end } = world()
    const ana = client()
    ana.room('lobby', Chat).post('message', { text: 'mine' })
    ana.room('lobby', Numbers).post('message', 7)
    ana.room('lobby', Chat).post('typing')
    time.advanceBy(100)
    const answer = see(ana.room('lobby', Numbers).with(history).history({ last: 10 }))
    const chat = see(ana.room('lobby', Chat).with(history).history({ last: 10 }))
    time.advanceBy(100)
    expect(right(answer.only()).messages.map(codeOf)).toEqual(['decode/payload', ''])
    const messages = right(chat.only()).messages
    expect(messages.map((each) => (E.isRight(each) ? each.right.event : each.left.code))).toEqual([
      'message', 'decode/payload', 'typing',
    ]) // prettier-ignore
    expect(right(messages[0]!)).toMatchObject({
      own: true, recovered: true, redelivered: false, data: { text: 'mine' }, position: { epoch: 'epoch-1', offset: 1 },
    }) // prettier-ignore
    expect(end()).toBe(0)
  })

  it('[HI3] waits for a connection, and makes one; joins nothing', () => {
    const { ask, network, time, room, end } = filled(3)
    network.refuse(true)
    const answer = ask({ last: 2 })
    const membership = see(room.membership$)
    time.advanceBy(3_000)
    expect(answer.all).toEqual([])
    network.refuse(false)
    time.advanceBy(6_000)
    expect(data(right(answer.only()).messages)).toEqual([2, 3])
    expect(membership.all).toEqual([{ _tag: 'Out' }])
    expect(end()).toBe(0)
  })

  it('[HI3] goes on over a loss of the link', () => {
    const { ask, network, time, end } = filled(500, { latencyMs: 50, limits: { history: 100 } })
    time.advanceBy(1_000)
    const answer = ask({ last: 400 })
    time.advanceBy(450)
    network.cut()
    time.advanceBy(9_000)
    expect(data(right(answer.only()).messages)).toEqual(range(101, 500))
    expect(end()).toBe(0)
  })

  it.each<[what: string, options: HistoryOptions, code: string]>([
    ['how many', { last: 0 }, 'room/invalid-history'],
    ['too many', { last: 10_001 }, 'room/invalid-history'],
    ['a position', { last: 1, before: { epoch: '', offset: 1 } }, 'room/invalid-history'],
    ['how long', { last: 1, withinMs: -1 }, 'config/invalid'],
    ['a log that is no more', { last: 1, before: { epoch: 'of old', offset: 1 } }, 'room/history-gone'],
  ])('[HI3] nonsense is a Left: %s', (_, options, code) => {
    const { ask, time, end } = filled(3)
    const answer = ask(options)
    time.advanceBy(100)
    expect(codeOf(answer.only())).toBe(code)
    expect(end()).toBe(0)
  })

  it('[HI3] is a Left when nothing comes in time, when it may not be read, and when the client stops or is closed', () => {
    let isAllowed = true
    const { ask, ana, client, network, time, end } = filled(3, {
      authenticate: () => [isAllowed ? { user: 'ana' } : null],
      authorize: ({ room }) => [room === 'lobby' ? ['read', 'history'] : ['read']],
    })
    const [forbidden, empty] = ['other', 'lobby'].map((name) =>
      see(
        client({ token: tokens(() => 't') })
          .room(name, Numbers)
          .with(history)
          .history({ last: 1 }),
      ),
    )
    time.advanceBy(100)
    expect([codeOf(forbidden!.only()), codeOf(empty!.only())]).toEqual(['room/forbidden', ''])
    network.refuse(true)
    const [soon, later] = [ask({ last: 1, withinMs: 500 }), ask({ last: 1 })]
    time.advanceBy(500)
    expect([codeOf(soon.only()), later.all]).toEqual(['room/timeout', []])
    time.advanceBy(9_500)
    expect(codeOf(later.only())).toBe('room/timeout')
    isAllowed = false
    network.refuse(false)
    const stopped = ask({ last: 1, withinMs: 100_000 })
    time.advanceBy(60_000)
    expect([codeOf(stopped.only()), codeOf(ask({ last: 1 }).only())]).toEqual(['auth/no-token', 'auth/no-token'])
    const other = client({ autoConnect: false })
    const closing = see(other.room('lobby', Numbers).with(history).history({ last: 1 }))
    other.close()
    ana.close()
    time.advanceBy(10)
    expect([codeOf(closing.only()), codeOf(ask({ last: 1 }).only())]).toEqual([
      'connection/client-closed',
      'connection/client-closed',
    ])
    expect(end()).toBe(0)
  })

  it('[HI3] is a Left at once on a server that gives none, which is never asked', () => {
    const { client, actor, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') to.say(welcome())
      for (const join of joinsOf(frame)) to.say(joined(join))
    })
    const answer = see(client().room('lobby', Numbers).with(history).history({ last: 1 }))
    time.advanceBy(10)
    expect(codeOf(answer.only())).toBe('room/no-history')
    expect(
      actor()
        .heard()
        .map((frame) => ('t' in frame ? frame.t : frame[0])),
    ).toEqual(['hello'])
  })

  it('[HI3] is asked for at the call, once, and taken back when that is aborted; a few at a time are under way', () => {
    const { client, actor, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') {
        const { limits } = welcome()
        to.say(welcome({ can: ['history'], limits: { ...limits, history: 10 } }))
      }
    })
    const ana = client()
    ana.with(historyLimits({ inFlight: 2, waiting: 3 }))
    ana.connect()
    time.advanceBy(100)
    const calls = Array.from({ length: 6 }, () => new AbortController())
    const pages = calls.map(({ signal }) => ana.room('lobby', Numbers).with(history).history({ last: 99, signal }))
    const answers = pages.map(see)
    see(pages[1]!).stop()
    time.advanceBy(10)
    const asked = () =>
      actor()
        .heard()
        .filter((frame) => 't' in frame && (frame.t === 'history' || frame.t === 'leave'))
    const request = (ch: number) => ({ t: 'history', ch, room: 'lobby', count: 10 })
    expect(asked()).toEqual([request(1), request(2)])
    expect(answers.map((each) => each.all.map(codeOf))).toEqual([[], [], [], [], [], ['room/busy']])
    calls[0]!.abort()
    calls[2]!.abort()
    time.advanceBy(10)
    expect([0, 2].map((each) => codeOf(answers[each]!.only()))).toEqual(['room/aborted', 'room/aborted'])
    expect(asked()).toEqual([
      request(1),
      request(2),
      { t: 'leave', ch: 1 },
      request(3),
      { t: 'leave', ch: 3 },
      request(4),
    ])
    actor().say({ t: 'page', ch: 2, epoch: 'E', first: 1, head: 0, base: 0, recovered: true })
    time.advanceBy(10)
    expect(right(answers[1]!.only())).toEqual({ messages: [] })
    expect(asked().at(-1)).toEqual(request(5))
  })

  it('[CT22] an invalid bound is a fault that says what to write, and the bounds stay', () => {
    const { ana, ask, time, end } = filled(3)
    const faults = see(ana.faults$)
    for (const limits of [{ inFlight: 0 }, { pageMesages: 5 }, 7, null]) historyLimits(limits as never)(ana)
    const answer = ask({ last: 2 })
    time.advanceBy(100)
    expect(data(right(answer.only()).messages)).toEqual([2, 3])
    expect(faults.all.map(({ _tag, message }) => `${_tag}: ${message}`)).toEqual([
      expect.stringMatching(/^Misuse: inFlight is 0\. Write a /),
      expect.stringMatching(/^Misuse: .*pageMesages\. Did you mean pageMessages\?/),
      expect.stringMatching(/^Misuse: The options are 7\. Write a plain object\.$/),
    ])
    expect(end()).toBe(0)
  })

  it('[CT22] a later historyLimits changes only the bounds that it names, and an invalid one none', () => {
    const { ana, end } = filled(0)
    const limits = () => partsOf(ana).get(requests).limits()
    ana.with(historyLimits({ pageMessages: 5 }), historyLimits({ inFlight: 2 }))
    expect(limits()).toEqual({ ...defaultLimits, pageMessages: 5, inFlight: 2 })
    ana.with(historyLimits({ pageMessages: 0 }))
    expect(limits()).toEqual({ ...defaultLimits, pageMessages: 5, inFlight: 2 })
    expect(end()).toBe(0)
  })

  it('[HI3] that is not answered on a living link is asked for again', () => {
    let isDeaf = true
    const { client, actor, time } = stage((frame, to) => {
      if (!('t' in frame)) return
      if (frame.t === 'hello') to.say(welcome({ can: ['history'], limits: { ...welcome().limits, history: 10 } }))
      if (frame.t === 'ping') to.say({ t: 'pong', n: frame.n })
      if (frame.t === 'history' && !isDeaf)
        to.say({ t: 'page', ch: frame.ch, epoch: 'E', first: 1, head: 0, base: 0, recovered: true })
    })
    const answer = see(client().room('lobby', Numbers).with(history).history({ last: 9, withinMs: 60_000 }))
    time.advanceBy(9_000)
    isDeaf = false
    time.advanceBy(10_000)
    expect(right(answer.only())).toEqual({ messages: [] })
    expect(actor().heard().map((frame) => ('t' in frame ? frame.t : frame[0])).filter((t) => t !== 'ping')).toEqual([
      'hello', 'history', 'leave', 'history',
    ]) // prettier-ignore
  })
})
