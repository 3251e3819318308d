import { latestBy, sample } from '../../lib/features/conflation/index.js'
import { world } from '../../lib/testing/world.js'
import { historyLimits, last } from '../../lib/features/history/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { join } from '../server/support/peer.js'
import { world as frames } from '../server/support/world.js'
import { data, Numbers } from '../support/chat.js'
import { right, see } from '../support/seen.js'

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

describe('more than somebody can use', () => {
  it('[P24] of cursors is the newest now and then, of prices the newest of each; who wants all has all, in order', () => {
    const { client, server, time, end } = world()
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const cursors = see(room.on('message', { policy: sample(200) }))
    const prices = see(room.on('message', { policy: latestBy<number>(({ data }) => data % 10) }))
    const all = see(room.on('message'))
    time.advanceBy(100)
    for (const value of range(1, 5_000)) {
      server().publish('lobby', 'message', value)
      if (value % 50 === 0) time.advanceBy(10)
    }
    time.advanceBy(1_000)
    expect(data(all.all)).toEqual(range(1, 5_000))
    expect(cursors.all.length).toBeLessThan(10)
    expect(right(cursors.last()).data).toBe(5_000)
    expect(prices.all.length).toBeLessThan(1_200)
    expect(data(prices.all.slice(-10))).toEqual(range(4_991, 5_000))
    const { conflated, messagesIn } = see(ana.with(metrics).metrics$).last()
    expect(conflated).toBe(2 * messagesIn - cursors.all.length - prices.all.length)
    expect(end()).toBe(0)
  })

  it('[P24] on its way to a slow reader is bounded on the server, which reads on from the log and loses nothing', () => {
    const { client, server, time } = frames({ highWaterBytes: 8_192, limits: { unseenBytes: 16_384 } })
    const peer = client({ can: ['seen'], rooms: [join(1, 'r')] })
    peer.stop()
    for (const value of range(1, 5_000)) server.publish('r', 'e', { value, text: 'x'.repeat(100) })
    time.advanceBy(100)
    expect(peer.peak()).toBeLessThan(2 * 8_192 + 65_536)
    for (let seconds = 0; peer.all('m').length < 5_000 && seconds < 5_000; seconds++) {
      peer.drain(65_536)
      peer.send({ t: 'seen', n: peer.all('m').length })
      time.advanceBy(1_000)
    }
    expect(peer.all('m').map(([, , offset]) => offset)).toEqual(range(1, 5_000))
    expect(peer.all('gap')).toEqual([])
    expect(peer.closedWith()).toBeUndefined()
  })

  it('[P24] while a page is on its way is dropped, read anew and counted: what is held is bounded', () => {
    const { client, server, time, end } = world({ latencyMs: 100 })
    for (const value of range(1, 100)) server().publish('lobby', 'message', value)
    const ana = client()
    ana.with(historyLimits({ holdMessages: 10, pageMessages: 10 }))
    const room = ana.room('lobby', Numbers)
    const live = see(room.on('message'))
    time.advanceBy(1_000)
    const late = see(room.on('message', { from: last(8) }))
    for (const value of range(101, 2_000)) {
      server().publish('lobby', 'message', value)
      if (value % 10 === 0) time.advanceBy(10)
    }
    time.advanceBy(60_000)
    expect(data(live.all)).toEqual(range(101, 2_000))
    expect(data(late.all)).toEqual(range(93, 2_000))
    expect(see(ana.with(metrics).metrics$).last().overflows).toBeGreaterThan(0)
    expect(end()).toBe(0)
  })
})
