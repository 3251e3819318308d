import { NEVER } from 'rxjs'
import { memory } from '../../lib/server/memory.js'
import { hello, join, pub } from '../server/support/peer.js'
import { brief, ending, rig } from './rig.js'

const many = (room: string, from: number, to: number, bytes = 1) =>
  Array.from({ length: to - from + 1 }, (_, at) => pub(from + at, room, from + at, { data: 'x'.repeat(bytes) }))

describe('liveness on the wire', () => {
  it('[PR64] a ping is answered, and the server pings each interval', () => {
    const { guest, time } = rig({ heartbeat: { intervalMs: 1_000, graceMs: 500 } })
    const peer = guest()
    peer.send({ t: 'ping', n: 77 })
    expect(peer.news()).toEqual([{ t: 'pong', n: 77 }])
    time.advanceBy(3_500)
    expect(peer.all('ping').map(({ n }) => n)).toEqual([1, 2, 3])
  })

  it('[PR65] [PR66] any frame is life, and silence ends the link without a handshake', () => {
    const { guest, time } = rig({ heartbeat: { intervalMs: 1_000, graceMs: 500 } })
    const [mute, busy] = [guest('mute', {}, { pongs: false }), guest('busy', {}, { pongs: false })]
    for (let n = 0; n < 5; n++) {
      time.advanceBy(700)
      busy.send({ t: 'seen', n: 0 })
    }
    expect([mute.isTerminated(), mute.closedWith()]).toEqual([true, undefined])
    expect(busy.isTerminated()).toBe(false)
    time.advanceBy(1_500)
    expect(busy.isTerminated()).toBe(true)
  })

  it('[PR68] what controls the link goes ahead of messages', () => {
    const { guest } = rig()
    const peer = guest('i1', { rooms: [join(1, 'a')] })
    peer.send(...many('a', 1, 3), { t: 'ping', n: 1 }, { t: 'auth', ref: 9, token: 'x' })
    expect(brief(peer.news())).toEqual([
      'pong',
      'auth.ok',
      'a E1 0 1 1 0 2 2 0 3 3 0',
      'm 1 1 p1.1',
      'm 1 2 p1.2',
      'm 1 3 p1.3',
    ])
  })
})

describe('flow control on the wire', () => {
  const limits = { unseenBytes: 2_000 }

  it('[PR69] [PR70] a client that says what it has seen gets little beyond', () => {
    const { guest, time } = rig({ limits })
    const peer = guest('r', { can: ['seen'], rooms: [join(1, 'a')] })
    guest('w').send(...many('a', 1, 60, 100))
    time.advanceBy(0)
    const first = peer.all('m').length
    expect(first).toBeGreaterThan(5)
    expect(first).toBeLessThan(20)
    peer.send({ t: 'seen', n: 2 }, { t: 'seen', n: 1 })
    time.advanceBy(0)
    for (let n = 0; n < 30 && peer.all('m').length < 60; n++) {
      peer.send(n % 2 ? { t: 'seen', n: peer.all('m').length } : { t: 'pong', n: 0, seen: peer.all('m').length })
      time.advanceBy(0)
    }
    expect(peer.all('m').map(([, , offset]) => offset)).toEqual(Array.from({ length: 60 }, (_, at) => at + 1))
    expect(peer.all('gap')).toEqual([])
  })

  it('[PR70] a client that does not say so is held by its socket alone', () => {
    const { guest, time } = rig({ limits })
    const peer = guest('r', { rooms: [join(1, 'a')] })
    guest('w').send(...many('a', 1, 60, 100))
    time.advanceBy(0)
    expect(peer.all('m')).toHaveLength(60)
  })

  it('[PR71] [PR53] who lags is not closed, and is told what the log has lost meanwhile', () => {
    const { guest, time } = rig({ highWaterBytes: 1_000, stallMs: 60_000 }, { messages: 20 })
    const peer = guest('slow', { rooms: [join(1, 'a')] })
    const writer = guest('w')
    peer.stop()
    for (let second = 0; second < 50; second++) {
      writer.send(...many('a', second * 4 + 1, second * 4 + 4, 100))
      peer.send({ t: 'seen', n: 0 })
      time.advanceBy(1_000)
    }
    expect(peer.isTerminated()).toBe(false)
    expect(peer.peak()).toBeLessThan(8_000)
    peer.drain()
    time.advanceBy(1_000)
    const [gap] = peer.all('gap')
    expect(gap).toMatchObject({ ch: 1, because: 'truncated', to: { epoch: 'E1', offset: 180 } })
    const offsets = peer.all('m').map(([, , offset]) => offset)
    expect(gap?.from.offset).toBe(offsets.filter((offset) => offset <= 180).length)
    expect(offsets.slice(-20)).toEqual(Array.from({ length: 20 }, (_, at) => 181 + at))
  })

  it('[PR71] only a link that takes no byte at all is given up', () => {
    const { guest, time } = rig({ stallMs: 60_000, heartbeat: { intervalMs: 10_000, graceMs: 5_000 } })
    const peer = guest('stuck', { rooms: [join(1, 'a')] })
    peer.stop()
    guest('w').send(...many('a', 1, 5))
    for (let n = 0; n < 55; n++) {
      peer.send({ t: 'seen', n: 0 })
      time.advanceBy(1_000)
    }
    expect(peer.isTerminated()).toBe(false)
    for (let n = 0; n < 20; n++) {
      peer.send({ t: 'seen', n: 0 })
      time.advanceBy(1_000)
    }
    expect(peer.isTerminated()).toBe(true)
  })
})

