import { delay, of } from 'rxjs'
import { hello, join, pub } from './support/peer.js'
import { world, type World } from './support/world.js'

/** A server whose log takes 50 ms. */
const slow = (): World =>
  world((clock) => ({
    engine: (engine) => ({ ...engine, append: (room, entries) => engine.append(room, entries).pipe(delay(50, clock)) }),
  }))

const tags = (frames: readonly object[]): readonly string[] =>
  frames.map((frame) => ('t' in frame ? String(frame.t) : String((frame as readonly unknown[])[0])))

describe('drain', () => {
  it('[SV70] says goodbye with when to come back, answers what was received, then closes with 1012', () => {
    const { client, server, time } = slow()
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(pub(1, 'r', 1), pub(2, 'r', 2))
    peer.news()
    let isDone = false
    server.drain({ because: 'deploy', afterMs: 500, spreadMs: 3_000 }).subscribe({ complete: () => (isDone = true) })
    expect(peer.news()).toEqual([
      { t: 'bye', because: 'deploy', reconnect: { afterMs: 500, spreadMs: 3_000 }, drainMs: 10_000 },
      { t: 'ping', n: 1 },
    ])
    time.advanceBy(49)
    expect(peer.closedWith()).toBeUndefined()
    time.advanceBy(1)
    expect(tags(peer.news())).toEqual(['a', 'bye.done'])
    expect(peer.closedWith()).toBe(1012)
    expect(isDone).toBe(true)
    expect(time.pending()).toBe(0)
  })

  it('[SV71] what crosses the goodbye is answered too: it is over when the ping that follows it is answered', () => {
    const { client, server, time } = slow()
    const peer = client({}, { pongs: false })
    server.drain()
    peer.send(pub(1, 'r', 1))
    time.advanceBy(100)
    expect(tags(peer.frames()).slice(1)).toEqual(['bye', 'ping', 'a'])
    peer.send(pub(2, 'r', 2), { t: 'pong', n: 1 })
    time.advanceBy(49)
    expect(peer.closedWith()).toBeUndefined()
    time.advanceBy(1)
    expect(tags(peer.frames()).slice(4)).toEqual(['a', 'bye.done'])
    expect(peer.closedWith()).toBe(1012)
  })

  it('[SV71] joins and renewals that were received are answered first', () => {
    const { client, server, time } = world((clock) => ({
      authorize: () => of(['read' as const]).pipe(delay(30, clock)),
      authenticate: ({ token }) => of({ user: 'ann' }).pipe(delay(token === undefined ? 0 : 60, clock)),
    }))
    const peer = client()
    time.advanceBy(0)
    peer.send(join(1, 'r'), { t: 'auth', ref: 1, token: 'x' })
    server.drain()
    time.advanceBy(100)
    expect(tags(peer.frames()).slice(1)).toEqual(['bye', 'ping', 'joined', 'auth.ok', 'bye.done'])
  })

  it('[SV70] tells whole milliseconds, and refuses what is no duration', () => {
    const { client, server } = world()
    const peer = client()
    for (const wrong of [{ spreadMs: Infinity }, { drainMs: NaN }, { afterMs: -1 }]) {
      const results: unknown[] = []
      server.drain(wrong).subscribe((result) => results.push(result))
      expect(results).toMatchObject([{ left: { _tag: 'ConfigError', option: Object.keys(wrong)[0] } }])
    }
    expect(peer.all('bye')).toEqual([])
    server.drain({ afterMs: 0.5, spreadMs: 10.9 })
    expect(peer.all('bye')).toMatchObject([{ reconnect: { afterMs: 0, spreadMs: 10 }, drainMs: 10_000 }])
  })

  it('[SV70] draining again is the same drain', () => {
    const { client, server, time } = world()
    const peer = client({}, { pongs: false })
    let done = 0
    server.drain({ drainMs: 100 }).subscribe({ complete: () => done++ })
    time.advanceBy(50)
    server.drain({ drainMs: 5_000 }).subscribe({ complete: () => done++ })
    time.advanceBy(50)
    expect(tags(peer.frames()).slice(1)).toEqual(['bye', 'ping', 'bye.done'])
    expect(done).toBe(2)
    expect(time.pending()).toBe(0)
  })

  it('[SV72] it takes no longer than drainMs, whatever is unanswered', () => {
    const { client, server, time } = world({ drainMs: 2_000 })
    const peer = client({}, { pongs: false })
    let isDone = false
    server.drain().subscribe({ complete: () => (isDone = true) })
    time.advanceBy(1_999)
    expect(isDone).toBe(false)
    time.advanceBy(1)
    expect(peer.frames().at(-1)).toEqual({ t: 'bye.done' })
    expect(isDone).toBe(true)
  })

  it('[SV73] sockets that come meanwhile, or have not been welcomed, are sent away with when to come back', () => {
    const { server, socket, client } = world()
    const before = socket()
    const held = client({}, { pongs: false })
    server.drain({ afterMs: 100, spreadMs: 200 })
    const after = socket()
    after.send(hello())
    for (const peer of [before, after]) {
      expect(peer.frames()).toMatchObject([
        { code: 'server/draining', kind: 'retry', retryAfterMs: 100, spreadMs: 200 },
      ])
      expect(peer.closedWith()).toBe(1012)
    }
    expect(held.closedWith()).toBeUndefined()
  })

  it('[SV70] who is not to come back is told so, and closed with 1001', () => {
    const { server, socket, client } = world()
    const [peer, young] = [client(), socket()]
    server.drain({ never: true })
    expect(peer.all('bye')).toMatchObject([{ reconnect: 'never' }])
    expect(peer.closedWith()).toBe(1001)
    expect(young.all('refused')).toMatchObject([{ code: 'server/draining', kind: 'terminal' }])
    expect(young.closedWith()).toBe(1001)
  })

  it('[SV70] the spread grows with the number of links', () => {
    const { server, client } = world()
    const peers = Array.from({ length: 3_000 }, () => client())
    server.drain()
    expect(peers[0]?.all('bye')).toMatchObject([{ reconnect: { afterMs: 0, spreadMs: 3_000 } }])
  })

  it('[SV70] a server without links is drained at once', () => {
    const { server } = world()
    let isDone = false
    server.drain().subscribe({ complete: () => (isDone = true) })
    expect(isDone).toBe(true)
  })
})

