import { join } from './support/peer.js'
import { world } from './support/world.js'

const mute = { pongs: false }

describe('liveness', () => {
  it('[SV50] the server pings every interval, with rising numbers', () => {
    const { client, time } = world()
    const peer = client()
    time.advanceTo(24_999)
    expect(peer.all('ping')).toEqual([])
    time.advanceTo(100_000)
    expect(peer.all('ping').map(({ n }) => n)).toEqual([1, 2, 3, 4])
    expect(peer.isTerminated()).toBe(false)
  })

  it('[SV51][P4] a link that is silent for interval and grace is ended without a handshake', () => {
    const { client, server, time } = world()
    const peer = client({ rooms: [join(1, 'r')] }, mute)
    time.advanceTo(34_999)
    expect(peer.isTerminated()).toBe(false)
    time.advanceTo(35_000)
    expect(peer.isTerminated()).toBe(true)
    expect(server.metrics()).toMatchObject({ links: 0, sessions: 0, rooms: 0, members: 0, silent: 1 })
    expect(time.pending()).toBe(0)
  })

  it('[SV51] any frame is life, even one that means nothing', () => {
    const { client, time } = world()
    const peer = client({}, mute)
    for (let at = 30_000; at <= 300_000; at += 30_000) {
      time.advanceTo(at)
      peer.sendRaw('{"t":"later.version"}')
    }
    expect(peer.isTerminated()).toBe(false)
    time.advanceBy(34_999)
    expect(peer.isTerminated()).toBe(false)
    time.advanceBy(1)
    expect(peer.isTerminated()).toBe(true)
  })

  it('[SV52][P3] after a sleep of the machine a link is asked before it is judged', () => {
    const { client, time } = world()
    const peer = client({}, mute)
    time.advanceTo(20_000)
    time.sleepFor(3_600_000)
    time.advanceBy(0)
    expect(peer.isTerminated()).toBe(false)
    expect(peer.all('ping')).toHaveLength(1)
    peer.send({ t: 'pong', n: 1 })
    time.advanceBy(34_000)
    expect(peer.isTerminated()).toBe(false)

    const dead = client({}, mute)
    time.sleepFor(3_600_000)
    time.advanceBy(10_000)
    expect(dead.isTerminated()).toBe(true)
  })

  it('[SV53] a ping is answered at once, with its number', () => {
    const { client } = world()
    const peer = client()
    peer.send({ t: 'ping', n: 41 })
    expect(peer.frames().at(-1)).toEqual({ t: 'pong', n: 41 })
  })

  it('[SV84] who floods with pings and the like is refused and closed with 4429', () => {
    const { client, time } = world()
    const peer = client()
    for (let second = 0; second < 5; second++) {
      for (let n = 0; n < 100; n++) peer.send({ t: 'ping', n })
      time.advanceBy(1_000)
    }
    expect(peer.closedWith()).toBeUndefined()
    for (let n = 0; n < 300; n++) peer.send({ t: 'ping', n })
    expect(peer.all('refused')).toMatchObject([{ code: 'server/rate', kind: 'retry' }])
    expect(peer.closedWith()).toBe(4429)
  })

  it('[SV50] one timer for all links, whatever their number', () => {
    const { client, time } = world()
    for (let n = 0; n < 1_000; n++) client()
    expect(time.pending()).toBe(1)
  })
})
