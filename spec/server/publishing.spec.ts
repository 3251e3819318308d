import * as E from '#fp/Either'
import { delay, identity, map, NEVER, type Observable, of, type SchedulerLike, throwError } from 'rxjs'
import type { Permission, Pub } from '../../lib/protocol/frame.js'
import type { Engine, Entry } from '../../lib/server/engine.js'
import type { ServerReceipt } from '../../lib/server/application.js'
import { createRoomServer, type RoomServer } from '../../lib/server/server.js'
import type { Result } from '../../lib/core/result.js'
import { codeOf, left, see } from '../support/seen.js'
import { offsetsOf, now, pageOf } from './support/engine.js'
import { join, pub } from './support/peer.js'
import { world } from './support/world.js'

/** An engine that notes the batches it appends, and may answer late. */
const noting = (
  engine: Engine,
  batches: (readonly Entry[])[],
  wait: <T>(answer: Observable<T>) => Observable<T> = identity,
): Engine => ({
  ...engine,
  append: (room, entries) => {
    batches.push(entries)
    return wait(engine.append(room, entries))
  },
})

/** Answers so late. */
const late =
  (scheduler: SchedulerLike, ms = 10) =>
  <T>(answer: Observable<T>): Observable<T> =>
    answer.pipe(delay(ms, scheduler))

const log = (engine: Engine, room: string): readonly string[] =>
  pageOf(engine, room, { epoch: 'E1', offset: 0 }, { count: 10_000, bytes: 2 ** 30 }).messages.map(({ id }) => id)

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])

