import { delay } from 'rxjs'
import type { Codec } from '../../lib/protocol/codec.js'
import { json } from '../../lib/protocol/json.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { join, pub, type RawPeer } from './support/peer.js'
import { world, type World } from './support/world.js'

const offsets = (peer: RawPeer, ch = 1): readonly number[] =>
  peer
    .all('m')
    .filter((frame) => frame[1] === ch)
    .map(([, , offset]) => offset)

const upTo = (head: number): readonly number[] => Array.from({ length: head }, (_, at) => at + 1)

/** The server publishes so many messages of a kilobyte each. */
const publish = ({ server }: World, room: string, count: number): void => {
  for (let n = 0; n < count; n++) server.publish(room, 'e', 'x'.repeat(1_000))
}

describe('flow', () => {
  it('[SV40] a slow reader costs no more than the high water and a page; it is read from the log and misses nothing', () => {
    const here = world({ highWaterBytes: 10_000 })
    const { client, server } = here
    const slow = client({ rooms: [join(1, 'r')] })
    const quick = client({ rooms: [join(1, 'r')] })
    slow.stop()
    publish(here, 'r', 2_000)
    expect(offsets(quick)).toEqual(upTo(2_000))
    expect(slow.peak()).toBeLessThan(10_000 + 2_000)
    expect(server.metrics().catchUps).toBe(1)
    for (let turn = 0; turn < 20; turn++) {
      slow.drain(50_000)
      expect(slow.buffered()).toBeLessThan(10_000 + 66 * 1_100)
    }
    slow.drain()
    publish(here, 'r', 3)
    expect(offsets(slow)).toEqual(upTo(2_003))
  })

  it('[SV40] its pings, acks and joins of other rooms go on', () => {
    const here = world({ highWaterBytes: 10_000 })
    const slow = here.client({ rooms: [join(1, 'r')] }, { pongs: false })
    slow.stop()
    publish(here, 'r', 100)
    const buffered = slow.buffered()
    slow.send({ t: 'ping', n: 9 }, pub(1, 'other', 1))
    expect(slow.buffered() - buffered).toBeLessThan(200)
    slow.drain()
    expect(slow.all('pong')).toHaveLength(1)
    expect(slow.all('a')).toHaveLength(1)
    expect(offsets(slow)).toEqual(upTo(100))
  })

  it('[SV40] rooms of a slow reader are brought forward in turn, not one after the other', () => {
    const here = world({ highWaterBytes: 70_000 })
    const slow = here.client({ rooms: [join(1, 'a'), join(2, 'b')] })
    slow.stop()
    publish(here, 'a', 1_000)
    publish(here, 'b', 1_000)
    for (let turn = 0; turn < 20; turn++) slow.drain(70_000)
    const [a, b] = [offsets(slow, 1).length, offsets(slow, 2).length]
    expect(Math.min(a, b)).toBeGreaterThan(200)
    expect(Math.abs(a - b)).toBeLessThan(200)
    slow.drain()
    expect([offsets(slow, 1), offsets(slow, 2)]).toEqual([upTo(1_000), upTo(1_000)])
  })

  it('[SV40] a publisher that never stops cannot keep a reader behind for ever', () => {
    const here = world({ highWaterBytes: 10_000 })
    const slow = here.client({ rooms: [join(1, 'r')] })
    slow.stop()
    publish(here, 'r', 500)
    slow.drain()
    for (let n = 0; n < 500; n++) publish(here, 'r', 1)
    expect(offsets(slow)).toEqual(upTo(1_000))
  })

  it('[SV41] who says what it has seen is sent no more than the limit beyond', () => {
    const here = world({ limits: { unseenBytes: 20_000 } })
    const peer = here.client({ can: ['seen'], rooms: [join(1, 'r')] })
    publish(here, 'r', 100)
    const first = offsets(peer).length
    expect(first).toBeLessThan(22)
    peer.send({ t: 'seen', n: first })
    expect(offsets(peer).length).toBeGreaterThan(first)
    for (let turn = 0; turn < 50; turn++) peer.send({ t: 'pong', n: turn, seen: offsets(peer).length })
    expect(offsets(peer)).toEqual(upTo(100))
  })

  it('[SV42] a message is encoded once for everybody who shares a codec', () => {
    let encoded = 0
    const codec: Codec<string> = {
      ...json,
      logged: (to, message, extra) => {
        encoded++
        return json.logged(to, message, extra)
      },
    }
    const { client, server } = world({ codecs: [codec] })
    const peers = Array.from({ length: 100 }, () => client({ rooms: [join(1, 'r')] }))
    server.publish('r', 'e', 1)
    server.publish('r', 'e', 2)
    expect(encoded).toBe(2)
    expect(peers.every((peer) => offsets(peer).length === 2)).toBe(true)
  })

  it('[SV44] what was cut from the log meanwhile is told as a gap', () => {
    const here = world({ highWaterBytes: 10_000, memory: { messages: 50 } })
    const slow = here.client({ rooms: [join(1, 'r')] })
    slow.stop()
    publish(here, 'r', 200)
    slow.drain()
    const last = slow.all('gap')[0]
    expect(slow.all('gap')).toMatchObject([{ ch: 1, to: { epoch: 'E1', offset: 150 }, because: 'truncated' }])
    expect(offsets(slow)).toEqual([...upTo(last?.from.offset ?? 0), ...upTo(200).slice(150)])
  })

  it('[SV44] a room that became another one meanwhile is told as a gap', () => {
    const here = world({ highWaterBytes: 10_000 })
    const slow = here.client({ rooms: [join(1, 'r')] })
    slow.stop()
    publish(here, 'r', 20)
    here.memory.forget('r')
    publish(here, 'r', 2)
    slow.drain()
    expect(slow.all('gap')).toMatchObject([{ from: { epoch: 'E1' }, to: { epoch: 'E2', offset: 0 }, because: 'epoch' }])
    expect(offsets(slow).slice(-2)).toEqual([1, 2])
  })

  it('[SV45] it is ended when no byte drained for stallMs, and never for being behind', () => {
    const here = world({ highWaterBytes: 10_000, stallMs: 60_000 })
    const crawling = here.client({ rooms: [join(1, 'r')] }, { pongs: false })
    const stalled = here.client({ rooms: [join(1, 'r')] }, { pongs: false })
    crawling.stop()
    stalled.stop()
    publish(here, 'r', 100)
    for (let second = 0; second < 300; second += 5) {
      here.time.advanceBy(5_000)
      crawling.send({ t: 'ping', n: 1 })
      stalled.send({ t: 'ping', n: 1 })
      if (second % 50 === 0) crawling.drain(1_100)
      if (second === 50) expect(stalled.isTerminated()).toBe(false)
    }
    expect(stalled.isTerminated()).toBe(true)
    expect(crawling.isTerminated()).toBe(false)
    expect(here.server.metrics()).toMatchObject({ stalled: 1, links: 1 })
  })

  it('[SV46] who asks faster than it reads the answers is ended', () => {
    const { client, server, faults, time } = world({ limits: { messageBytes: 64 * 1024 }, highWaterBytes: 1_000 })
    const peer = client()
    peer.stop()
    for (let seq = 1; seq <= 20_000 && !peer.isTerminated(); seq++) {
      if (seq % 1_000 === 0) time.advanceBy(100)
      peer.send(pub(seq, 'r', 1, { flags: 1, producer: `p${seq}` }))
    }
    expect(peer.isTerminated()).toBe(true)
    expect(peer.peak()).toBeLessThan(300_000)
    expect(faults).toMatchObject([{ where: 'link' }])
    expect(server.metrics().links).toBe(0)
  })

  it('[SV40] a log that lags behind the feed is read again, without a busy loop', () => {
    let reads = 0
    const here = world((clock) => ({
      highWaterBytes: 10_000,
      engine: (engine) => ({
        ...engine,
        read: (room, after, limit) => {
          reads++
          const stale = { ...limit, count: here.time.now() < 500 ? 0 : limit.count }
          return engine.read(room, after, stale).pipe(delay(1, clock))
        },
      }),
    }))
    const slow = here.client({ rooms: [join(1, 'r')] })
    slow.stop()
    publish(here, 'r', 50)
    slow.drain()
    here.time.advanceTo(1_000)
    expect(offsets(slow)).toEqual(upTo(50))
    expect(reads).toBeLessThan(20)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    '[SV12][SV40] no hole and no double over an engine that is late, fails and loses answers (seed %i)',
    (seed) => {
      const random = seeded(seed)
      const here = world((scheduler) => ({
        highWaterBytes: 5_000,
        engine: (engine) => unreliable(engine, { scheduler, random, delayMs: 40, failEvery: 12, loseAnswers: 12 }),
      }))
      const { client, memory, server, time } = here
      const peers: RawPeer[] = []
      for (let step = 0; step < 300; step++) {
        const draw = random()
        const peer = peers[Math.floor(random() * peers.length)]
        if (draw < 0.5) publish(here, 'r', 1 + Math.floor(random() * 4))
        else if (draw < 0.6 && peers.length < 12)
          peers.push(client({ rooms: [join(1, 'r', { from: { epoch: 'E1', offset: 0 } })] }))
        else if (draw < 0.7) peer?.stop()
        else if (draw < 0.9) peer?.drain(Math.floor(random() * 8_000))
        else peer?.drain()
        time.advanceBy(Math.floor(random() * 60))
      }
      for (const peer of peers) peer.drain()
      time.advanceBy(120_000)
      for (const peer of peers) {
        const [joined] = peer.all('joined')
        if (!joined) continue
        const told = offsets(peer, joined.number)
        expect(told).toEqual(upTo(told.length).map((offset) => offset + joined.base))
      }
      const complete = peers.flatMap((peer) => peer.all('joined').map(({ number }) => offsets(peer, number).at(-1)))
      const head = Math.max(...complete.map((last) => last ?? 0))
      expect(complete.length).toBeGreaterThan(0)
      expect(complete.every((last) => last === head)).toBe(true)
      expect(head).toBeGreaterThan(100)
      expect(memory.held().rooms).toBe(1)
      server.close()
      expect(time.pending()).toBe(0)
    },
  )
})
