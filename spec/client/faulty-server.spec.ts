import * as E from '#fp/Either'
import { logTo } from '../../lib/kernel/log.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Refusal } from '../../lib/protocol/frame.js'
import { contract } from '../../lib/contract/contract.js'
import { history } from '../../lib/features/history/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { Chat, Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admits, greets, joined, msg, type Script, stage, welcome } from '../support/stage.js'
import { joinsOf, tap } from '../support/wire.js'

const atOnce = { message: '', kind: 'retry', retryAfterMs: 0 } as const
const minute = 60_000
/** One a second, and the first few that come before the floor has grown. */
const few = 65

describe('a server that asks for everything at once', () => {
  it('[CN21] and refuses each join for now gets no more than a few a second', () => {
    const script: Script = (frame, to) => {
      greets(frame, to)
      for (const { ch } of joinsOf(frame)) to.say({ t: 'left', ch, code: 'room/busy', ...atOnce })
    }
    const { client, network, time } = stage(script)
    const wire = tap(network)
    const ana = client()
    ana.room('lobby', Chat).join()
    time.advanceBy(minute)
    expect(wire.joins().length).toBeGreaterThan(50)
    expect(wire.joins().length).toBeLessThan(few)
    ana.close()
  })

  it('[CN21] and lets a room in and out gets no more than five joins a second', () => {
    const script: Script = (frame, to) => {
      admits(frame, to)
      for (const { ch } of joinsOf(frame)) to.say({ t: 'left', ch, code: 'room/busy', ...atOnce })
    }
    const { client, network, time } = stage(script)
    const wire = tap(network)
    const ana = client()
    see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(minute)
    expect(wire.joins().length).toBeLessThan(5 * 60 + 2)
    ana.close()
  })

  it.each(['delivery/rate', 'delivery/order', 'delivery/unavailable'])(
    '[CN21] and refuses each publish with %s gets no more than a few a second',
    (code) => {
      const script: Script = (frame, to) => {
        admits(frame, to)
        if (Array.isArray(frame) && frame[0] === 'p') to.say({ t: 'refused', ref: frame[1] as number, code, ...atOnce })
      }
      const { client, network, time } = stage(script)
      const wire = tap(network)
      const ana = client()
      ana.room('lobby', Chat).send('message', { text: 'x' })
      time.advanceBy(minute)
      expect(wire.up('p').length).toBeGreaterThan(50)
      expect(wire.up('p').length).toBeLessThan(few)
      ana.close()
    },
  )

  it('[CN21] and refuses each page of history gets no more than a few a second', () => {
    const script: Script = (frame, to) => {
      if ('t' in frame && frame.t === 'hello')
        to.say(welcome({ can: ['history'], limits: { ...welcome().limits, history: 10 } }))
      if ('t' in frame && frame.t === 'history') to.say({ t: 'left', ch: frame.ch, code: 'room/busy', ...atOnce })
    }
    const { client, network, time } = stage(script)
    const wire = tap(network)
    const ana = client()
    ana.room('lobby', Chat).with(history).history({ last: 5 })
    ana.connect()
    time.advanceBy(minute)
    expect(wire.up('history').length).toBeGreaterThan(5)
    expect(wire.up('history').length).toBeLessThan(few)
    ana.close()
  })

  it('[CN21] and rejects each token gets the next ones after growing waits', () => {
    let count = 0
    const script: Script = (frame, to) => {
      if ('t' in frame && frame.t === 'hello') to.say(welcome({ tokenExpiresInMs: 1_000 }))
      if ('t' in frame && frame.t === 'auth')
        to.say({ t: 'refused', ref: frame.ref, code: 'auth/rejected', message: '', kind: 'reauth' })
    }
    const { client, network, time } = stage(script)
    const wire = tap(network)
    const ana = client({ token: tokens(() => `token ${++count}`) })
    ana.connect()
    time.advanceBy(minute)
    expect(wire.up('auth').length).toBeGreaterThan(2)
    expect(wire.up('auth').length).toBeLessThan(few)
    ana.close()
  })

  it('[CN21] and shows a hole in another epoch after each join gets two joins at once, then after growing waits', () => {
    let epochs = 0
    const script: Script = (frame, to) => {
      greets(frame, to)
      for (const { ch } of joinsOf(frame))
        to.say(joined({ ch }, { epoch: `E${++epochs}`, permissions: ['read', 'history'] }), msg(ch, 5))
    }
    const { client, network, time } = stage(script)
    const wire = tap(network)
    const ana = client()
    const seen = see(ana.room('lobby', Numbers).on('message'))
    time.advanceBy(100)
    expect(wire.joins()).toHaveLength(3)
    time.advanceBy(minute)
    expect(wire.joins().length).toBeGreaterThan(4)
    expect(wire.joins().length).toBeLessThan(15)
    expect(seen.all.every(E.isLeft)).toBe(true)
    ana.close()
  })

  it('[CN20] and for the end of time gets another try within two hours', () => {
    const most = Number.MAX_SAFE_INTEGER
    const refusal: Refusal = { code: 'server/busy', message: '', kind: 'retry', retryAfterMs: most, spreadMs: most }
    const { client, actors, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') to.say({ t: 'refused', ...refusal })
    })
    const ana = client()
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(1_000)
    expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { retryAfterMs: 3_600_000, spreadMs: 3_600_000 } })
    time.advanceBy(2 * 3_600_000)
    expect(actors.length).toBeGreaterThan(1)
    ana.close()
  })
})

