import * as t from 'io-ts'
import { anything, contract } from '../../lib/contract/contract.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admits, msg, stage } from '../support/stage.js'
import { tap } from '../support/wire.js'

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `room ${index}`)

/** A client in so many rooms, with a subscriber each, and how to give it messages. */
const inRooms = (count: number) => {
  const { client, actor, time } = stage(admits)
  const ana = client()
  let heard = 0
  for (const name of names(count))
    ana
      .room(name, anything)
      .on('message')
      .subscribe(() => heard++)
  time.advanceBy(1_000)
  const channels = actor()
    .joins()
    .map(({ ch }) => ch)
  const last = new Map<number, number>()
  const give = (messages: number): void => {
    for (let sent = 0; sent < messages; sent++) {
      const ch = channels[sent % count]!
      const offset = (last.get(ch) ?? 0) + 1
      last.set(ch, offset)
      actor().say(msg(ch, offset))
    }
    time.advanceBy(10)
  }
  return { ana, give, heard: () => heard }
}

describe('routing', () => {
  it('[P27] decodes a payload once for all who listen in the same way, and not at all if nobody does', () => {
    let decoded = 0
    const counting = new t.Type<number, number>(
      'counting',
      t.number.is,
      (value) => {
        decoded++
        return t.success(value as number)
      },
      (value) => value,
    )
    const Counted = contract({ events: { message: counting, other: counting } })
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    for (const name of names(100)) {
      for (let subscriber = 0; subscriber < 10; subscriber++) see(ana.room(name, Counted).on('message'))
    }
    time.advanceBy(100)
    ben.room('room 7', Numbers).post('message', 1)
    ben.room('room 7', anything).post('other', 1)
    ben.room('room 7', anything).post('unheard of', 1)
    time.advanceBy(100)
    expect(decoded).toBe(1)
    expect(end()).toBe(0)
  })

  it('[P27] tells nobody but those who listen to that event of that room', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const streams = names(50).map((name) => see(ana.room(name, anything).on('message')))
    const other = see(ana.room('room 7', anything).on('other'))
    time.advanceBy(100)
    ben.room('room 7', anything).post('message', 1)
    time.advanceBy(100)
    expect(streams.flatMap(({ all }, index) => (all.length > 0 ? [index] : []))).toEqual([7])
    expect(other.all).toEqual([])
    expect(end()).toBe(0)
  })

  it('[P27] two subscribers are one membership, and the first who leaves takes nothing from the other', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Numbers)
    const [first, second] = [see(room.on('message')), see(room.on('message'))]
    time.advanceBy(100)
    first.stop()
    time.advanceBy(5_000)
    network.cut()
    time.advanceBy(5_000)
    ben.room('lobby', Numbers).post('message', 1)
    time.advanceBy(100)
    expect(second.all).toHaveLength(1)
    // On each link one join, and no leave before it or after.
    expect([wire.joins().length, wire.up('leave').length]).toEqual([2, 0])
    expect(end()).toBe(0)
  })

  it('[P27] costs as much a message in a thousand rooms as in ten', () => {
    const cost = (count: number): number => {
      const { ana, give, heard } = inRooms(count)
      give(2_000)
      const times = [1, 2, 3, 4, 5].map(() => {
        const start = process.cpuUsage().user
        give(2_000)
        return process.cpuUsage().user - start
      })
      expect(heard()).toBe(12_000)
      ana.close()
      return Math.min(...times)
    }
    const [few, many] = [cost(10), cost(1_000)]
    expect(many).toBeLessThanOrEqual(3 * few)
  })
})
