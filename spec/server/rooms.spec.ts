import * as E from '#fp/Either'
import { delay, NEVER, Observable, type ObservableInput, of, Subject, switchMap, take, throwError, timer } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Permission } from '../../lib/protocol/frame.js'
import type { Engine, EngineFailure, Feed } from '../../lib/server/engine.js'
import type { Access } from '../../lib/server/options.js'
import { entry, now } from './support/engine.js'
import { join, pub, type RawPeer } from './support/peer.js'
import { world } from './support/world.js'

/** What a peer was told of one membership, in short. */
const story = (peer: RawPeer, ch = 1): readonly string[] => {
  const joins = new Map<number, number>()
  return peer.frames().flatMap((frame) => {
    if (!('t' in frame)) return frame[0] === 'm' && joins.get(frame[1]) === ch ? [`m${frame[2]}`] : []
    if (frame.t === 'joined') joins.set(frame.number, frame.ch)
    if (frame.t === 'joined' && frame.ch === ch)
      return [`joined ${frame.epoch}:${frame.base} ${frame.because ?? ''}`.trim()]
    if (frame.t === 'left' && frame.ch === ch) return [frame.code]
    if (frame.t === 'gap' && frame.ch === ch) {
      return [`gap ${frame.from.epoch}:${frame.from.offset} to ${frame.to.epoch}:${frame.to.offset} ${frame.because}`]
    }
    return []
  })
}

/** Puts so many messages into a room. */
const fill = (engine: Engine, room: string, count: number, from = 1): void => {
  now(
    engine.append(
      room,
      Array.from({ length: count }, (_, at) => entry(from + at)),
    ),
  )
}

const readers: readonly Permission[] = ['read', 'history']

