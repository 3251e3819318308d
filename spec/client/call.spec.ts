import * as t from 'io-ts'
import { concat, NEVER, of, Subject, timer, map } from 'rxjs'
import * as E from '#fp/Either'
import type { ResultStream } from '../../lib/core/result.js'
import { contract } from '../../lib/contract/contract.js'
import { calls, clientCalls, command, query, stream } from '../../lib/features/calls/index.js'
import { declared } from '../../lib/contract/declared.js'
import { answers, serverAnswers } from '../../lib/server/calls/answers.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServerOptions } from '../../lib/testing/fake-server.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

const Shop = contract({
  events: { booked: t.number },
  calls: {
    free: query({ output: t.array(t.number) }),
    book: command({
      input: t.number,
      output: t.string,
      errors: { taken: t.strict({ by: t.string }), odd: t.void },
    }),
    slow: query({ input: t.number, output: t.string }),
    count: stream({ input: t.number, output: t.number, errors: { stopped: t.string } }),
    live: stream({ output: t.number }),
  },
})
const Api = contract({ calls: { version: query({ output: t.string }) } })

const stageOf = (options: FakeServerOptions = {}) => {
  const time = virtualTime()
  const booked = new Map<number, string>()
  const runs: string[] = []
  const ends: string[] = []
  const source = new Subject<number>()
  const server = fakeServer(time, {
    users: { ana: {}, ben: {} },
    calls: [
      answers(Shop, {
        free: () => [E.right([1, 2, 3].filter((seat) => !booked.has(seat)))],
        book: (seat, { user, room }) => {
          runs.push(`book ${seat} ${user} ${room}`)
          const by = booked.get(seat)
          if (by !== undefined) return [declared('taken', { by })]
          booked.set(seat, user)
          return timer(50, time).pipe(map(() => E.right(`seat ${seat}`)))
        },
        slow: (ms) =>
          timer(ms, time).pipe(
            map(() => E.right('at last')),
            (source$) => {
              runs.push('slow')
              return source$
            },
          ),
        count: (to) =>
          concat(of(...Array.from({ length: to }, (_, n) => E.right(n + 1))), of(declared('stopped', 'here'))),
        live: () => source.pipe(map((n) => E.right(n))),
      }),
      serverAnswers(Api, { version: (_, { user }) => [E.right(`1 for ${user}`)] }),
    ],
    ...options,
  })
  const clientOf = (as: string) => server.client({ as, host: as })
  const roomOf = (as: string) => clientOf(as).room('concert', Shop).with(calls)
  return { time, server, booked, runs, ends, source, clientOf, roomOf }
}

