import fc from 'fast-check'
import { Subject } from 'rxjs'
import type { Hint } from '../../lib/core/ports.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see, tags } from '../support/seen.js'
import { tap } from '../support/wire.js'

const noise = fc.array(
  fc.record({
    hint: fc.constantFrom<Hint>('online', 'offline', 'visible', 'hidden', 'resumed'),
    ms: fc.nat({ max: 60_000 }),
  }),
  { minLength: 1, maxLength: 60 },
)

describe('hints of the surroundings', () => {
  it('[P28] in any order on a healthy link make no reconnect and no change of state', () => {
    fc.assert(
      fc.property(noise, (events) => {
        const hints$ = new Subject<Hint>()
        const { client, network, time, end } = world({ latencyMs: 40 })
        const wire = tap(network)
        const ana = client({ hints$ })
        const state = see(ana.state$)
        see(ana.room('lobby', Chat).on('message'))
        time.advanceBy(1_000)
        const before = state.all.length
        for (const { hint, ms } of events) {
          hints$.next(hint)
          time.advanceBy(ms)
        }
        expect(tags(state).slice(before)).toEqual([])
        expect(wire.up('hello')).toHaveLength(1)
        expect(end()).toBe(0)
      }),
      { numRuns: 50, seed: 28 },
    )
  })

  it('[P28] offline probes at once: a dead link is found by the answer that does not come, not by the hint', () => {
    const hints$ = new Subject<Hint>()
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client({ hints$ })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(1_000)
    hints$.next('offline')
    time.advanceBy(0)
    expect(wire.up('ping')).toHaveLength(1)
    time.advanceBy(100)
    expect(state.last()).toMatchObject({ _tag: 'Online', quality: 'good' })
    expect(end()).toBe(0)
  })

  it('[P28] online and visible cut a wait short, but keep floor and jitter; the next tries follow as always', () => {
    const waits = [0, 0.25, 0.5, 0.75, 0.999].map((chance) => {
      const hints$ = new Subject<Hint>()
      let draw = 0.999
      const { client, network, time, end } = world()
      const ana = client({ hints$, random: () => draw })
      const state = see(ana.state$)
      network.refuse(true)
      ana.connect()
      time.advanceBy(200_000)
      while (state.last()._tag !== 'Waiting' && time.now() < 300_000) time.advanceBy(1)
      draw = chance
      hints$.next('online')
      const now = state.last()
      const ms = now._tag === 'Waiting' ? now.until - time.now() : NaN
      time.advanceBy(ms + 10)
      network.refuse(false)
      time.advanceBy(40_000)
      expect(state.last()._tag).toBe('Online')
      expect(end()).toBe(0)
      return Math.round(ms)
    })
    expect(waits).toEqual([200, 400, 600, 800, 999])
  })

  it('[P28] offline never stops it from trying: with nothing but offline it comes back', () => {
    const hints$ = new Subject<Hint>()
    const { client, network, time, end } = world()
    const ana = client({ hints$ })
    const state = see(ana.state$)
    ana.connect()
    hints$.next('offline')
    time.advanceBy(1_000)
    expect(state.last()._tag).toBe('Online')
    hints$.next('offline')
    network.cut()
    for (let second = 0; second < 5; second++) {
      hints$.next('offline')
      hints$.next('hidden')
      time.advanceBy(1_000)
    }
    expect(state.last()._tag).toBe('Online')
    expect(end()).toBe(0)
  })

  it('[P28] offline while it connects does not leave it unconnected', () => {
    const hints$ = new Subject<Hint>()
    const { client, network, time, end } = world()
    network.hang(true)
    const ana = client({ hints$ })
    const state = see(ana.state$)
    ana.connect()
    hints$.next('offline')
    time.advanceBy(5_000)
    network.hang(false)
    hints$.next('online')
    time.advanceBy(10_000)
    expect(state.last()._tag).toBe('Online')
    expect(end()).toBe(0)
  })
})