describe('rooms', () => {
  it('[SV11][P12] joined comes first, then what was missed, then what is new, in one order', () => {
    const { client, memory, server } = world()
    fill(memory, 'r', 3)
    const peer = client({ rooms: [join(1, 'r', { from: { epoch: 'E1', offset: 1 } })] })
    server.publish('r', 'e', 'new')
    expect(story(peer)).toEqual(['joined E1:1', 'm2', 'm3', 'm4'])
    expect(peer.all('joined')).toMatchObject([{ first: 1, head: 3, base: 1, recovered: true }])
  })

  it('[SV11] a position that cannot be had is a base with the reason', () => {
    const { client, memory } = world({ memory: { messages: 2 } })
    fill(memory, 'r', 5)
    const truncated = client({ rooms: [join(1, 'r', { from: { epoch: 'E1', offset: 1 } })] })
    expect(story(truncated)).toEqual(['joined E1:3 truncated', 'm4', 'm5'])
    expect(truncated.all('joined')).toMatchObject([{ recovered: false }])
    const other = client({ rooms: [join(1, 'r', { from: { epoch: 'E0', offset: 4 } })] })
    expect(story(other)).toEqual(['joined E1:3 epoch', 'm4', 'm5'])
    const ahead = client({ rooms: [join(1, 'r', { from: { epoch: 'E1', offset: 9 } })] })
    expect(story(ahead)).toEqual(['joined E1:3 epoch', 'm4', 'm5'])
  })

  it('[SV11] [EN41] in a room in which nobody has published a join is at its beginning, and goes on with it', () => {
    const { client, memory } = world()
    fill(memory, 'other', 1)
    const position = (epoch: string, offset: number) => ({ from: { epoch, offset } })
    const peers = [
      client({ rooms: [join(1, 'r')] }),
      client({ rooms: [join(1, 'r', { from: { last: 5 } })] }),
      client({ rooms: [join(1, 'r', position('E1', 0))] }),
      client({ rooms: [join(1, 'r', position('E0', 0))] }),
      client({ rooms: [join(1, 'r', position('E1', 7))] }),
    ]
    expect(memory.held().rooms).toBe(1)
    fill(memory, 'r', 2)
    expect(peers.map((peer) => story(peer))).toEqual([
      ['joined E1:0', 'm1', 'm2'],
      ['joined E1:0', 'm1', 'm2'],
      ['joined E1:0', 'm1', 'm2'],
      ['joined E1:0 epoch', 'm1', 'm2'],
      ['joined E1:0 epoch', 'm1', 'm2'],
    ])
  })

  it('[SV11] [EN41] so is one that is answered after the first messages', () => {
    const { client, memory, time } = world((clock) => ({
      engine: (inner) => ({ ...inner, read: (...asked) => inner.read(...asked).pipe(delay(10, clock)) }),
    }))
    const peer = client({ rooms: [join(1, 'r', { from: { epoch: 'E0', offset: 3 } })] })
    fill(memory, 'r', 2)
    time.advanceBy(5)
    expect(story(peer)).toEqual([])
    time.advanceBy(1_000)
    expect(story(peer)).toEqual(['joined E1:0 epoch', 'm1', 'm2'])
  })

  it('[SV11] [EN17] who is behind in a room that is dropped is told of one gap, and goes on in the next', () => {
    const reads = new Subject<void>()
    const { client, memory, time } = world(() => ({
      memory: { messages: 50 },
      engine: (inner) => ({
        ...inner,
        read: (...asked) =>
          isHeld
            ? reads.pipe(
                take(1),
                switchMap(() => inner.read(...asked)),
              )
            : inner.read(...asked),
      }),
    }))
    let isHeld = false
    fill(memory, 'r', 100)
    const peer = client({ rooms: [join(1, 'r')] })
    isHeld = true
    const late = client({ rooms: [join(1, 'r', { from: { epoch: 'E1', offset: 98 } })] })
    memory.forget('r')
    reads.next()
    time.advanceBy(1_000)
    fill(memory, 'r', 1)
    expect(story(late)).toEqual(['joined E2:0 epoch', 'm1'])
    expect(story(peer)).toEqual(['joined E1:100', 'gap E1:100 to E2:0 epoch', 'm1'])
  })

  it('[SV11] the last so many are what there is of them', () => {
    const { client, memory } = world({ memory: { messages: 4 } })
    fill(memory, 'r', 6)
    expect(story(client({ rooms: [join(1, 'r', { from: { last: 2 } })] }))).toEqual(['joined E1:4', 'm5', 'm6'])
    expect(story(client({ rooms: [join(1, 'r', { from: { last: 0 } })] }))).toEqual(['joined E1:6'])
    expect(story(client({ rooms: [join(1, 'r', { from: { last: 99 } })] }))).toEqual([
      'joined E1:2',
      'm3',
      'm4',
      'm5',
      'm6',
    ])
  })

  it('[SV11] who does not want messages is a member without them', () => {
    const { client, server } = world()
    const peer = client({ rooms: [join(1, 'r', { want: [] })] })
    server.publish('r', 'e', 1)
    expect(story(peer)).toEqual(['joined E1:0'])
  })

  it('[SV13] authorize is asked once per link and room, with who asks', () => {
    const asked: Access[] = []
    const { client } = world({
      authenticate: () => of({ user: 'ann', roles: ['editor'] }),
      authorize: (access) => {
        asked.push(access)
        return of<Permission[]>(['read', 'publish'])
      },
    })
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(pub(1, 'r', 1), pub(2, 'r', 2), { t: 'leave', ch: 1 }, join(2, 'r'))
    expect(asked).toEqual([{ user: 'ann', roles: ['editor'], room: 'r' }])
    expect(peer.all('joined')[0]?.permissions).toEqual(['read', 'publish'])
  })

  it('[SV13] who may not read is left forbidden, and the feed is not even opened', () => {
    const { client, server } = world({ authorize: () => of<Permission[]>(['publish']) })
    const peer = client({ rooms: [join(1, 'r')] })
    expect(peer.all('left')).toMatchObject([{ ch: 1, code: 'room/forbidden', kind: 'terminal' }])
    expect(server.metrics()).toMatchObject({ rooms: 0, members: 0 })
  })

  it.each<[string, () => ObservableInput<Permission[]>]>([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['errors', () => throwError(() => new Error('down'))],
    ['answers nonsense', () => 'read' as never],
    ['does not answer', () => NEVER],
  ])('[SV13][SV82] an authorize that %s refuses that room for now, and is a fault', (_, authorize) => {
    const { client, faults, time } = world({ authorize })
    const peer = client({ rooms: [join(1, 'r')] })
    time.advanceTo(10_000)
    expect(peer.all('left')).toMatchObject([{ code: 'room/unavailable', kind: 'retry', retryAfterMs: 1_000 }])
    expect(faults).toMatchObject([{ where: 'hook', room: 'r', user: 'anonymous' }])
    expect(peer.closedWith()).toBeUndefined()
  })

  it('[SV14] without the history permission the base is the head, and the reason forbidden', () => {
    const { client, memory } = world({ authorize: () => of<Permission[]>(['read']) })
    fill(memory, 'r', 3)
    expect(story(client({ rooms: [join(1, 'r', { from: { epoch: 'E1', offset: 1 } })] }))).toEqual([
      'joined E1:3 forbidden',
    ])
    expect(story(client({ rooms: [join(1, 'r', { from: { last: 2 } })] }))).toEqual(['joined E1:3 forbidden'])
    expect(story(client({ rooms: [join(1, 'r', { from: { epoch: 'E1', offset: 3 } })] }))).toEqual(['joined E1:3'])
  })

  it('[SV15] after a leave nothing comes of that ch, and a leave of no ch is nothing', () => {
    const { client, server } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send({ t: 'leave', ch: 1 }, { t: 'leave', ch: 1 }, { t: 'leave', ch: 77 })
    server.publish('r', 'e', 1)
    expect(story(peer)).toEqual(['joined E1:0'])
    expect(peer.closedWith()).toBeUndefined()
    expect(server.metrics()).toMatchObject({ rooms: 0, members: 0 })
  })

  it('[SV15][P7] a leave that crosses its join leaves nobody behind, wherever the join is', () => {
    const slow: Permission[][] = [['read', 'history']]
    const { client, server, time, memory } = world((clock) => ({
      authorize: () => timer(10, clock).pipe(() => of(slow[0] ?? []).pipe(delay(10, clock))),
      engine: (engine) => ({
        ...engine,
        follow: (room, from) => engine.follow(room, from).pipe(delay(10, clock)),
        read: (room, after, limit) => engine.read(room, after, limit).pipe(delay(10, clock)),
      }),
    }))
    fill(memory, 'r', 3)
    for (let leaveAt = 0; leaveAt <= 45; leaveAt += 5) {
      const peer = client({ rooms: [join(1, 'r', { from: { last: 5 } })] })
      time.advanceBy(leaveAt)
      peer.send({ t: 'leave', ch: 1 })
      const told = peer.frames().length
      time.advanceBy(100)
      expect(peer.frames()).toHaveLength(told)
      expect(server.metrics()).toMatchObject({ rooms: 0, members: 0 })
      peer.drop()
    }
  })

  it('[SV15][P7] join, leave and join again while the first answer is under way ends in the room', () => {
    const { client, server, time } = world((clock) => ({ authorize: () => of(readers).pipe(delay(10, clock)) }))
    const peer = client()
    peer.send(join(1, 'r'))
    time.advanceBy(5)
    peer.send({ t: 'leave', ch: 1 }, join(2, 'r'))
    time.advanceBy(20)
    server.publish('r', 'e', 1)
    expect(story(peer, 1)).toEqual([])
    expect(story(peer, 2)).toEqual(['joined E1:0', 'm1'])
  })

  it('[PR107] all members of a room get its messages under one number, which no other room has', () => {
    const { client, server } = world()
    const ana = client({ rooms: [join(5, 'a'), join(6, 'b')] })
    const ben = client({ rooms: [join(1, 'b'), join(2, 'a')] })
    server.publish('a', 'e', 1)
    const numbers = (peer: RawPeer) => peer.all('joined').map(({ number }) => number)
    expect(numbers(ana)).toEqual([...numbers(ben)].reverse())
    expect(new Set(numbers(ana)).size).toBe(2)
    expect(ana.all('m')).toEqual(ben.all('m'))
    expect(ana.all('m').map(([, number]) => number)).toEqual(numbers(ana).slice(0, 1))
  })

  it('[PR108] joins of many rooms are answered one by one, and count one by one', () => {
    const { client, server } = world({
      authorize: ({ room }) => of(room === 'b' ? [] : readers),
      limits: { joinsPerFrame: 3 },
    })
    const peer = client()
    server.publish('c', 'e', 1)
    peer.send(join(1, 'c'))
    const { epoch } = peer.all('joined')[0]!
    server.publish('c', 'e', 2)
    const rooms = ['a', 'b', 'c', 'd']
    peer.send({ t: 'joins', ch: 4, rooms, want: ['messages'], from: ['E', 3, 1, epoch, 1, 'E', 1] })
    expect(story(peer, 4)).toEqual([expect.stringMatching(/^joined E\d:0 epoch$/)])
    expect(story(peer, 5)).toEqual(['room/forbidden'])
    expect(story(peer, 6)).toEqual([`joined ${epoch}:1`, 'm2'])
    expect(story(peer, 7)).toEqual(['room/joins'])
    peer.send({ t: 'joins', ch: 8, rooms: ['e', 'f'], want: ['messages'] })
    for (const ch of [8, 9]) expect(story(peer, ch)).toEqual([expect.stringMatching(/^joined E/)])
    peer.send({ t: 'joins', ch: 9, rooms: ['g'], want: ['messages'] })
    expect(peer.closedWith()).toBe(4400)
  })

  it('[SV2] [PR108] joins of a hello are answered after the welcome, however many a later message may hold', () => {
    const { client } = world({ limits: { joinsPerFrame: 2 } })
    const want = ['messages'] as const
    const peer = client({
      rooms: [{ t: 'joins', ch: 1, rooms: ['a', 'b', 'c'], want, from: ['E', 0, 2, 'F', 1] }, join(4, 'd')],
    })
    const answers = peer.all('joined').map(({ ch, recovered }) => `${ch} ${recovered}`)
    expect(answers.sort()).toEqual(['1 false', '2 false', '3 false', '4 true'])
  })

  it('[SV16] a ch that was used before is refused in band and closed with 4400', () => {
    for (const again of [join(1, 'r'), join(1, 'other')]) {
      const { client } = world()
      const peer = client({ rooms: [join(1, 'r')] })
      peer.send({ t: 'leave', ch: 1 }, again)
      expect(peer.all('refused')).toMatchObject([{ code: 'protocol/channel', kind: 'terminal' }])
      expect(peer.closedWith()).toBe(4400)
    }
    const { client } = world()
    expect(client({ rooms: [join(3, 'a'), join(3, 'b')] }).closedWith()).toBe(4400)
  })

  it('[SV17] joining a room again ends the older membership', () => {
    const { client, server } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(join(2, 'r'))
    server.publish('r', 'e', 1)
    expect(story(peer, 1)).toEqual(['joined E1:0', 'room/superseded'])
    expect(story(peer, 2)).toEqual(['joined E1:0', 'm1'])
    expect(server.metrics().members).toBe(1)
  })

  it('[SV18] rooms beyond the limit, and joins beyond those of one message, are refused alone', () => {
    const { client } = world({ limits: { rooms: 3, joinsPerFrame: 2 } })
    const peer = client({ rooms: [join(1, 'a'), join(2, 'b')] })
    peer.send(join(3, 'c'), join(4, 'd'), join(5, 'e'))
    expect(peer.all('joined').map(({ ch }) => ch)).toEqual([1, 2, 3])
    expect(peer.all('left').map(({ ch, code, kind }) => [ch, code, kind])).toEqual([
      [4, 'room/limit', 'terminal'],
      [5, 'room/joins', 'retry'],
    ])
    peer.send({ t: 'leave', ch: 1 }, join(6, 'e'))
    expect(peer.all('joined').map(({ ch }) => ch)).toEqual([1, 2, 3, 6])
  })

  it('[SV19] one feed per room, whatever the number of members, as long as there is one', () => {
    let open = 0
    let opened = 0
    const { client, server } = world({
      engine: (engine) => ({
        ...engine,
        follow: (room, from) =>
          new Observable((to) => {
            open++
            opened++
            const subscription = engine.follow(room, from).subscribe(to)
            subscription.add(() => open--)
            return subscription
          }),
      }),
    })
    const peers = Array.from({ length: 50 }, () => client({ rooms: [join(1, 'r')] }))
    expect([open, opened]).toEqual([1, 1])
    server.publish('r', 'e', 1)
    expect(peers.every((peer) => story(peer).at(-1) === 'm1')).toBe(true)
    for (const peer of peers.slice(1)) peer.drop()
    expect(open).toBe(1)
    peers[0]?.send({ t: 'leave', ch: 1 })
    expect(open).toBe(0)
  })

  it('[SV20] a hello with 1 100 rooms is answered in bounded messages, and others are served in between', () => {
    const { client, time } = world()
    const other = client()
    const rooms = Array.from({ length: 1_100 }, (_, at) => join(at + 1, `r${at}`))
    const peer = client({ rooms })
    expect(peer.all('joined').length).toBeGreaterThan(0)
    expect(peer.all('joined').length).toBeLessThan(100)
    other.send({ t: 'ping', n: 1 }, pub(1, 'x', 1))
    expect(other.all('pong')).toHaveLength(1)
    expect(other.all('a')).toHaveLength(1)
    time.advanceBy(0)
    expect(peer.all('joined').map(({ ch }) => ch)).toEqual(rooms.map(({ ch }) => ch))
    expect(Math.max(...peer.messages().map((message) => message.length))).toBeLessThanOrEqual(64 * 1024)
  })

  it('[SV20] two clients with many rooms are answered in turn', () => {
    const { client, time } = world((clock) => ({ authorize: () => of(readers).pipe(delay(1, clock)) }))
    const rooms = Array.from({ length: 500 }, (_, at) => join(at + 1, `room-${at}`))
    const [a, b] = [client({ rooms }), client({ rooms })]
    time.advanceBy(8)
    expect(a.all('joined').length).toBeGreaterThan(100)
    expect(Math.abs(a.all('joined').length - b.all('joined').length)).toBeLessThanOrEqual(64)
  })

  it('[SV21] a feed that fails is followed again from where it was, and nothing is lost', () => {
    const breaks = new Subject<Either<EngineFailure, Feed>>()
    const { client, server, faults, time, memory } = world({
      engine: (engine) => ({ ...engine, follow: (room, from) => withBreaks(engine.follow(room, from), breaks) }),
    })
    const peer = client({ rooms: [join(1, 'r')] })
    server.publish('r', 'e', 1)
    breaks.next(E.left({ message: 'cut' }))
    fill(memory, 'r', 2)
    expect(story(peer)).toEqual(['joined E1:0', 'm1'])
    const late = client({ rooms: [join(1, 'r', { from: { last: 1 } })] })
    expect(story(late)).toEqual([])
    time.advanceBy(1_000)
    expect(story(peer)).toEqual(['joined E1:0', 'm1', 'm2', 'm3'])
    expect(story(late)).toEqual(['joined E1:2', 'm3'])
    expect(faults).toMatchObject([{ where: 'engine', message: 'cut', room: 'r' }])
  })

  it('[SV21] a feed that never opens refuses the joins in time, and is tried again', () => {
    let tries = 0
    const { client, time } = world({
      engine: (engine) => ({ ...engine, follow: (room, from) => (tries++ === 0 ? NEVER : engine.follow(room, from)) }),
    })
    const peer = client({ rooms: [join(1, 'r')] })
    time.advanceTo(10_000)
    expect(peer.all('left')).toMatchObject([{ code: 'room/unavailable', kind: 'retry' }])
    peer.send(join(2, 'r'))
    time.advanceTo(12_000)
    expect(story(peer, 2)).toEqual(['joined E1:0'])
  })

  it('[SV22] a log that becomes another one is one gap, and then what it holds', () => {
    const { client, memory, server } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    server.publish('r', 'e', 1)
    server.publish('r', 'e', 2)
    memory.forget('r')
    fill(memory, 'r', 2)
    expect(story(peer)).toEqual(['joined E1:0', 'm1', 'm2', 'gap E1:2 to E2:0 epoch', 'm1', 'm2'])
    expect(server.metrics().gaps).toBe(1)
  })

  it('[SV22] so is one that became another one while the feed was down', () => {
    const breaks = new Subject<Either<EngineFailure, Feed>>()
    const { client, server, time, memory } = world({
      engine: (engine) => ({ ...engine, follow: (room, from) => withBreaks(engine.follow(room, from), breaks) }),
    })
    const peer = client({ rooms: [join(1, 'r')] })
    server.publish('r', 'e', 1)
    breaks.next(E.left({ message: 'cut' }))
    memory.forget('r')
    fill(memory, 'r', 1)
    time.advanceBy(1_000)
    expect(story(peer)).toEqual(['joined E1:0', 'm1', 'gap E1:1 to E2:0 epoch', 'm1'])
  })

  it('[SV22] offsets that skip some carry the one before, so that it is no gap', () => {
    const feed = new Subject<Either<EngineFailure, Feed>>()
    const { client } = world({ engine: (engine) => ({ ...engine, follow: () => feed }) })
    const peer = client({ rooms: [join(1, 'r')] })
    feed.next(E.right({ _tag: 'Base', epoch: 'X', first: 1, head: 4, base: 4, recovered: true }))
    const message = { id: 'i', event: 'e', from: ['u', 's'], at: 0, data: '1' } as const
    feed.next(E.right({ _tag: 'Messages', epoch: 'X', messages: [5, 9, 10].map((offset) => ({ ...message, offset })) }))
    expect(peer.all('m').map(([, , offset, , , , , , extra]) => [offset, extra])).toEqual([
      [5, undefined],
      [9, { prev: 5 }],
      [10, undefined],
    ])
  })

  it('[SV23] a room that must exist is looked up first', () => {
    const { client, memory } = world()
    fill(memory, 'there', 1)
    const peer = client({ rooms: [join(1, 'there', { mustExist: true }), join(2, 'nowhere', { mustExist: true })] })
    expect(story(peer, 1)).toEqual(['joined E1:1'])
    expect(story(peer, 2)).toEqual(['room/not-found'])
    expect(memory.held().rooms).toBe(1)
  })

  it('[SV24] a user who is kicked leaves the room with every session, and with joins under way', () => {
    const { client, server, time } = world((clock) => ({
      authenticate: ({ token = '' }) => of({ user: token }),
      authorize: ({ room }) => of(readers).pipe(delay(room === 'slow' ? 10 : 0, clock)),
    }))
    const rooms = [join(1, 'r'), join(2, 'slow'), join(3, 'other')]
    const [ann, again, bob] = [
      client({ token: 'ann', rooms }),
      client({ token: 'ann', rooms }),
      client({ token: 'bob', rooms }),
    ]
    time.advanceBy(5)
    const results: unknown[] = []
    server.kick('r', 'ann', { message: 'Be nice.' }).subscribe((result) => results.push(result))
    server.kick('slow', 'ann')
    server.kick('r', 'nobody').subscribe((result) => results.push(result))
    time.advanceBy(20)
    for (const room of ['r', 'slow', 'other']) server.publish(room, 'e', 1)
    for (const kicked of [ann, again]) {
      expect(kicked.all('left')).toMatchObject([
        { ch: 1, code: 'room/kicked', kind: 'terminal', message: 'Be nice.' },
        { ch: 2, code: 'room/kicked' },
      ])
      expect([story(kicked, 1), story(kicked, 2), story(kicked, 3)].map((told) => told.at(-1))).toEqual([
        'room/kicked',
        'room/kicked',
        'm1',
      ])
    }
    expect([story(bob, 1).at(-1), story(bob, 2).at(-1)]).toEqual(['m1', 'm1'])
    expect(results).toEqual([E.right({ sessions: 2 }), E.right({ sessions: 0 })])
  })

  it('[SV25] names that begin with @ are kept for the server', () => {
    const { client } = world()
    const peer = client({ rooms: [join(1, '@users')] })
    peer.send(pub(1, '@all', 1), pub(2, '@users', 1))
    expect(story(peer)).toEqual(['room/forbidden'])
    expect(peer.all('refused')).toMatchObject([1, 2].map((ref) => ({ ref, code: 'delivery/forbidden' })))
  })
})

const withBreaks = <T>(source: Observable<T>, breaks: Observable<T>): Observable<T> =>
  new Observable((to) => {
    const subscription = source.subscribe(to)
    return (subscription.add(breaks.subscribe(to)), subscription)
  })