describe('room.with(calls)', () => {
  it('[CA1] a call has one answer, typed by the contract: its output, or an error that it declares', () => {
    const { time, runs, roomOf } = stageOf()
    const ana = roomOf('ana')
    const booked = see(ana.call('book', 2))
    time.advanceBy(200)
    expect(right(booked.only())).toBe('seat 2')
    const free = see(ana.call('free'))
    const again = see(roomOf('ben').call('book', 2))
    time.advanceBy(200)
    expect(right(free.only())).toEqual([1, 3])
    const result = again.only()
    if (E.isRight(result) || result.left._tag !== 'DeclaredError') throw new Error('no declared error')
    const { error, value, call, code } = result.left
    expect([error, value, call, code]).toEqual(['taken', { by: 'ana' }, 'book', 'call/declared'])
    expect(runs).toEqual(['book 2 ana concert', 'book 2 ben concert'])
  })

  it('[CA2] a call of the client is about no room', () => {
    const { time, clientOf } = stageOf()
    const version = see(clientOf('ana').with(clientCalls(Api)).call('version'))
    time.advanceBy(200)
    expect(right(version.only())).toBe('1 for ana')
  })

  it('[CA3] a call begins with its subscription, for each anew, and a subscription that ends cancels it', () => {
    const { time, server, runs, roomOf } = stageOf()
    const wire = tap(server.network)
    const room = roomOf('ana')
    const slow = room.call('slow', 1_000)
    time.advanceBy(100)
    expect(wire.up('call')).toEqual([])
    const [one, two] = [see(slow), see(slow)]
    time.advanceBy(100)
    expect(runs).toEqual(['slow', 'slow'])
    one.stop()
    time.advanceBy(100)
    expect(wire.up('cancel')).toHaveLength(1)
    time.advanceBy(2_000)
    expect(one.all).toEqual([])
    expect(right(two.only())).toBe('at last')
    const withdrawn = see(room.call('slow', 1))
    withdrawn.stop()
    time.advanceBy(1_000)
    expect(wire.up('call')).toHaveLength(2)
    expect(wire.up('cancel')).toHaveLength(1)
  })

  it('[CA4] an unknown name, an invalid input, an invalid option and a server without calls are a `Left` at once', () => {
    const { time, roomOf, clientOf } = stageOf()
    const room = roomOf('ana')
    const odd = room as unknown as { readonly call: (...given: readonly unknown[]) => ResultStream<unknown> }
    const refused = [odd.call('nothing'), odd.call('book', 'x'), odd.call('book', 1, { withinMs: -1 }), odd.call('')]
    const all = refused.map((call$) => see(call$))
    time.advanceBy(200)
    expect(all.map((each) => codeOf(each.only()))).toEqual([
      'call/unknown-name',
      'decode/unsendable',
      'config/invalid',
      'call/unknown-name',
    ])
    const none = [undefined, null, 5, {}].flatMap((contract) => [
      clientCalls(contract as never)(clientOf('ana')).call as unknown as typeof odd.call,
      clientOf('ana')
        .room('concert', contract as never)
        .with(calls as never as () => typeof odd).call,
    ])
    const { calls: _, ...former } = Shop
    const old = clientOf('ana')
      .room('concert', former as typeof Shop)
      .with(calls)
      .call('free')
    const without = [...none.map((make) => see(make('free'))), see(old)]
    time.advanceBy(200)
    expect(without.map((each) => codeOf(each.only()))).toEqual([
      ...none.map(() => 'config/invalid'),
      'call/unknown-name',
    ])
    const bare = fakeServer(time)
    const alone = see(bare.client().room('concert', Shop).with(calls).call('free'))
    time.advanceBy(200)
    expect(left(alone.only())).toMatchObject({ code: 'call/unsupported', executed: 'no', kind: 'terminal' })
  })

  it('[CA5] waits while offline, and fails with `call/late` when its time is over: not executed if it was not written', () => {
    const { time, server, roomOf } = stageOf()
    const room = roomOf('ana')
    server.network.host('ana').refuse(true)
    const early = see(room.call('free', undefined, { withinMs: 60_000 }))
    const late = see(room.call('book', 1, { withinMs: 2_000 }))
    time.advanceBy(3_000)
    expect(left(late.only())).toMatchObject({ code: 'call/late', executed: 'no', kind: 'retry' })
    server.network.heal()
    time.advanceBy(30_000)
    expect(right(early.only())).toEqual([1, 2, 3])
    const slow = see(room.call('slow', 20_000))
    time.advanceBy(10_100)
    expect(left(slow.only()).code).toBe('call/late')
  })

  it('[CA6] [P19] a lost connection repeats a query, and asks for the answer of a command, which runs once', () => {
    const { time, server, runs, roomOf } = stageOf()
    const room = roomOf('ana')
    const book = see(room.call('book', 1))
    const slow = see(room.call('slow', 300))
    time.advanceBy(30)
    expect([...runs].sort()).toEqual(['book 1 ana concert', 'slow'])
    server.network.host('ana').cut()
    time.advanceBy(5_000)
    expect(right(book.only())).toBe('seat 1')
    expect(right(slow.only())).toBe('at last')
    expect([...runs].sort()).toEqual(['book 1 ana concert', 'slow', 'slow'])
  })

  it('[CA7] a stream gives each value in order, then its declared error or its completion, with the credit of its window', () => {
    const { time, server, source, roomOf } = stageOf()
    const wire = tap(server.network)
    const room = roomOf('ana')
    const count = see(room.call('count', 200, { window: 10 }))
    time.advanceBy(1_000)
    const values = count.all.flatMap((result) => (E.isRight(result) ? [result.right] : []))
    expect(values).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
    expect(count.all.at(-1)).toMatchObject({ left: { error: 'stopped', value: 'here' } })
    expect(count.isComplete()).toBe(true)
    expect(wire.up('credit').length).toBeGreaterThan(10)
    const live = see(room.call('live'))
    time.advanceBy(100)
    source.next(7)
    time.advanceBy(100)
    source.complete()
    time.advanceBy(100)
    expect(live.all.map((result) => right(result))).toEqual([7])
    expect(live.isComplete()).toBe(true)
  })

  it('[CA8] a stream continues after the last reply that arrived when the connection is back', () => {
    const { time, server, source, roomOf } = stageOf()
    const live = see(roomOf('ana').call('live'))
    time.advanceBy(100)
    source.next(1)
    time.advanceBy(100)
    server.network.host('ana').cut()
    source.next(2)
    source.next(3)
    time.advanceBy(5_000)
    source.next(4)
    time.advanceBy(100)
    expect(live.all.map((result) => right(result))).toEqual([1, 2, 3, 4])
    live.stop()
    time.advanceBy(100)
    expect(source.observed).toBe(false)
  })

  it('[CA9] a stream whose next reply does not come within `idleMs` fails with `call/idle`, and ends at the server', () => {
    const { time, source, roomOf } = stageOf()
    const live = see(roomOf('ana').call('live', undefined, { idleMs: 1_000 }))
    time.advanceBy(500)
    source.next(1)
    time.advanceBy(900)
    source.next(2)
    time.advanceBy(1_100)
    expect(live.all.map(codeOf)).toEqual(['', '', 'call/idle'])
    expect(live.isComplete()).toBe(true)
    time.advanceBy(100)
    expect(source.observed).toBe(false)
  })

  it('[CA10] `settle: "seen"` answers after the messages up to the effect of the call were offered', () => {
    const time = virtualTime()
    const server = fakeServer(time, {
      users: { ana: {} },
      calls: [
        answers(Shop, {
          free: () => NEVER,
          slow: () => NEVER,
          count: () => NEVER,
          live: () => NEVER,
          book: (seat, { room }) => server.publish(room, 'booked', seat).pipe(map(() => E.right('done'))),
        }),
      ],
    })
    const room = server.client({ as: 'ana' }).room('concert', Shop).with(calls)
    const order: string[] = []
    room.on('booked').subscribe((message) => order.push(`booked ${right(message).data}`))
    time.advanceBy(100)
    room.call('book', 5, { settle: 'seen' }).subscribe((answer) => order.push(right(answer)))
    time.advanceBy(1_000)
    expect(order).toEqual(['booked 5', 'done'])
  })

  it('[CA11] completes when the client closes: with the error of the client, or `call/lost` where it may have run', () => {
    const { time, clientOf } = stageOf()
    const client = clientOf('ana')
    const room = client.room('concert', Shop).with(calls)
    const book = see(room.call('book', 1))
    const slow = see(room.call('slow', 5_000))
    time.advanceBy(30)
    client.close({ drainMs: 0 })
    time.advanceBy(100)
    expect([book, slow].map((each) => codeOf(each.only()))).toEqual(['call/lost', 'connection/client-closed'])
    const after = see(room.call('free'))
    time.advanceBy(100)
    expect(codeOf(after.only())).toBe('connection/client-closed')
  })

  it('[CA12] `signal` gives up a call: `call/aborted`', () => {
    const { time, roomOf } = stageOf()
    const room = roomOf('ana')
    const controller = new AbortController()
    const slow = see(room.call('slow', 5_000, { signal: controller.signal }))
    time.advanceBy(100)
    controller.abort()
    const never = see(room.call('slow', 1, { signal: controller.signal }))
    time.advanceBy(100)
    expect([slow, never].map((each) => left(each.only()).code)).toEqual(['call/aborted', 'call/aborted'])
  })
})
