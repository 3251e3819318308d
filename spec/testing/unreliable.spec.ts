import * as E from '#fp/Either'
import { from, type SchedulerLike, Subscription } from 'rxjs'
import type { Engine } from '../../lib/server/engine.js'
import { unreliable } from '../../lib/testing/unreliable.js'

/** Timers as a platform has them that looks at its clock less often than it tells the time: each counts from the same moment. */
const coarse = () => {
  const timers: { readonly delay: number; readonly run: () => void }[] = []
  let clock = 0
  const scheduler = {
    now: () => clock++,
    schedule: (work: () => void, delay = 0): Subscription => {
      timers.push({ delay, run: work })
      return new Subscription()
    },
  } as unknown as SchedulerLike
  return {
    scheduler,
    ring: (): void => {
      for (const { run } of timers.sort((a, b) => a.delay - b.delay)) run()
    },
    delays: () => timers.map(({ delay }) => delay),
  }
}

describe('an engine behind a bad network', () => {
  it('[NS9] tells a feed late and in order, also where timers come in another', () => {
    const { scheduler, ring, delays } = coarse()
    const told = [1, 2, 3, 4].map((n) => E.right(n))
    const engine = { follow: () => from(told) } as unknown as Engine
    const draws = [0, 0.99]
    const late = unreliable(engine, { scheduler, random: () => draws.shift() ?? 0, delayMs: 5 })
    const heard: unknown[] = []
    late.follow('r', undefined).subscribe((each) => heard.push(each))
    expect(heard).toEqual([])
    expect(delays()).not.toEqual([...delays()].sort((a, b) => a - b))
    ring()
    expect(heard).toEqual(told)
  })
})
