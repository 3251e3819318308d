import { delay, EMPTY, map, NEVER, of, switchMap, throwError, timer, type ObservableInput } from 'rxjs'
import { RETRY, SAME } from '../../lib/protocol/frame.js'
import type { Identity } from '../../lib/server/options.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { now } from './support/engine.js'
import { hello, join, pub } from './support/peer.js'
import { world } from './support/world.js'

describe('greeting', () => {
  it('[SV1] anything before hello is refused in band, then closed with 4400', () => {
    const { socket } = world()
    for (const frame of [join(1, 'r'), pub(1, 'r', 1), { t: 'ping', n: 1 } as const]) {
      const peer = socket()
      peer.send(frame)
      expect(peer.frames()).toMatchObject([{ t: 'refused', code: 'protocol/handshake', kind: 'terminal' }])
      expect(peer.closedWith()).toBe(4400)
    }
  })

  it('[SV1] so is a second hello, while the first is checked and after', () => {
    const checked = world({ authenticate: () => NEVER })
    const first = checked.client()
    first.send(hello())
    expect(first.closedWith()).toBe(4400)

    const { client } = world()
    const second = client()
    second.send(hello({ session: { instance: 'i1', generation: 9 } }))
    expect(second.all('refused')).toMatchObject([{ code: 'protocol/handshake' }])
    expect(second.closedWith()).toBe(4400)
  })

  it('[SV2] the welcome says who one is, what holds, and what was asked for follows in the same message', () => {
    const identity: Identity = { user: 'ann', roles: ['admin'], expiresInMs: 60_000 }
    const { client } = world({
      authenticate: () => of(identity),
      limits: { rooms: 7 },
      heartbeat: { intervalMs: 1_000 },
    })
    const peer = client({ rooms: [join(4, 'r')] })
    expect(peer.messages()).toHaveLength(1)
    expect(peer.frames()).toEqual([
      {
        t: 'welcome',
        can: ['seen', 'history', 'signals', 'tables', 'asks'],
        session: { id: 'id1', resume: 'id2', expiresInMs: 3_600_000 },
        user: 'ann',
        roles: ['admin'],
        since: 0,
        resumed: false,
        tokenExpiresInMs: 60_000,
        heartbeat: { intervalMs: 1_000, graceMs: 10_000 },
        limits: {
          messageBytes: 2 ** 20,
          rooms: 7,
          joinsPerFrame: 2_000,
          publishesPerSecond: 2_000,
          framesPerSecond: 4_000,
          bytesPerSecond: 4 * 2 ** 20,
          joinsPerSecond: 1_000,
          pagesPerSecond: 200,
          unseenBytes: 8 * 2 ** 20,
          history: 1_000,
          dedupeMs: 3_600_000,
        },
        durability: 'memory',
        lanes: 'id3',
      },
      {
        t: 'joined',
        ch: 4,
        number: 1,
        epoch: 'E1',
        first: 1,
        head: 0,
        base: 0,
        recovered: true,
        info: {},
        permissions: ['read', 'publish', 'history'],
      },
    ])
  })

  it('[SV36][EN45] a welcome names the lanes of its user, and repetitions of others count as before when it has lost one', () => {
    const { client, time, memory } = world({
      authenticate: ({ token = '' }) => of({ user: token }),
      memory: { rooms: 2 },
    })
    const ann = client({ token: 'ann' })
    ann.send(pub(1, 'a', 1), pub(2, 'b', 1), pub(3, 'c', 1), pub(4, 'd', 1))
    time.advanceBy(10)
    const [ack, ...more] = ann.all('a')
    const numbers = ack?.filter((element) => typeof element === 'number').slice(1)
    expect([numbers?.filter((_, at) => at % 3 === 0), more]).toEqual([[1, 2, 3, 4], []])
    const peers = ['ann', 'bob'].map((token) => client({ token }))
    const names = peers.map((peer) => peer.all('welcome')[0]?.lanes)
    expect(names).toEqual(['ann', 'bob'].map((user) => memory.lanes?.(user)))
    expect(names[0]).toBe(`${names[1]}.2`)
    const repeated = pub(5, 'a', 1, { flags: RETRY | SAME })
    ann.send(repeated)
    for (const peer of peers) peer.send(repeated)
    time.advanceBy(10)
    expect(ann.all('refused')).toMatchObject([{ code: 'delivery/unknown' }])
    expect(peers.map((peer) => peer.all('a').length)).toEqual([1, 1])
  })

  it('[SV2] without authenticate everybody is anonymous, told apart by the session', () => {
    const { client } = world()
    const [a, b] = [client(), client()]
    expect([...a.all('welcome'), ...b.all('welcome')].map(({ user, session }) => [user, session.id])).toEqual([
      ['anonymous', 'id1'],
      ['anonymous', 'id4'],
    ])
  })

  it('[SV3] who does not say hello in time is refused and closed with 4408', () => {
    const { socket, time } = world()
    const peer = socket()
    time.advanceTo(9_999)
    expect(peer.closedWith()).toBeUndefined()
    time.advanceTo(10_000)
    expect(peer.frames()).toMatchObject([{ t: 'refused', code: 'protocol/late', kind: 'retry' }])
    expect(peer.closedWith()).toBe(4408)
  })

  it('[SV4] what comes between hello and welcome is kept and handled in order; a ping is answered at once', () => {
    const { client, time } = world((clock) => ({
      authenticate: () => timer(100, clock).pipe(map(() => ({ user: 'ann' }))),
    }))
    const peer = client({ rooms: [join(1, 'a'), join(2, 'b')] })
    peer.send({ t: 'leave', ch: 1 }, { t: 'ping', n: 5 }, join(3, 'c'), pub(1, 'c', 1))
    expect(peer.news()).toEqual([{ t: 'pong', n: 5 }])
    time.advanceTo(100)
    expect(peer.all('joined').map(({ ch }) => ch)).toEqual([2, 3])
    expect(peer.all('a')).toHaveLength(1)
    expect(peer.all('m')).toHaveLength(1)
  })

  it.each<[string, () => ObservableInput<Identity | null>]>([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['errors', () => throwError(() => new Error('down'))],
    ['completes', () => EMPTY],
    ['answers nonsense', () => of({ user: '' })],
    ['answers nothing', () => of(undefined as never)],
    ['answers a user that is too long', () => of({ user: 'u'.repeat(257) })],
    ['answers a user that not every language can hold', () => of({ user: 'ann\ud800' })],
  ])('[SV5][SV82] an authenticate that %s asks the client to come back, and is a fault', (_, authenticate) => {
    const { client, faults } = world({ authenticate })
    const peer = client()
    expect(peer.frames()).toMatchObject([
      { t: 'refused', code: 'auth/unavailable', kind: 'retry', retryAfterMs: 1_000 },
    ])
    expect(peer.closedWith()).toBe(1013)
    expect(faults).toMatchObject([{ where: 'hook' }])
  })

  it('[SV5] so does one that does not answer in time', () => {
    const { client, time } = world({ authenticate: () => NEVER })
    const peer = client()
    time.advanceTo(10_000)
    expect(peer.all('refused')).toMatchObject([{ code: 'auth/unavailable' }])
  })

  it('[SV5][P11] a token that is refused is told in band, so that a browser knows why', () => {
    const asked: unknown[] = []
    const { socket } = world({
      authenticate: (credentials) => {
        asked.push(credentials)
        return of(null)
      },
    })
    const peer = socket({ request: 'the request' })
    peer.send(hello({ token: 'secret' }))
    expect(peer.frames()).toMatchObject([{ t: 'refused', code: 'auth/rejected', kind: 'reauth' }])
    expect(peer.closedWith()).toBe(4401)
    expect(asked).toEqual([{ token: 'secret', instance: 'i1', request: 'the request' }])
  })

  it('[SV6][P10] beyond the greetings that fit at a time clients are sent away before authenticate is called', () => {
    let asked = 0
    const { client, server } = world({
      budgets: { server: { greetings: 2 } },
      busy: { retryAfterMs: 500, spreadMs: 4_000 },
      authenticate: () => {
        asked++
        return NEVER
      },
    })
    const [first] = [client(), client()]
    const third = client()
    expect(third.frames()).toMatchObject([{ code: 'server/busy', kind: 'retry', retryAfterMs: 500, spreadMs: 4_000 }])
    expect(third.closedWith()).toBe(1013)
    expect(asked).toBe(2)
    first.drop()
    client()
    expect(asked).toBe(3)
    expect(server.metrics().links).toBe(2)
  })

  it('[SV6] so are sockets beyond those that the server takes', () => {
    const { socket } = world({ budgets: { server: { connections: 2 } } })
    const [first, , third] = [socket(), socket(), socket()]
    expect(third.frames()).toMatchObject([{ code: 'server/busy', kind: 'retry', retryAfterMs: 1_000 }])
    expect(third.closedWith()).toBe(1013)
    first.drop()
    expect(socket().closedWith()).toBeUndefined()
  })

  it('[SV7] a higher generation fences the lower one at once, whose publishes are not executed any more', () => {
    const { client, memory, time } = world((clock) => ({
      engine: (engine) => ({
        ...engine,
        append: (room, entries) => timer(50, clock).pipe(switchMap(() => engine.append(room, entries))),
      }),
    }))
    const old = client({ session: { instance: 'x', generation: 1 } })
    old.send(pub(1, 'r', 1))
    old.send(pub(2, 'r', 2))
    const young = client({ session: { instance: 'x', generation: 2 } })
    time.advanceBy(100)
    expect(old.all('refused')).toMatchObject([{ code: 'session/superseded', kind: 'terminal' }])
    expect(old.closedWith()).toBe(4409)
    expect(young.all('welcome')).toHaveLength(1)
    old.send(pub(3, 'r', 3))
    time.advanceBy(100)
    expect(now(memory.head('r'))).toMatchObject({ head: 1 })
    expect(old.all('a')).toEqual([])
  })

  it('[SV8] a generation that is not higher is superseded itself, wherever the other one speaks', () => {
    const { client, server } = world()
    const first = client({ session: { instance: 'x', generation: 5 } })
    for (const generation of [4, 5]) {
      const late = client({ session: { instance: 'x', generation } })
      expect(late.frames()).toMatchObject([{ code: 'session/superseded' }])
      expect(late.closedWith()).toBe(4409)
    }
    expect(first.closedWith()).toBeUndefined()
    expect(server.metrics()).toMatchObject({ sessions: 1, superseded: 0 })
    first.drop()
    expect(client({ session: { instance: 'x', generation: 5 } }).closedWith()).toBe(4409)
    expect(client({ session: { instance: 'x', generation: 6 } }).all('welcome')).toHaveLength(1)
  })

  it('[SV8] claims that are answered in another order leave the highest generation', () => {
    const delays = [50, 0]
    const { client, time } = world((clock) => ({
      engine: (engine) => ({
        ...engine,
        claim: (claim) => engine.claim(claim).pipe(delay(delays.shift() ?? 0, clock)),
      }),
    }))
    const first = client({ session: { instance: 'x', generation: 1 } })
    const second = client({ session: { instance: 'x', generation: 2 } })
    time.advanceBy(100)
    expect(first.closedWith()).toBe(4409)
    expect(second.all('welcome')).toHaveLength(1)
    expect(second.closedWith()).toBeUndefined()
  })

  it('[SV9] no fault shows a token, even where a hook quotes it', () => {
    const { socket, faults } = world({
      authenticate: ({ token }) => {
        throw new Error(`cannot check ${String(token)}`)
      },
    })
    const peer = socket()
    peer.send(hello({ token: 'canary-4711' }))
    peer.sendRaw('{"t":"hello","token":{"canary-4711":1}}')
    expect(JSON.stringify([faults, peer.messages()])).not.toContain('canary')
    expect(faults).toHaveLength(1)
  })

  it('[SV10] before the welcome there may be 64 KiB in a message and 128 KiB in all', () => {
    const { socket, client } = world({ authenticate: () => NEVER })
    const large = socket()
    large.send(hello({ token: 'x'.repeat(65 * 1024) }))
    expect(large.all('refused')).toMatchObject([{ code: 'protocol/too-large' }])
    expect(large.closedWith()).toBe(1009)
    const many = client()
    const data = 'x'.repeat(60 * 1024)
    many.send(pub(1, 'r', 1, { data }))
    many.send(pub(2, 'r', 2, { data }))
    expect(many.closedWith()).toBeUndefined()
    many.send(pub(3, 'r', 3, { data }))
    expect(many.closedWith()).toBe(1009)
  })

  it('[SV5] a claim that the engine fails at asks the client to come back', () => {
    const { client, faults, time } = world((scheduler) => ({
      engine: (engine) => unreliable(engine, { scheduler, random: () => 0.5, failEvery: 1 }),
    }))
    const peer = client()
    time.advanceBy(0)
    expect(peer.frames()).toMatchObject([{ code: 'server/unavailable', kind: 'retry', retryAfterMs: 1_000 }])
    expect(peer.closedWith()).toBe(1013)
    expect(faults).toMatchObject([{ where: 'engine', message: 'the engine failed' }])
  })
})
