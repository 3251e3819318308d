import { stored } from '../../lib/features/history/start.js'
import { EMPTY, map, NEVER, type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'
import * as E from '#fp/Either'
import { leased } from '../../lib/store/leased.js'
import { memory, memoryShelf } from '../../lib/store/memory.js'
import type { Store, Stored } from '../../lib/store/port.js'
import { anything } from '../../lib/contract/contract.js'
import { lives } from '../support/lives.js'
import { type Mortal, mortal } from '../support/mortal.js'
import { right, see } from '../support/seen.js'

/** Lives whose store has no locks of a platform: a lease is a time, and nobody can ask its holder. */
const leasing = (leaseMs = 60_000) => {
  const made = lives()
  const shelf = memoryShelf()
  let holders = 0
  const process = (): Mortal => {
    let isDead = false
    const timers = new Subscription()
    const scheduler: SchedulerLike = {
      now: () => made.time.now(),
      schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T) => {
        const timer = made.time.schedule(work, delay, state)
        timers.add(timer)
        return timer
      },
    }
    const alive = <T>(act: () => Stored<T>): Stored<T> => (isDead ? NEVER : act())
    const store = leased({
      shelf: { ...shelf, step: (scope, judge) => alive(() => shelf.step(scope, judge)) },
      locks: undefined,
      leaving$: EMPTY,
      scheduler,
      wall: () => 1_700_000_000_000 + made.time.now(),
      ids: () => `holder ${++holders}`,
      leaseMs,
    })
    return {
      ...mortal(store),
      die: () => {
        isDead = true
        timers.unsubscribe()
      },
    }
  }
  /** A life that reads a room from where it is stored. */
  const consumer = (options: Record<string, unknown> = {}) => {
    const life = made.life(options, process())
    const state = see(life.client.state$)
    const heard = see(life.client.room('lobby', anything).on('message', { from: stored() }))
    return { ...life, state, texts: () => heard.all.map((each) => right(each).data) }
  }
  const publish = (text: string): void => {
    made.server().publish('lobby', 'message', text)
  }
  return { ...made, consumer, publish }
}

describe('leases of what is stored', () => {
  it('[ST31] a client waits for the lease of a holder that cannot be asked, reports it, and goes on where that one was', () => {
    const { consumer, publish, time, end } = leasing()
    const first = consumer()
    time.advanceBy(10_000)
    publish('one')
    time.advanceBy(10_000)
    first.unplug()
    first.room.post('message', { text: 'left behind' })
    time.advanceBy(10_000)
    expect(first.texts()).toEqual(['one'])
    first.kill()
    publish('two')
    const second = consumer()
    time.advanceBy(5_000)
    expect(second.state.last()._tag).not.toBe('Online')
    expect(second.told()).toEqual([expect.stringContaining('storing.waitMs, 90000 ms')])
    time.advanceBy(120_000)
    expect(second.texts()).toEqual(['two', { text: 'left behind' }])
    expect(second.told()).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[ST31] it waits no longer than `storing.waitMs`, and reports the limit', () => {
    const { consumer, publish, time, end } = leasing(600_000)
    const first = consumer()
    time.advanceBy(10_000)
    publish('one')
    time.advanceBy(10_000)
    first.kill()
    const second = consumer({ storing: { waitMs: 20_000 } })
    time.advanceBy(19_000)
    expect(second.state.last()._tag).not.toBe('Online')
    time.advanceBy(10_000)
    expect(second.state.last()._tag).toBe('Online')
    expect(second.told()).toEqual([
      expect.stringContaining('at most storing.waitMs, 20000 ms'),
      expect.stringContaining('not over within storing.waitMs, 20000 ms'),
    ])
    expect(end()).toBe(0)
  })

  it('[ST31] a holder that renews its lease is known to run: the client begins a partition of its own and reports that', () => {
    const { consumer, time, end } = leasing()
    const first = consumer()
    time.advanceBy(10_000)
    const second = consumer()
    time.advanceBy(30_000)
    expect([first, second].map(({ state }) => state.last()._tag)).toEqual(['Online', 'Online'])
    expect(second.told()).toEqual([
      expect.stringContaining('waiting for the end of the lease'),
      expect.stringContaining('an empty partition of its own'),
    ])
    time.advanceBy(300_000)
    expect(first.told()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST31] a client that is closed while it waits takes nothing', () => {
    const { consumer, time, end } = leasing()
    consumer().kill()
    time.advanceBy(10_000)
    const second = consumer()
    time.advanceBy(10_000)
    second.client.close()
    time.advanceBy(300_000)
    expect(second.written).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST32] a client that finds what is stored held by one that runs reports it, unless clients side by side are usual', () => {
    const told = (isSideBySide: boolean): readonly string[] => {
      const { life, time, end } = lives({}, { ...memory(), isSideBySide })
      const all = [life(), life()]
      for (const { client } of all) client.connect()
      time.advanceBy(10_000)
      expect(all[0]!.told()).toEqual([])
      expect(end()).toBe(0)
      return all[1]!.told()
    }
    expect(told(false)).toEqual([expect.stringContaining('an empty partition of its own')])
    expect(told(true)).toEqual([])
  })

  it('[ST33] a session is not claimed where the count of openings was lost, and what was posted is sent', () => {
    const kept = memory()
    const uncounted: Store = {
      ...kept,
      open: (...given) => kept.open(...given).pipe(map(E.map((partition) => ({ ...partition, token: 1 })))),
    }
    const { life, log, time, wire, end } = lives({}, uncounted)
    const first = life()
    first.client.connect()
    time.advanceBy(1_000)
    first.unplug()
    first.room.post('message', { text: 'kept' })
    time.advanceBy(1_000)
    first.kill()
    const second = life()
    second.client.connect()
    time.advanceBy(60_000)
    expect(new Set(wire.up('hello').map(({ frame }) => frame.session.instance)).size).toBe(2)
    expect(log()).toEqual(['kept'])
    expect(end()).toBe(0)
  })
})