describe('publishing', () => {
  it('[SV30] what is accepted is acknowledged with offset and time, one frame for a batch', () => {
    const { client, time } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    time.advanceBy(5)
    peer.news()
    peer.send(pub(7, 'r', 1), pub(8, 'r', 2, { data: { text: 'hi' } }))
    expect(peer.news()).toEqual([
      ['a', 'E1', 0, 7, 1, 5, 8, 2, 5],
      ['m', 1, 1, 'p1.1', 'e', ['anonymous', 'id1'], 5, 1],
      ['m', 1, 2, 'p1.2', 'e', ['anonymous', 'id1'], 5, { text: 'hi' }],
    ])
  })

  it('[SV30] nothing is acknowledged or told before the append is answered', () => {
    const { client, time } = world((clock) => ({ engine: (engine) => noting(engine, [], late(clock)) }))
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(pub(1, 'r', 1))
    time.advanceBy(9)
    expect(peer.all('a')).toEqual([])
    time.advanceBy(1)
    expect(peer.all('a')).toHaveLength(1)
  })

  it('[SV30] a link that is gone meanwhile gets nothing, and the publish is executed', () => {
    const { client, time, memory } = world((clock) => ({ engine: (engine) => noting(engine, [], late(clock)) }))
    const peer = client()
    peer.send(pub(1, 'r', 1))
    peer.send(pub(2, 'r', 2))
    const told = peer.frames().length
    peer.drop()
    time.advanceBy(100)
    expect(peer.frames()).toHaveLength(told)
    expect(log(memory, 'r')).toEqual(['p1.1', 'p1.2'])
  })

  it('[SV31] publishes of a room are appended in the order they came, what came meanwhile as one batch', () => {
    const batches: (readonly Entry[])[] = []
    const { client, time, memory } = world((clock) => ({
      engine: (engine) => noting(engine, batches, late(clock)),
    }))
    const [a, b] = [client(), client()]
    a.send(pub(1, 'r', 1, { producer: 'a' }), pub(2, 'r', 2, { producer: 'a' }))
    b.send(pub(1, 'r', 1, { producer: 'b' }))
    a.send(pub(3, 'r', 3, { producer: 'a' }), pub(4, 'other', 1, { producer: 'a' }))
    time.advanceBy(100)
    expect(batches.map((batch) => batch.map(({ id }) => id))).toEqual([['a.1', 'a.2'], ['a.1'], ['b.1', 'a.3']])
    expect(log(memory, 'r')).toEqual(['a.1', 'a.2', 'b.1', 'a.3'])
    expect(a.all('a').flatMap(([, , , ...triples]) => triples)).toHaveLength(12)
  })

  it('[SV31] a batch holds at most 256 entries and about a mebibyte', () => {
    const batches: (readonly Entry[])[] = []
    const { client, time } = world((clock) => ({ engine: (engine) => noting(engine, batches, late(clock)) }))
    const peer = client()
    peer.send(...Array.from({ length: 600 }, (_, at) => pub(at, 'r', at + 1)))
    for (let seq = 1; seq <= 5; seq++) peer.send(pub(seq, 'large', seq, { data: 'x'.repeat(400_000) }))
    time.advanceBy(100)
    expect(batches.map(({ length }) => length)).toEqual([64, 1, 256, 2, 256, 2, 24])
    expect(peer.all('refused')).toEqual([])
  })

  it('[SV32] publishing needs the permission, and no membership', () => {
    const { client } = world({
      authorize: ({ room }) => of<Permission[]>(room === 'mine' ? ['publish'] : ['read', 'history']),
    })
    const peer = client()
    peer.send(pub(1, 'mine', 1), pub(2, 'other', 1))
    expect(peer.all('a')).toEqual([['a', 'E1', 0, 1, 1, 0]])
    expect(peer.all('refused')).toMatchObject([{ ref: 2, code: 'delivery/forbidden', kind: 'terminal' }])
  })

  it('[SV32] publishes wait for the permission in order, those of other rooms do not wait', () => {
    const { client, time, memory } = world((clock) => ({
      authorize: ({ room }) => of<Permission[]>(['publish']).pipe(delay(room === 'slow' ? 10 : 0, clock)),
    }))
    const peer = client()
    peer.send(pub(1, 'slow', 1), pub(2, 'quick', 1))
    peer.send(pub(3, 'slow', 2))
    time.advanceBy(5)
    expect(peer.all('a').map(([, , , ref]) => ref)).toEqual([2])
    time.advanceBy(5)
    peer.send(pub(4, 'slow', 3))
    expect(
      pageOf(memory, 'slow', { epoch: 'E1', offset: 0 }, { count: 9, bytes: 999 }).messages.map(({ id }) => id),
    ).toEqual(['p1.1', 'p1.2', 'p1.3'])
  })

  it('[SV32] where the permission cannot be known it is asked to try again', () => {
    const { client } = world({ authorize: () => throwError(() => new Error('down')) })
    const peer = client()
    peer.send(pub(1, 'r', 1))
    expect(peer.all('refused')).toMatchObject([
      { ref: 1, code: 'delivery/unchecked', kind: 'retry', retryAfterMs: 1_000 },
    ])
  })

  it('[SV33] a payload that is too large to reach others is refused for good, and decided: what follows goes on', () => {
    const { client, memory } = world({ limits: { messageBytes: 64 * 1024 } })
    const peer = client()
    peer.send(pub(1, 'r', 1, { data: 'x'.repeat(62 * 1024) }))
    peer.send(pub(2, 'r', 2, { after: 1 }))
    peer.send(pub(3, 'r', 1, { flags: 1 }))
    expect(peer.all('refused').map(({ ref, code }) => [ref, code])).toEqual([
      [1, 'delivery/too-large'],
      [3, 'delivery/too-large'],
    ])
    expect(peer.all('a')).toEqual([['a', 'E1', 0, 2, 1, 0]])
    expect(log(memory, 'r')).toEqual(['p1.2'])
  })

  it('[SV33] what is not too large can be received with any sender, id and event', () => {
    const user = 'é'.repeat(128)
    const { client } = world({ limits: { messageBytes: 64 * 1024 }, authenticate: () => of({ user }) })
    const peer = client({ rooms: [join(1, 'r')] })
    const most: Pub = ['p', 1, 'r', 'p', 1, 0, 'i'.repeat(64), 'v'.repeat(64), 'x'.repeat(62 * 1024 - 2), 0]
    peer.send(most)
    expect(peer.all('m')).toHaveLength(1)
    expect(Math.max(...peer.messages().map((message) => Buffer.byteLength(message)))).toBeLessThanOrEqual(64 * 1024)
  })

  it('[SV34] beyond the rate they are refused with when to try again', () => {
    const { client, time } = world({ limits: { publishesPerSecond: 10 } })
    const peer = client()
    const send = (from: number, to: number): void => {
      peer.send(...Array.from({ length: to - from + 1 }, (_, at) => pub(from + at, 'r', from + at)))
    }
    send(1, 12)
    expect(peer.all('refused')).toMatchObject([
      { ref: 11, code: 'delivery/rate', kind: 'retry', retryAfterMs: 100 },
      { ref: 12, code: 'delivery/rate', retryAfterMs: 100 },
    ])
    time.advanceBy(100)
    send(11, 11)
    expect(peer.all('a').flatMap(([, , , ...triples]) => triples).length / 3).toBe(11)
  })

  it('[SV35] an engine that fails is told as worth another try, and the lane stays as it was', () => {
    let isDown = true
    const { client, faults } = world({
      engine: (engine) => ({
        ...engine,
        append: (room, entries) => (isDown ? of(E.left({ message: 'disk full' })) : engine.append(room, entries)),
      }),
    })
    const peer = client()
    peer.send(pub(1, 'r', 1), pub(2, 'r', 2, { after: 1 }))
    expect(peer.all('refused').map(({ ref, code, kind }) => [ref, code, kind])).toEqual([
      [1, 'delivery/unavailable', 'retry'],
      [2, 'delivery/unavailable', 'retry'],
    ])
    expect(faults).toMatchObject([{ where: 'engine', message: 'disk full', room: 'r' }])
    isDown = false
    peer.send(pub(3, 'r', 1), pub(4, 'r', 2, { after: 1 }))
    expect(peer.all('a')).toEqual([['a', 'E1', 0, 3, 1, 0, 4, 2, 0]])
  })

  it('[SV35] an answer that was lost after the commit is repeated, and nothing is appended twice', () => {
    let isLost = true
    const { client, server } = world({
      engine: (engine) => ({
        ...engine,
        append: (room, entries) => {
          const outcomes = now(engine.append(room, entries))
          return isLost ? throwError(() => new Error('connection reset')) : of(E.right(outcomes))
        },
      }),
    })
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(pub(1, 'r', 1))
    isLost = false
    peer.send(pub(2, 'r', 1, { flags: 1 }))
    expect(peer.all('a')).toEqual([['a', 'E1', 1, 2, 1, 0]])
    expect(offsetsOf(peer.all('m').map(([, , offset]) => ({ offset }) as never))).toEqual([1])
    expect(server.metrics()).toMatchObject({ accepted: 0, repeated: 1 })
  })

  it('[SV35] an engine that does not answer in time is one that failed', () => {
    const { client, time } = world({ engine: (engine) => ({ ...engine, append: () => NEVER }) })
    const peer = client()
    peer.send(pub(1, 'r', 1))
    time.advanceTo(10_000)
    expect(peer.all('refused')).toMatchObject([{ ref: 1, code: 'delivery/unavailable' }])
  })

  it('[SV37] who sends more than the server can hold is asked to wait', () => {
    const { client, time, memory } = world((clock) => ({
      engine: (engine) => noting(engine, [], late(clock, 1_000)),
      budgets: { user: { unansweredBytes: 4 * 2 ** 20 } },
    }))
    const peer = client()
    const data = 'x'.repeat(900_000)
    for (let seq = 1; seq <= 8; seq++) peer.send(pub(seq, 'r', seq, { data }))
    expect(peer.all('refused').map(({ ref, code }) => [ref, code])).toEqual([
      [6, 'delivery/rate'],
      [7, 'delivery/rate'],
      [8, 'delivery/rate'],
    ])
    time.advanceBy(10_000)
    expect(log(memory, 'r')).toHaveLength(5)
  })

  it('[SV38] the application publishes in its own name, in order, and hears of each', () => {
    const { client, server, time } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    time.advanceBy(3)
    const results: Result<ServerReceipt>[] = []
    server.publish('r', 'news', { text: 'a' }).subscribe((result) => results.push(result))
    server.publish('r', 'news', undefined, { id: 'mine', from: 'clock' }).subscribe((result) => results.push(result))
    expect(peer.all('m')).toEqual([
      ['m', 1, 1, 'own1', 'news', ['@server', ''], 3, { text: 'a' }],
      ['m', 1, 2, 'mine', 'news', ['clock', ''], 3, { $: 0 }],
    ])
    expect(results[1]).toEqual(
      E.right({ room: 'r', id: 'mine', position: { epoch: 'E1', offset: 2 }, at: 3, durability: 'memory' }),
    )
  })

  it.each<[string, () => readonly [string, string, unknown], string]>([
    [
      'a payload that is circular',
      () => {
        const loop: Record<string, unknown> = {}
        return ['r', 'e', (loop['self'] = loop)]
      },
      'delivery/invalid',
    ],
    ['a payload that is no JSON', () => ['r', 'e', () => 1], 'delivery/invalid'],
    ['a payload that JSON cannot represent', () => ['r', 'e', { tags: new Set() }], 'delivery/invalid'],
    ['a toJSON of too many levels', () => ['r', 'e', { toJSON: () => deep(65) }], 'delivery/invalid'],
    ['an empty room', () => ['', 'e', 1], 'delivery/invalid'],
    ['an event that is too long', () => ['r', 'e'.repeat(65), 1], 'delivery/invalid'],
    ['a payload that is too large', () => ['r', 'e', 'x'.repeat(2 ** 20)], 'delivery/too-large'],
  ])('[SV38] publishes nothing of %s', (_, given, code) => {
    const { server, faults } = world()
    const results: unknown[] = []
    server.publish(...given()).subscribe((result) => results.push(result))
    expect(results).toMatchObject([
      { _tag: 'Left', left: { _tag: 'DeliveryError', code, kind: 'terminal', executed: 'no' } },
    ])
    expect(faults).toEqual([])
  })

  it.each(['', 'x'.repeat(257), '\ud800', 7 as never])('[SV38] publishes nothing in the name of %j', (from) => {
    const { server } = world()
    const results: unknown[] = []
    server.publish('r', 'e', 1, { from }).subscribe((result) => results.push(result))
    expect(results).toMatchObject([{ left: { code: 'delivery/invalid', executed: 'no' } }])
  })

  it('[SV109] the same id is published once in a room, and answers with the first receipt', () => {
    const { server, memory: engine } = world()
    const results: unknown[] = []
    const publish = (on: typeof server, room: string): void => {
      on.publish(room, 'paid', 7, { id: 'order-1' }).subscribe((result) => results.push(result))
    }
    publish(server, 'r')
    publish(server, 'r')
    publish(createRoomServer({ engine }), 'r')
    publish(server, 'other')
    expect(results.slice(1, 3)).toEqual([results[0], results[0]])
    expect(results).toMatchObject(Array(4).fill({ right: { id: 'order-1', position: { offset: 1 } } }))
    expect(log(engine, 'r')).toEqual(['order-1'])
  })

  it('[SV109] publishing again after an answer that was lost publishes nothing twice', () => {
    let isLost = true
    const { server, memory: engine } = world(() => ({
      engine: (plain) => ({
        ...plain,
        append: (room, entries) =>
          plain.append(room, entries).pipe(map((answer) => (isLost ? E.left({ message: 'lost' }) : answer))),
      }),
    }))
    const results: { readonly left?: { readonly id: string } }[] = []
    server.publish('r', 'paid', 7).subscribe((result) => results.push(result as never))
    expect(results[0]).toMatchObject({
      left: { code: 'delivery/unavailable', executed: 'unknown', remedy: expect.stringContaining('same id') as string },
    })
    isLost = false
    const id = results[0]?.left?.id ?? ''
    server.publish('r', 'paid', 7, { id }).subscribe((result) => results.push(result as never))
    expect(results[1]).toMatchObject({ right: { id, position: { offset: 1 } } })
    expect(log(engine, 'r')).toEqual([id])
  })

  it.each<[string, object, string, string, RegExp]>([
    ['an unknown name', { idd: 'a' }, 'config/invalid', 'idd', /^Did you mean id\?/],
    ['withinMs of 0', { withinMs: 0 }, 'config/invalid', 'withinMs', /above 0/],
    ['an id of 65 bytes', { id: 'x'.repeat(65) }, 'delivery/invalid', '', /^Write publish\(room, event, data, \{ id, from \}\)/],
    ['a from that is none', { from: 5 }, 'delivery/invalid', '', /^Write publish/],
  ])('[SV114] a publish with %s is refused and says what to write', (_, options, code, option, remedy) => {
    const { server } = world()
    const error = left(see(server.publish('r', 'm', 1, options as never)).only())
    expect(error).toMatchObject({ code, ...(option && { option }), remedy: expect.stringMatching(remedy) as string })
  }) // prettier-ignore

  it('[SV114] null is as if options were left out', () => {
    const { server } = world()
    const none = null as never
    const answers = [server.publish('r', 'm', 1, none), server.kick('r', 'ana', none), server.expire('ana', none), server.close(none)]
    expect(answers.map((answer: Observable<Result<unknown>>) => codeOf(see(answer).only()))).toEqual(['', '', '', ''])
  }) // prettier-ignore

  it.each<[string, (server: RoomServer) => Observable<Result<unknown>>, string]>([
    ['kick()', ({ kick }) => (kick as () => ReturnType<typeof kick>)(), 'room'],
    ['kick without a user', ({ kick }) => kick('r', undefined as never), 'user'],
    ['kick with another option', ({ kick }) => kick('r', 'ana', { mesage: 'x' } as never), 'mesage'],
    ['kick with a message that is none', ({ kick }) => kick('r', 'ana', { message: 5 as never }), 'message'],
    ['expire()', ({ expire }) => expire(undefined as never), 'user'],
    ['expire with another option', ({ expire }) => expire('ana', { wait: 1 } as never), 'wait'],
  ])('[SV114] %s is a Left', (_, call, option) => {
    expect(left(see(call(world().server)).only())).toMatchObject({ code: 'config/invalid', option })
  })

  it('[SV111] a publish waits as long as it is told to, and goes on', () => {
    const { server, time, memory } = world((clock) => ({ engine: (engine) => noting(engine, [], late(clock)) }))
    const aborter = new AbortController()
    const [timed, aborted] = [
      see(server.publish('r', 'm', 1, { withinMs: 5 })),
      see(server.publish('r', 'm', 2, { signal: aborter.signal })),
    ]
    time.advanceBy(5)
    aborter.abort()
    expect([timed, aborted].map((each) => codeOf(each.only()))).toEqual(['server/timeout', 'server/aborted'])
    time.advanceBy(100)
    expect(log(memory, 'r')).toHaveLength(2)
    const { signal } = aborter
    const never = [server.publish('r', 'm', 3, { signal }), server.kick('r', 'ana', { signal }), server.expire('ana', { signal })]
    expect(never.map((each: Observable<Result<unknown>>) => codeOf(see(each).only()))).toEqual(Array(3).fill('server/aborted'))
    time.advanceBy(100)
    expect(log(memory, 'r')).toHaveLength(2)
  }) // prettier-ignore

  it('[SV38][P19] what is pending when the server closes is settled', () => {
    const { server } = world((clock) => ({ engine: (engine) => noting(engine, [], late(clock)) }))
    const results: unknown[] = []
    server.publish('r', 'e', 1).subscribe((result) => results.push(result))
    server.close()
    server.publish('r', 'e', 2).subscribe((result) => results.push(result))
    expect(results).toMatchObject([
      { left: { code: 'delivery/closed', executed: 'unknown' } },
      { left: { code: 'delivery/closed', executed: 'no' } },
    ])
  })
})