describe('the end of a link', () => {
  it('[PR72] bye is followed by a ping; what came before its pong is answered, then comes bye.done', () => {
    const { guest, server, time } = rig()
    const peer = guest('i1', {}, { pongs: false })
    server.drain({ afterMs: 10, spreadMs: 20 }).subscribe()
    time.advanceBy(0)
    const [bye, ping] = peer.news()
    expect(bye).toMatchObject({ t: 'bye', reconnect: { afterMs: 10, spreadMs: 20 } })
    expect(ping).toMatchObject({ t: 'ping' })
    peer.send(pub(1, 'a', 1))
    expect(peer.closedWith()).toBeUndefined()
    peer.send(pub(2, 'a', 2), { t: 'pong', n: ping && 'n' in ping ? ping.n : 0 })
    time.advanceBy(0)
    expect(brief(peer.news())).toEqual(['a E1 0 1 1 0', 'a E1 0 2 2 0', 'bye.done'])
    expect(peer.closedWith()).toBe(1012)
  })

  it('[PR72] at the latest after drainMs, and with 1001 if nobody is to come back', () => {
    const { guest, server, time } = rig()
    const peer = guest('i1', {}, { pongs: false })
    server.drain({ never: true, drainMs: 2_000 }).subscribe()
    time.advanceBy(1_999)
    expect(peer.closedWith()).toBeUndefined()
    time.advanceBy(1)
    expect(brief(peer.frames()).at(-1)).toBe('bye.done')
    expect(peer.closedWith()).toBe(1001)
  })

  it('[PR72] nobody is greeted by a server that goes', () => {
    const { guest, socket, server, time } = rig()
    guest('i1', {}, { pongs: false })
    server.drain({ afterMs: 10, spreadMs: 20 }).subscribe()
    const late = socket()
    late.send(hello())
    time.advanceBy(0)
    expect(late.frames()).toMatchObject([{ code: 'server/draining', kind: 'retry', retryAfterMs: 10, spreadMs: 20 }])
    expect(ending(late)).toEqual(['server/draining', 1012])
  })

  it('[PR74] after what ends a link nothing is executed, and a peer that does not close is destroyed', () => {
    const { guest, engine, time } = rig()
    const peer = guest('i1', {}, { closes: false })
    peer.send(join(1, 'a'), join(1, 'a'), pub(1, 'a', 1))
    peer.send(pub(2, 'a', 2))
    expect(ending(peer)).toEqual(['protocol/channel', 4400])
    time.advanceBy(1_999)
    expect(peer.isTerminated()).toBe(false)
    time.advanceBy(1)
    expect(peer.isTerminated()).toBe(true)
    expect(engine.held().bytes).toBe(0)
  })

  it('[PR74] [PR34] nor is what waited for the log when a newer link took over', () => {
    const kept = memory()
    const appended: unknown[] = []
    const { guest } = rig({ engine: { ...kept, append: (_, entries) => (appended.push(...entries), NEVER) } })
    const old = guest('tab')
    old.send(pub(1, 'a', 1))
    old.send(pub(2, 'a', 2, { after: 1 }))
    guest('tab', { session: { instance: 'tab', generation: 2 } })
    expect(appended).toMatchObject([{ seq: 1 }])
  })
})
