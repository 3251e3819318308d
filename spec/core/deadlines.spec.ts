import fc from 'fast-check'
import type { SchedulerLike } from 'rxjs'
import { type Deadline, deadlines, longestTimerMs } from '../../lib/core/deadlines.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { heapBytes } from '../support/memory.js'

const DAY = 24 * 60 * 60 * 1_000

/** Virtual time behind a platform's timers, which take a delay that is too long for none at all. */
const platform = () => {
  const time = virtualTime()
  const delays: number[] = []
  const scheduler: SchedulerLike = {
    now: () => time.now(),
    schedule: (work, delay = 0, state) => {
      delays.push(delay)
      return time.schedule(work as never, delay > 2 ** 31 - 1 ? 1 : delay, state as never)
    },
  }
  return { time, delays, scheduler }
}

describe('deadlines', () => {
  it('[CR5] come in order of time, then of setting', () => {
    const time = virtualTime({ startMs: 1_000 })
    const due = deadlines(time)
    const came: string[] = []
    const note = (name: string) => () => came.push(`${time.now()} ${name}`)
    due.at(1_020, note('c'))
    due.after(10, note('a'))
    due.at(1_020, note('d'))
    due.after(15, note('b'))
    due.at(5, note('past'))
    time.run()
    expect(came).toEqual(['1000 past', '1010 a', '1015 b', '1020 c', '1020 d'])
  })

  it('[CR5] of one moment come in the order of their setting, however many, also among many that were cancelled', () => {
    const time = virtualTime()
    const due = deadlines(time)
    const came: (readonly [at: number, order: number])[] = []
    const set = Array.from({ length: 90 }, (_, order) => ({ at: (order * 7) % 3, order }))
    const made = set.map(({ at, order }) => due.at(at, () => came.push([time.now(), order])))
    const isKept = (order: number): boolean => order % 5 === 4 || order % 7 === 0
    for (const [order, { cancel }] of made.entries()) if (!isKept(order)) cancel()
    time.run()
    const kept = set.filter(({ order }) => isKept(order)).sort((a, b) => a.at - b.at || a.order - b.order)
    expect(came).toEqual(kept.map(({ at, order }) => [at, order]))
  })

  it('[CR5] any set of them, cancelled and set from inside: each once, at its time, in order, never after its cancelling', () => {
    const plans = fc.array(fc.record({ ms: fc.nat(20), cancels: fc.option(fc.nat(40)), sets: fc.option(fc.nat(10)) }), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(plans, fc.array(fc.nat(40)), (plan, cancelledAtOnce) => {
        const time = virtualTime()
        const due = deadlines(time)
        const all: { readonly at: number; readonly order: number; readonly deadline: Deadline }[] = []
        const live = new Set<number>()
        const came: number[] = []
        const set = (ms: number, then: () => void): void => {
          const order = all.length
          live.add(order)
          const deadline = due.after(ms, () => {
            expect(live.delete(order)).toBe(true)
            expect(time.now()).toBe(all[order]!.at)
            came.push(order)
            then()
          })
          all.push({ at: time.now() + ms, order, deadline })
        }
        const cancel = (order: number): void => {
          all[order]?.deadline.cancel()
          live.delete(order)
        }
        for (const { ms, cancels, sets } of plan) {
          set(ms, () => {
            if (cancels !== null) cancel(cancels)
            if (sets !== null) set(sets, () => undefined)
          })
        }
        cancelledAtOnce.forEach(cancel)
        time.run()
        expect(live).toEqual(new Set())
        const sorted = [...came].sort((a, b) => all[a]!.at - all[b]!.at || a - b)
        expect(came).toEqual(sorted)
        expect(time.pending()).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('[CR5] share one timer, and none when nothing is due', () => {
    const time = virtualTime()
    const due = deadlines(time)
    const set = Array.from({ length: 1_000 }, (_, index) => due.after(1_000 + (index % 100), () => undefined))
    expect(time.pending()).toBe(1)
    const [kept, ...others] = set
    for (const deadline of others) deadline.cancel()
    expect(time.pending()).toBe(1)
    kept!.cancel()
    kept!.cancel()
    expect(time.pending()).toBe(0)
    due.after(5, () => undefined)
    due.clear()
    expect(time.pending()).toBe(0)
  })

  it('[CR5] forgets what was cancelled: a deadline that is moved a hundred thousand times stays one', () => {
    const time = virtualTime()
    const due = deadlines(time)
    due.after(1, () => undefined)
    const before = heapBytes()
    for (let n = 0; n < 100_000; n++) due.after(DAY, () => undefined).cancel()
    expect(heapBytes() - before).toBeLessThan(1_000_000)
    time.advanceTo(1)
    expect(time.pending()).toBe(0)
  })

  it('[CR5] neither early on a platform whose timers are, nor lost on one that slept', () => {
    const time = virtualTime()
    const early: SchedulerLike = {
      now: () => time.now(),
      schedule: (work, delay = 0, state) => time.schedule(work as never, Math.max(0.25, delay - 0.5), state as never),
    }
    const came: (readonly [string, number])[] = []
    const due = deadlines(early)
    due.at(10, () => came.push(['a', time.now()]))
    time.advanceTo(9)
    expect(came).toEqual([])
    time.sleepFor(1_000)
    due.at(500, () => came.push(['b', time.now()]))
    due.at(1_500, () => came.push(['c', time.now()]))
    time.advanceTo(2_000)
    expect(came.map(([name]) => name)).toEqual(['a', 'b', 'c'])
    expect(came[2]).toEqual(['c', 1_500])
  })

  it('[CR6] [T12] beyond 2³¹ − 1 ms a deadline is slept in pieces: neither at once nor never', () => {
    const { time, delays, scheduler } = platform()
    const came: number[] = []
    const due = deadlines(scheduler)
    due.after(40 * DAY, () => came.push(time.now()))
    due.at(Infinity, () => came.push(-1))
    time.advanceTo(40 * DAY - 1)
    expect(came).toEqual([])
    time.advanceTo(90 * DAY)
    expect(came).toEqual([40 * DAY])
    expect(Math.max(...delays)).toBe(longestTimerMs)
    expect(delays).toHaveLength(2)
  })

  it('[CR3] one that throws takes none of the others with it', () => {
    const time = virtualTime()
    const due = deadlines(time)
    const came: string[] = []
    due.at(5, () => {
      throw new Error('boom')
    })
    due.at(5, () => came.push('same time'))
    due.at(9, () => came.push('later'))
    expect(() => time.advanceTo(5)).toThrow('boom')
    time.advanceTo(9)
    expect(came).toEqual(['same time', 'later'])
  })

  it('[CR5] as Observables: once, then complete; unsubscribing cancels', () => {
    const time = virtualTime()
    const due = deadlines(time)
    const seen: string[] = []
    const see = (name: string) => ({
      next: () => seen.push(`${time.now()} ${name}`),
      complete: () => seen.push(`${time.now()} ${name} done`),
    })
    const elapsed$ = due.elapsed(10)
    time.advanceTo(5)
    elapsed$.subscribe(see('elapsed'))
    due.reached(12).subscribe(see('reached'))
    due.reached(11).subscribe(see('gone')).unsubscribe()
    time.run()
    expect(seen).toEqual(['12 reached', '12 reached done', '15 elapsed', '15 elapsed done'])
    expect(time.pending()).toBe(0)
  })
})
