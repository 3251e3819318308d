import { Observable, throwError, timer, map } from 'rxjs'
import * as E from '#fp/Either'
import { declared } from '../../lib/contract/declared.js'
import { asks, clientAsks } from '../../lib/features/calls/index.js'
import type { MemberHandler } from '../../lib/features/calls/asks.js'
import { tokens } from '../../lib/kernel/tokens.js'
import { memory } from '../../lib/server/memory.js'
import { codeOf, see, type Seen } from '../support/seen.js'
import { Poll, poll, type Told, told } from '../support/poll.js'

type Vote = MemberHandler<(typeof Poll)['calls']['vote']>

const sorted = (asked: Told): readonly string[] => [...told(asked)].sort()

/** Without its types. */
type AnyAsk = (name: string, input?: unknown, options?: unknown) => Observable<Told['all'][number]>

/** A handler that never answers, and what became of it. */
const silent = () => {
  const log: string[] = []
  const handler = (): Observable<never> =>
    new Observable(() => {
      log.push('asked')
      return () => log.push('unsubscribed')
    })
  return { log, handler }
}

describe.each([
  ['one server', 0],
  ['two servers', 1],
] as const)('room.with(asks), over %s', (_, other) => {
  const stage = (...args: Parameters<typeof poll>) => {
    const made = poll(...args)
    const { time, roomOf } = made
    /** Users that vote. */
    const voters = (handlers: Readonly<Record<string, Vote>>): Readonly<Record<string, Seen<unknown>>> => {
      const all = Object.entries(handlers).map(([user, handler], at) => [
        user,
        see(roomOf(user, at % 2 === 0 ? other : 0).answer('vote', handler)),
      ])
      time.advanceBy(500)
      return Object.fromEntries(all) as Record<string, Seen<unknown>>
    }
    const answered =
      (votes: number, ms = 0): Vote =>
      () =>
        timer(ms, time).pipe(map(() => E.right(votes)))
    roomOf('ana').join()
    return { ...made, voters, answered }
  }

  it('[CA16] asks every member that answers the call, and completes after the last answer', () => {
    const { time, voters, roomOf, close } = stage()
    const { ben, eve } = voters({
      ben: (on, { from, room, kind, name }) => {
        expect([from!.user, room, kind, name]).toEqual(['ana', 'den', 'query', 'vote'])
        return [E.right(on.length)]
      },
      eve: () => [declared('busy', { for: 5 })],
    })
    roomOf('sam', other).join()
    time.advanceBy(500)
    expect([ben!.all, eve!.all]).toEqual([[E.right(undefined)], [E.right(undefined)]])
    const asked = see(roomOf('ana').ask('vote', 'tea'))
    time.advanceBy(200)
    expect(sorted(asked)).toEqual(['ben: 3', 'eve: declared busy {"for":5}'])
    expect(asked.isComplete()).toBe(true)
    close()
    expect([ben!.isComplete(), eve!.isComplete()]).toEqual([true, true])
  })

  it('[CA17] completes after the first answer, after so many, and after more than half: the others are cancelled', () => {
    const { time, voters, answered, roomOf } = stage()
    const { log, handler } = silent()
    voters({ ben: answered(1, 100), eve: answered(2, 200), joe: handler })
    const room = roomOf('ana')
    const first = see(room.ask('vote', 'a', { until: 'first' }))
    time.advanceBy(400)
    expect([told(first), first.isComplete()]).toEqual([['ben: 1'], true])
    expect(log.splice(0)).toEqual(['asked', 'unsubscribed'])
    const quorum = see(room.ask('vote', 'a', { until: 'quorum' }))
    time.advanceBy(400)
    expect([told(quorum), quorum.isComplete()]).toEqual([['ben: 1', 'eve: 2'], true])
    expect(log.splice(0)).toEqual(['asked', 'unsubscribed'])
    const two = see(room.ask('vote', 'a', { until: 2 }))
    time.advanceBy(400)
    expect([told(two), two.isComplete()]).toEqual([['ben: 1', 'eve: 2'], true])
  })

  it('[CA18] a call that nobody answers, or too few, fails at once', () => {
    const { time, voters, answered, roomOf } = stage()
    time.advanceBy(100)
    const nobody = see(roomOf('ana').ask('ping'))
    time.advanceBy(20)
    expect([told(nobody), nobody.isComplete()]).toEqual([['call/nobody retry no'], true])
    voters({ ben: answered(1, 50), eve: answered(2, 100) })
    const three = see(roomOf('ana').ask('vote', 'a', { until: 3 }))
    time.advanceBy(20)
    expect([told(three), three.isComplete()]).toEqual([['call/too-few retry no'], true])
  })

  it('[CA18] ends as soon as there cannot be enough answers any more', () => {
    const { time, voters, answered, roomOf } = stage()
    voters({ ben: answered(1, 50), eve: () => throwError(() => new Error('no')), joe: answered(3, 5_000) })
    const asked = see(roomOf('ana').ask('vote', 'a', { until: 3 }))
    time.advanceBy(200)
    expect(told(asked).at(-1)).toBe('call/too-few retry no')
    expect(sorted(asked).slice(-1)).toEqual(['eve: call/failed terminal no'])
    expect(asked.isComplete()).toBe(true)
  })

  it('[CA19] a member that leaves while it is asked is call/gone: of a command it may have run', () => {
    const { time, roomOf, network, clientOf, both } = stage()
    const { log, handler } = silent()
    const answering = ['ben', 'eve', 'joe', 'kim'].map((user, at) =>
      see(roomOf(user, at % 2 === 0 ? other : 0).answer('act', handler)),
    )
    time.advanceBy(500)
    const asked = see(roomOf('ana').ask('act', 'a'))
    time.advanceBy(100)
    answering[0]!.stop()
    time.advanceBy(10)
    expect(told(asked)).toEqual(['ben: call/gone unknown unknown'])
    for (const host of network('eve')) host.cut()
    time.advanceBy(10)
    expect(told(asked).slice(1)).toEqual(['eve: call/gone unknown unknown'])
    for (const { kick } of both) kick('den', 'joe')
    time.advanceBy(10)
    expect(told(asked).slice(2)).toEqual(['joe: call/gone unknown unknown'])
    expect(asked.isComplete()).toBe(false)
    clientOf('kim').close()
    time.advanceBy(10)
    expect(told(asked).slice(3)).toEqual(['kim: call/gone unknown unknown'])
    expect(asked.isComplete()).toBe(true)
    expect(log.filter((each) => each === 'unsubscribed')).toHaveLength(4)
  })

  it('[CA20] a member that does not answer in time is call/late, and its handler is unsubscribed', () => {
    const { time, voters, answered, roomOf } = stage()
    const { log, handler } = silent()
    voters({ ben: answered(1, 50), eve: handler })
    const asked = see(roomOf('ana').ask('vote', 'a', { withinMs: 1_000 }))
    time.advanceBy(880)
    expect(told(asked)).toEqual(['ben: 1'])
    time.advanceBy(120)
    expect(told(asked)).toEqual(['ben: 1', 'eve: call/late retry no'])
    expect([asked.isComplete(), log]).toEqual([true, ['asked', 'unsubscribed']])
    const first = see(roomOf('ana').ask('vote', 'a', { withinMs: 30, until: 2 }))
    time.advanceBy(30)
    expect(sorted(first)).toEqual(['ben: call/late retry no', 'call/late retry no', 'eve: call/late retry no'])
    expect(first.isComplete()).toBe(true)
  })

  it('[CA20] the time of a call includes the wait for a connection and the join', () => {
    const { time, voters, answered, roomOf, both } = stage()
    voters({ ben: answered(1) })
    for (const { network } of both) network.host('zoe').refuse(true)
    const offline = see(roomOf('zoe', other).ask('vote', 'a', { withinMs: 3_000 }))
    time.advanceBy(2_990)
    expect(told(offline)).toEqual([])
    time.advanceBy(10)
    expect([told(offline), offline.isComplete()]).toEqual([['call/late retry no'], true])
    const later = see(roomOf('zoe', other).ask('vote', 'a', { withinMs: 30_000 }))
    time.advanceBy(1_000)
    for (const { network } of both) network.host('zoe').refuse(false)
    time.advanceBy(29_000)
    expect([told(later), later.isComplete()]).toEqual([['ben: 1'], true])
  })

  it('[CA21] unsubscribing cancels: the handlers of the members are unsubscribed', () => {
    const { time, voters, roomOf } = stage()
    const { log, handler } = silent()
    voters({ ben: handler, eve: handler })
    const asked = see(roomOf('ana').ask('vote', 'a'))
    time.advanceBy(100)
    expect(log).toEqual(['asked', 'asked'])
    asked.stop()
    time.advanceBy(10)
    expect(log.slice(2)).toEqual(['unsubscribed', 'unsubscribed'])
    expect(told(asked)).toEqual([])
  })

  it('[CA22] a member answers while it is subscribed, also after a reconnect; the last of several handlers answers', () => {
    const { time, roomOf, network } = stage()
    const room = roomOf('ben', other)
    const one = see(room.answer('vote', () => [E.right(1)]))
    const two = see(room.answer('vote', () => [E.right(2)]))
    time.advanceBy(500)
    const ask = () => {
      const asked = see(roomOf('ana').ask('vote', 'a'))
      time.advanceBy(100)
      return told(asked)
    }
    expect(ask()).toEqual(['ben: 2'])
    two.stop()
    time.advanceBy(500)
    expect(ask()).toEqual(['ben: 1'])
    for (const host of network('ben')) host.cut()
    time.advanceBy(20)
    expect(ask()).toEqual(['call/nobody retry no'])
    time.advanceBy(5_000)
    expect(ask()).toEqual(['ben: 1'])
    one.stop()
    time.advanceBy(20)
    expect(ask()).toEqual(['call/nobody retry no'])
  })

  it('[CA23] a call is not for the session that makes it, but for other sessions of its user', () => {
    const { time, both, transport, clientOf, roomOf } = stage()
    const { log, handler } = silent()
    see(roomOf('ana').answer('vote', handler))
    const tab = both[0].client({ transport: transport('ana'), token: tokens(() => 'ana'), lingerMs: 0 })
    see(
      tab
        .room('den', Poll)
        .with(asks)
        .answer('vote', () => [E.right(4)]),
    )
    time.advanceBy(500)
    const asked = see(clientOf('ana').room('den', Poll).with(asks).ask('vote', 'a'))
    time.advanceBy(100)
    expect([told(asked), asked.isComplete(), log]).toEqual([['ana: 4'], true, []])
  })

  it('[CA24] a lost connection ends the call of the asker with call/lost, and cancels it', () => {
    const { time, voters, roomOf, network } = stage()
    const { log, handler } = silent()
    voters({ ben: handler })
    const acting = see(roomOf('ben', other).answer('act', handler))
    time.advanceBy(500)
    const vote = see(roomOf('ana').ask('vote', 'a'))
    const act = see(roomOf('ana').ask('act', 'a'))
    time.advanceBy(100)
    for (const host of network('ana')) host.cut()
    time.advanceBy(10)
    expect(told(vote)).toEqual(['call/lost retry no'])
    expect(told(act)).toEqual(['call/lost unknown unknown'])
    expect([vote.isComplete(), act.isComplete()]).toEqual([true, true])
    expect(log).toEqual(['asked', 'asked', 'unsubscribed', 'unsubscribed'])
    acting.stop()
  })

  it('[CA25] the server asks the clients in a room, and those of a user', () => {
    const { time, voters, roomOf, both, clientOf } = stage()
    const { log, handler } = silent()
    voters({ ben: (on, { from }) => [E.right(from ? 0 : on.length)], eve: () => [declared('busy', { for: 1 })] })
    const own = see(
      clientOf('eve', other)
        .with(clientAsks(Poll))
        .answer('act', (what, { room, from }) => [
          E.right(`${what} ${room} ${from === undefined ? 'server' : from.user}`),
        ]),
    )
    time.advanceBy(500)
    expect(own.all).toEqual([E.right(undefined)])
    const asked = see(both[0].to({ room: 'den' }).ask(Poll, 'vote', 'milk'))
    const acted = see(both[0].to({ user: 'eve' }).ask(Poll, 'act', 'go'))
    const nobody = see(both[0].to({ user: 'ben' }).ask(Poll, 'act', 'go'))
    const all = see(both[0].to('all').ask(Poll, 'act', 'go'))
    time.advanceBy(100)
    expect(sorted(asked)).toEqual(['ben: 4', 'eve: declared busy {"for":1}'])
    expect(told(acted)).toEqual(['eve: "go @user server"'])
    expect([told(nobody), told(all)]).toEqual([['call/nobody retry no'], ['call/nobody retry no']])
    expect([asked, acted, nobody, all].map(({ isComplete }) => isComplete())).toEqual([true, true, true, true])
    const slow = see(roomOf('joe', other).answer('act', handler))
    time.advanceBy(500)
    const late = see(both[0].to({ room: 'den' }).ask(Poll, 'act', 'go', { withinMs: 100 }))
    time.advanceBy(110)
    expect([told(late), late.isComplete()]).toEqual([['joe: call/late unknown unknown'], true])
    const stopped = see(both[0].to({ room: 'den' }).ask(Poll, 'act', 'go'))
    time.advanceBy(10)
    stopped.stop()
    time.advanceBy(10)
    expect(log).toEqual(['asked', 'unsubscribed', 'asked', 'unsubscribed'])
    slow.stop()
  })

  it('[CA26] a handler that throws, errors, answers nothing or something else is call/failed, and a fault of its client', () => {
    const { time, voters, roomOf, clientOf } = stage()
    const faults = see(clientOf('ben', other).faults$)
    voters({
      ben: () => {
        throw new Error('secret')
      },
      eve: () => throwError(() => new Error('secret')),
      joe: () => [],
      kim: () => [E.right('four' as unknown as number)],
      lea: () => [declared('busy', { for: 'ever' as unknown as number })],
    })
    const asked = see(roomOf('ana').ask('vote', 'a'))
    time.advanceBy(100)
    expect(sorted(asked)).toEqual(['ben', 'eve', 'joe', 'kim', 'lea'].map((user) => `${user}: call/failed terminal no`))
    expect(JSON.stringify(asked.all)).not.toContain('secret')
    expect(faults.all.map(({ _tag, message }) => `${_tag}: ${message}`)).toEqual([
      'FunctionThrew: The handler of vote: secret',
    ])
  })

  it('[CA27] a call that cannot be made is a Left, and the end: wrong names, inputs and options, a refused room, a closed client', () => {
    const { time, roomOf, both, clientOf } = stage()
    const room = roomOf('ana')
    const wrong = [
      (room.ask as AnyAsk)('ticks'),
      (room.ask as AnyAsk)('none'),
      (room.ask as AnyAsk)('vote', 5),
      (room.ask as AnyAsk)('vote', 'a', { until: 0 }),
      (room.ask as AnyAsk)('vote', 'a', { until: 'most' }),
      (room.ask as AnyAsk)('vote', 'x'.repeat(16_384)),
    ].map(see)
    const answers = [room.answer('ticks' as never, (() => []) as never), room.answer('vote', 5 as never)].map(see)
    time.advanceBy(100)
    expect(wrong.map((each) => told(each))).toEqual([
      ['call/unknown-name terminal no'],
      ['call/unknown-name terminal no'],
      ['decode/unsendable'],
      ['config/invalid'],
      ['config/invalid'],
      ['call/too-large terminal no'],
    ])
    expect(answers.map((each) => codeOf(each.only()))).toEqual(['call/unknown-name', 'call/unknown-name'])
    for (const { refuse } of both) refuse('shut')
    const shut = clientOf('ana').room('shut', Poll).with(asks)
    const [refused, answer] = [see(shut.ask('vote', 'a')), see(shut.answer('vote', () => [E.right(1)]))]
    time.advanceBy(100)
    expect([told(refused), refused.isComplete(), codeOf(answer.last())]).toEqual([
      ['room/forbidden'],
      true,
      'room/forbidden',
    ])
    const pending = see(room.ask('vote', 'a', { withinMs: 50_000 }))
    clientOf('ana').close()
    expect([told(pending), pending.isComplete()]).toEqual([['connection/client-closed'], true])
    expect([...wrong, pending].every(({ isComplete }) => isComplete())).toBe(true)
  })

  it('[CA28] an aborted signal ends a call, and cancels it', () => {
    const { time, voters, roomOf } = stage()
    const { log, handler } = silent()
    voters({ ben: handler })
    const abort = new AbortController()
    const asked = see(roomOf('ana').ask('vote', 'a', { signal: abort.signal }))
    time.advanceBy(100)
    abort.abort()
    time.advanceBy(10)
    expect([told(asked), asked.isComplete()]).toEqual([['call/aborted unknown unknown'], true])
    expect(log).toEqual(['asked', 'unsubscribed'])
    const never = see(roomOf('ana').ask('vote', 'a', { signal: abort.signal }))
    time.advanceBy(10)
    expect([told(never), never.isComplete()]).toEqual([['call/aborted terminal no'], true])
  })

  it('[SV233] a message of another server without its form is refused with a fault, and loses no answer', () => {
    const inboxes = new Set<string>()
    const sent: string[] = []
    const made = poll({}, (time) => {
      const engine = memory({ scheduler: time, wall: () => time.now() })
      const signal: typeof engine.signal = (room, message) => {
        inboxes.add(room).add(`@asks/${message.from[1]}`)
        if (message.event === '@ask') sent.push(message.data)
        return engine.signal!(room, message)
      }
      return { ...engine, signal }
    })
    const { time, roomOf, both, engine, close } = made
    const faults: string[] = []
    for (const { faults$ } of both.map((each) => each.server()))
      faults$.subscribe(({ message }) => faults.push(message))
    for (const [user, at] of [['ben', 0], ['eve', 1]] as const)
      see(roomOf(user, at).answer('vote', () => timer(500, time).pipe(map(() => E.right(user.length))))) // prettier-ignore
    roomOf('ana').join()
    time.advanceBy(500)
    const asked = see(roomOf('ana').ask('vote', 'tea'))
    time.advanceBy(100)
    // An answer to the question that is under way at the other server.
    const { id = 'x', to = ['k'] } = JSON.parse(sent[0] ?? '{}') as { readonly id?: string; readonly to?: string[] }
    const answer = { t: 'answer', id, key: to[0] }
    const question = { t: 'ask', id: 'x', to: [], room: 'den', name: 'vote', kind: 'query', withinMs: 9 }
    const junk: readonly string[] = [
      '',
      '{',
      'null',
      '7',
      '[]',
      ...[
        {},
        { t: 'other' },
        { t: 7 },
        { t: '__proto__' },
        { t: 'cancel' },
        { t: 'cancel', id: 7 },
        answer,
        { ...answer, answer: { is: 'all' } },
        { ...answer, answer: { is: 'value', data: '{' } },
        { ...answer, answer: { is: 'value', data: '1e999' } },
        { ...answer, answer: { is: 'error', error: '' } },
        { ...answer, answer: { is: 'none', because: 'no' } },
        { ...question, to: 'all' },
        { ...question, to: [7] },
        { ...question, room: '' },
        { ...question, kind: 'stream' },
        { ...question, data: 'tea' },
        { ...question, from: 'ana' },
        { ...question, withinMs: -1 },
      ].map((each) => JSON.stringify(each)),
    ]
    expect([...inboxes].some((room) => room.startsWith('@asks/'))).toBe(true)
    for (const room of inboxes)
      for (const data of junk) engine.signal?.(room, { event: '@ask', from: ['', 'x'], data }).subscribe()
    // The same form, for a call and a member that there are not.
    for (const room of inboxes)
      for (const each of [
        { ...answer, id: 'none', answer: { is: 'value' } },
        { ...question, to: ['nobody'] },
        { t: 'cancel', id: 'x' },
      ])
        engine.signal?.(room, { event: '@ask', from: ['', 'x'], data: JSON.stringify(each) }).subscribe()
    time.advanceBy(1_000)
    expect(sorted(asked)).toEqual(['ben: 3', 'eve: 3'])
    expect(asked.isComplete()).toBe(true)
    expect(new Set(faults.map((message) => message.replace(/ \(.*/, '')))).toEqual(
      new Set(['a message of another server about calls has no known form']),
    )
    close()
  })

  it('[SV228] members of a server that stops are call/gone, at the latest when its lease ends', () => {
    const { time, roomOf, both } = stage()
    const { handler } = silent()
    see(roomOf('ben', other).answer('vote', handler))
    time.advanceBy(500)
    const asked = see(both[0].to({ room: 'den' }).ask(Poll, 'vote', 'a', { withinMs: 200_000 }))
    time.advanceBy(100)
    both[other].stop()
    time.advanceBy(100_000)
    expect(told(asked)).toEqual(['ben: call/gone retry no'])
    expect(asked.isComplete()).toBe(true)
  })
})