describe('close', () => {
  it('[SV74][P26] ends every link, every feed and every timer', () => {
    const { server, socket, client, time } = slow()
    const metrics: number[] = []
    let completed = 0
    server.metrics$.subscribe({ next: ({ links }) => metrics.push(links), complete: () => completed++ })
    server.faults$.subscribe({ complete: () => completed++ })
    const peers = Array.from({ length: 20 }, () => client({ rooms: [join(1, 'r')] }))
    peers[0]?.send(pub(1, 'r', 1))
    peers[1]?.stop()
    const young = socket()
    server.close().subscribe({ complete: () => completed++ })
    expect([...peers, young].every((peer) => peer.closedWith() === 1001)).toBe(true)
    expect(young.all('refused')).toMatchObject([{ code: 'server/closed', kind: 'retry' }])
    expect(completed).toBe(3)
    time.advanceBy(50)
    expect(server.metrics()).toMatchObject({ links: 0, sessions: 0, rooms: 0, members: 0 })
    expect(time.pending()).toBe(0)
  })

  it('[SV75] a peer that does not close is ended after 2 s; until then nothing it says is heard', () => {
    const { client, server, time, faults } = world()
    const peer = client({}, { closes: false })
    peer.sendRaw('[{"t":"ping","n":1},{"t":"ping","n":-1},{"t":"poll","ref":1},{"t":"ping","n":2}]')
    expect(peer.closedWith()).toBe(4400)
    expect(peer.all('pong')).toHaveLength(1)
    const { framesIn } = server.metrics()
    expect(framesIn).toBe(3)
    peer.send(pub(1, 'r', 1), { t: 'ping', n: 1 })
    peer.sendRaw('more nonsense')
    expect(server.metrics().framesIn).toBe(framesIn)
    time.advanceBy(1_999)
    expect(peer.isTerminated()).toBe(false)
    time.advanceBy(1)
    expect(peer.isTerminated()).toBe(true)
    expect(faults).toEqual([])
  })

  it('[SV74][P26] a thousand clients that came and went leave nothing behind', () => {
    const { client, server, time, memory } = world({ memory: { rooms: 10 } })
    for (let n = 0; n < 1_000; n++) {
      const peer = client({ rooms: [join(1, `r${n}`)] })
      peer.send(pub(1, `r${n}`, 1))
      if (n % 2 === 0) peer.drop()
      else peer.sendRaw('[')
    }
    time.advanceBy(2_000)
    expect(server.metrics()).toMatchObject({ links: 0, sessions: 0, rooms: 0, members: 0 })
    expect(memory.held().rooms).toBe(10)
    expect(time.pending()).toBe(0)
  })
})