describe('frames before the welcome', () => {
  it('[CN23] are dropped, and one fault tells so, also after a malformed welcome', () => {
    const { client, actor, time } = stage((frame, to) => {
      if (!('t' in frame) || frame.t !== 'hello') return
      to.raw('{"t":"welcome","user":7}')
      const [{ ch } = { ch: 1 }] = frame.rooms
      to.say(joined({ ch }), msg(ch, 1), { t: 'ping', n: 7 })
      to.say({ t: 'bye', because: 'x', reconnect: 'never', drainMs: 0 }, { t: 'bye.done' })
      to.say({ t: 'limits', limits: welcome().limits })
    })
    const ana = client()
    const faults = see(ana.faults$)
    const state = see(ana.state$)
    const messages = see(ana.room('lobby', contract({ events: { message: Numbers.events.message } })).on('message'))
    time.advanceBy(100)
    expect(state.last()).toMatchObject({ _tag: 'Handshaking' })
    expect(messages.all).toEqual([])
    expect(faults.all.map(({ message }) => message)).toEqual([
      expect.stringContaining('welcome'),
      'frames before the welcome',
    ])
    expect(
      actor()
        .heard()
        .some((frame) => 't' in frame && frame.t === 'pong'),
    ).toBe(true)
    actor().say(welcome())
    time.advanceBy(10)
    expect(state.last()).toMatchObject({ _tag: 'Online' })
    ana.close()
  })
})

describe('a flood of faults', () => {
  it('[CT70] is told at most twenty a second, in faults$ and to the logger, and counted whole', () => {
    const lines: string[] = []
    const { client, actor, time } = stage()
    const ana = client({ logger: logTo({ warn: (line) => lines.push(line) }) })
    const faults = see(ana.faults$)
    const counted = see(ana.with(metrics).metrics$)
    ana.connect()
    time.advanceBy(100)
    for (let n = 0; n < 5_000; n++) actor().raw(`{"t":"joined","ch":"${n}"}`)
    time.advanceBy(5_000)
    expect(faults.all).toHaveLength(21)
    expect(faults.all.at(-1)?.message).toMatch(/4979 more like this one were left out/)
    expect(lines).toHaveLength(21)
    expect(counted.last()).toMatchObject({ malformedFrames: 5_000, faults: 5_000 })
    ana.close()
  })
})
