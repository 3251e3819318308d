import { of } from 'rxjs'
import { partsOf } from '../../lib/client/port.js'
import { beginning, commits, stored } from '../../lib/features/history/index.js'
import type { Pool } from '../../lib/pool/index.js'
import { type ClientStore, memoryStore } from '../../lib/stores/index.js'
import { anything, mover, nameAt, numbers, poolWorld, type PoolWorld } from '../support/pool.js'
import { done, right, see } from '../support/seen.js'

const ana = { authenticate: () => of({ user: 'ana' }) }

/** A pool of ana with a store. */
const kept = ({ pool }: PoolWorld, size: number, store: ClientStore): Pool =>
  pool(size, { store, identity: 'ana', outbox: { ageMs: 86_400_000 } })

/** Ends a pool as `kill` does: what waits stays in the store. */
const stop = ({ time }: PoolWorld, pool: Pool): void => {
  pool.close({ drainMs: 0 })
  time.advanceBy(1_000)
}

const names = numbers(12).map((at) => `room-${at}`)

describe('a pool with a store', () => {
  it('[PL18] stored positions go along with their rooms, there and back', () => {
    const made = poolWorld(ana)
    const { client, time, end } = made
    const two = kept(made, 2, memoryStore())
    const theirs = client().room(mover, anything)
    const room = two.room(mover, anything).with(commits)
    const seen: unknown[] = []
    const redelivered: unknown[] = []
    // Each subscription lasts for a while: the next one continues after it, wherever the room is.
    const consume = (count: number): void => {
      const some = see(room.messages({ from: stored({ commit: 'manual', window: 4 }) }))
      time.advanceBy(500)
      for (const _ of numbers(count)) {
        theirs.post('said', next++)
        time.advanceBy(20)
      }
      for (const result of some.all) {
        const message = right(result)
        seen.push(message.data)
        if (message.redelivered) redelivered.push(message.data)
      }
      const committed = see(room.commit(right(some.last())))
      time.advanceBy(500)
      expect(committed.only()).toEqual(done)
      some.stop()
    }
    let next = 0
    consume(2)
    for (const size of [3, 2, 3, 5, 2]) {
      const resized = see(two.resize(size))
      time.advanceBy(2_000)
      expect(resized.isComplete()).toBe(true)
      // What was posted meanwhile comes too.
      theirs.post('said', next++)
      time.advanceBy(100)
      consume(2)
    }
    expect(seen).toEqual(numbers(next))
    expect(redelivered).toEqual([])
    expect(end()).toBe(0)
  })

  it('[PL18] a subscription from the stored position goes on with the room, and commits there', () => {
    const made = poolWorld(ana)
    const { client, time, end } = made
    const store = memoryStore()
    const two = kept(made, 2, store)
    const theirs = client().room(mover, anything)
    const seen = see(two.room(mover, anything).messages({ from: stored() }))
    time.advanceBy(500)
    for (const at of numbers(3)) theirs.post('said', at)
    time.advanceBy(500)
    two.resize(3)
    time.advanceBy(2_000)
    for (const at of numbers(3)) theirs.post('said', 3 + at)
    time.advanceBy(2_000)
    expect(seen.all.map((each) => right(each).data)).toEqual(numbers(6))
    stop(made, two)
    theirs.post('said', 6)
    time.advanceBy(500)
    const again = see(kept(made, 3, store).room(mover, anything).messages({ from: stored() }))
    time.advanceBy(1_000)
    expect(again.all.map((each) => right(each).data)).toEqual([6])
    expect(end()).toBe(0)
  })

  it('[PL19] each member has a partition of its own, and the same in the next run', () => {
    const made = poolWorld(ana)
    const { time, end } = made
    const store = memoryStore()
    const partitions = (): number => {
      const listed = see(store.list({ url: 'ws://world/', user: 'ana' })).only()
      return listed._tag === 'Right' ? listed.right.length : 0
    }
    for (const _ of numbers(3)) {
      const three = kept(made, 3, store)
      const faults = see(three.faults$)
      for (const name of names) three.room(name, anything).post('said', 1)
      time.advanceBy(2_000)
      expect([partitions(), faults.all]).toEqual([3, []])
      stop(made, three)
    }
    expect(end()).toBe(0)
  })

  it.each([
    [4, 2],
    [2, 5],
    [1, 3],
    [3, 1],
  ])(
    '[PL20] a restart with %i, then %i members loses no post, doubles none, and keeps their order',
    (before, after) => {
      const made = poolWorld(ana)
      const { client, network, time, end } = made
      const store = memoryStore()
      const first = kept(made, before, store)
      for (const name of names) first.room(name, anything).join()
      time.advanceBy(500)
      for (const name of names) first.room(name, anything).post('said', 0)
      time.advanceBy(500)
      // These are stored, and do not reach the server; or they do, and nobody hears of it.
      for (const at of numbers(before)) network.host(`client-${at + 1}`).freeze(at % 2 === 0 ? 'up' : 'down')
      for (const name of names) for (const at of [1, 2]) first.room(name, anything).post('said', at)
      time.advanceBy(500)
      stop(made, first)
      network.heal()
      const second = kept(made, after, store)
      const posted = names.flatMap((name) => [3, 4].map((at) => second.room(name, anything).post('said', at)))
      expect(new Set(posted.map(({ id }) => id)).size).toBe(posted.length)
      const receipts = posted.map((each) => see(each))
      time.advanceBy(10_000)
      for (const name of names) second.room(name, anything).post('said', 5)
      time.advanceBy(5_000)
      expect(receipts.every((each) => each.only()._tag === 'Right')).toBe(true)
      const reader = client()
      const logs = names.map((name) => see(reader.room(name, anything).messages({ from: beginning() })))
      time.advanceBy(1_000)
      expect(logs.map(({ all }) => all.map((each) => right(each).data))).toEqual(names.map(() => [0, 1, 2, 3, 4, 5]))
      expect(second.clients()).toHaveLength(after)
      expect(see(second.resize(after)).isComplete()).toBe(true)
      expect(end()).toBe(0)
    },
  )

  it.each([
    [4, 2],
    [2, 5],
  ])('[PL20] and with %i, then %i members each consumer goes on where it was', (before, after) => {
    const made = poolWorld(ana)
    const { client, time, end } = made
    const store = memoryStore()
    const theirs = client()
    let next = 0
    const run = (size: number): readonly (readonly unknown[])[] => {
      const pool = kept(made, size, store)
      const seen = names.map((name) => see(pool.room(name, anything).messages({ from: stored() })))
      time.advanceBy(2_000)
      for (const name of names) theirs.room(name, anything).post('said', next)
      next++
      time.advanceBy(2_000)
      pool.close()
      time.advanceBy(1_000)
      // Posted while nobody runs.
      for (const name of names) theirs.room(name, anything).post('said', next)
      next++
      time.advanceBy(500)
      return seen.map(({ all }) => all.map((each) => right(each).data))
    }
    const runs = [run(before), run(after), run(before)]
    for (const at of numbers(names.length)) expect(runs.flatMap((each) => each[at])).toEqual([0, 1, 2, 3, 4])
    expect(end()).toBe(0)
  })

  it('[PL21] a handle beside another room posts at the member of that room, in one step with its commit', () => {
    const made = poolWorld(ana)
    const { client, time, end } = made
    const two = kept(made, 2, memoryStore())
    // The two rooms are at different members.
    const [orders, bills] = [mover, nameAt([2, 1], [3, 1])]
    const theirs = client().room(orders, anything)
    const room = two.room(orders, anything).with(commits)
    const seen = see(room.messages({ from: stored({ commit: 'manual', window: 1 }) }))
    time.advanceBy(500)
    const work = (): void => {
      theirs.post('order', 1)
      time.advanceBy(100)
      const first = two.clients().map((each) => partsOf(each).outbox.totals.fates.sent)
      // The bill is refused, so the commit of its step is too: they are one step.
      two.room(bills, anything, { beside: orders }).post('bill', { toJSON: () => undefined })
      const committed = see(room.commit(right(seen.last())))
      time.advanceBy(100)
      expect(committed.only()._tag).toBe('Left')
      expect(two.clients().map((each, at) => partsOf(each).outbox.totals.fates.sent - (first[at] ?? 0))).toEqual(
        two.clients().map(() => 0),
      )
      const bill = see(two.room(bills, anything, { beside: orders }).post('bill', 1))
      const again = see(room.commit(right(seen.last())))
      time.advanceBy(100)
      expect([bill.only()._tag, again.only()._tag]).toEqual(['Right', 'Right'])
    }
    work()
    two.resize(3)
    time.advanceBy(2_000)
    work()
    expect(end()).toBe(0)
  })
})
