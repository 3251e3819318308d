import { cached } from '../../lib/features/history/cached.js'
import { after, last } from '../../lib/features/history/start.js'
import type { Start } from '../../lib/client/strategy.js'
import { world } from '../../lib/testing/world.js'
import { data, Numbers } from '../support/chat.js'
import { codeOf, see } from '../support/seen.js'

const filled = (cache: number) => {
  const here = world()
  const ana = here.client()
  const room = ana.room('lobby', Numbers).with(cached(cache))
  const post = (...values: readonly number[]): void => {
    for (const value of values) here.server().publish('lobby', 'message', value)
    here.time.advanceBy(10)
  }
  const joined = see(room.join())
  here.time.advanceBy(100)
  const on = (from: Start) => see(room.on('message', { from }))
  return { ...here, ana, room, joined, post, on }
}

describe('the cache of a room', () => {
  it('[HI7] answers what it covers at once, without the network; what comes next follows', () => {
    const { post, on, network, time, end } = filled(3)
    post(1, 2, 3, 4, 5)
    network.refuse(true)
    network.cut()
    const streams = [on(last(2)), on(last(3)), on(after({ epoch: 'epoch-1', offset: 4 })), on(last(4))]
    time.advanceBy(1)
    expect(streams.map((seen) => data(seen.all))).toEqual([[4, 5], [3, 4, 5], [5], []])
    network.refuse(false)
    time.advanceBy(5_000)
    post(6)
    expect(streams.map((seen) => data(seen.all))).toEqual([
      [4, 5, 6],
      [3, 4, 5, 6],
      [5, 6],
      [2, 3, 4, 5, 6],
    ])
    expect(end()).toBe(0)
  })

  it('[HI7] is kept while anybody holds the room, and gone with it; it is 0 unless asked for', () => {
    const { post, on, ana, room, network, time, end } = filled(3)
    post(1, 2, 3)
    const other = see(ana.room('lobby', Numbers).on('message'))
    room.leave()
    time.advanceBy(1_000)
    network.refuse(true)
    network.cut()
    const kept = on(last(1))
    time.advanceBy(1)
    expect(data(kept.all)).toEqual([3])
    network.refuse(false)
    time.advanceBy(5_000)
    kept.stop()
    other.stop()
    time.advanceBy(1_000)
    const plain = ana.room('lobby', Numbers)
    plain.join()
    time.advanceBy(1_000)
    post(4)
    network.refuse(true)
    network.cut()
    const late = see(plain.on('message', { from: last(1) }))
    time.advanceBy(1)
    expect(late.all).toEqual([])
    expect(end()).toBe(0)
  })

  it('[HI7] has nothing of another log, nor of before a gap', () => {
    const { post, on, restart, client, time, end } = filled(5)
    post(1, 2)
    restart({ engine: 'new' })
    client().room('lobby', Numbers).post('message', 7)
    time.advanceBy(5_000)
    const seen = on(last(5))
    time.advanceBy(100)
    expect(data(seen.all)).toEqual([7])
    expect(end()).toBe(0)
  })

  it.each([-1, 0.5, NaN, '3' as never])('[HI7] of %p messages is a Left', (cache) => {
    const { client, end } = world()
    const room = client().room('lobby', Numbers).with(cached(cache))
    expect([codeOf(see(room.on('message')).only()), codeOf(see(room.join()).only())]).toEqual([
      'config/invalid', 'config/invalid',
    ]) // prettier-ignore
    expect(end()).toBe(0)
  })
})
