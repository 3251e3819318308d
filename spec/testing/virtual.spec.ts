import fc from 'fast-check'
import {
  auditTime,
  bufferTime,
  debounceTime,
  delay,
  interval,
  type Observable,
  of,
  repeat,
  type SchedulerLike,
  Subscription,
  take,
  throttleTime,
  timeout,
  timer,
  VirtualTimeScheduler,
} from 'rxjs'
import { heap } from '../../lib/core/heap.js'
import { seeded } from '../../lib/testing/random.js'
import { virtualTime } from '../../lib/testing/virtual.js'

describe('virtual time', () => {
  it('[TS1] runs what is due in order of time, then of scheduling', () => {
    const time = virtualTime()
    const ran: string[] = []
    const note = (name: string, ms: number): void => {
      time.schedule(() => ran.push(`${time.now()} ${name}`), ms)
    }
    note('c', 2)
    note('a', 1)
    note('d', 2)
    note('b', 1)
    time.schedule(() => note('at once', 0), 1)
    time.advanceTo(1)
    expect(ran).toEqual(['1 a', '1 b', '1 at once'])
    time.advanceBy(5)
    expect(ran.slice(3)).toEqual(['2 c', '2 d'])
    expect(time.now()).toBe(6)
  })

  it('[TS1] any set of delays runs sorted, and cancelled ones never', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean())), (plan) => {
        const time = virtualTime()
        const ran: (readonly [number, number])[] = []
        const actions = plan.map(([ms], index) => time.schedule(() => ran.push([time.now(), index]), ms))
        plan.forEach(([, cancelled], index) => {
          if (cancelled) actions[index]!.unsubscribe()
        })
        const expected = plan
          .map(([ms, cancelled], index) => ({ ms, index, cancelled }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.ms - b.ms || a.index - b.index)
        expect(time.pending()).toBe(expected.length)
        time.run()
        expect(ran).toEqual(expected.map(({ ms, index }) => [ms, index]))
        expect(time.pending()).toBe(0)
      }),
    )
  })

  it('[TS2] an action schedules itself again, with another state and delay', () => {
    const time = virtualTime()
    const ran: string[] = []
    time.schedule<number>(
      function (state) {
        ran.push(`${time.now()} ${state}`)
        if (state < 3) this.schedule(state + 1, state * 10)
      },
      5,
      1,
    )
    time.run()
    expect(ran).toEqual(['5 1', '15 2', '35 3'])
  })

  it('[TS2] scheduling an action that waits replaces what it waits for', () => {
    const time = virtualTime()
    const ran: string[] = []
    const held: { action?: { schedule: (state: string, delay: number) => Subscription } } = {}
    time.schedule<string>(
      function (state) {
        ran.push(`${time.now()} ${state}`)
        held.action = this
      },
      1,
      'first',
    )
    time.advanceTo(1)
    held.action?.schedule('second', 10)
    held.action?.schedule('third', 20)
    expect(time.pending()).toBe(1)
    time.run()
    expect(ran).toEqual(['1 first', '21 third'])
  })

  it('[TS2] an action that is unsubscribed stays silent, also by itself and while it runs', () => {
    const time = virtualTime()
    let ran = 0
    time.schedule(function () {
      ran++
      this.unsubscribe()
      this.schedule()
    })
    time.schedule(() => ran++, 1).unsubscribe()
    time.run()
    expect(ran).toBe(1)
    expect(time.pending()).toBe(0)
  })

  it('[TS2] what is due in infinity never is, and negative delays are none', () => {
    const time = virtualTime({ startMs: 100 })
    let at = -1
    time.schedule(() => undefined, Infinity)
    expect(time.pending()).toBe(0)
    time.schedule(() => (at = time.now()), -5)
    time.run()
    expect(at).toBe(100)
  })

  const streams: readonly (readonly [string, (scheduler: SchedulerLike) => Observable<unknown>])[] = [
    ['timer', (s) => timer(3, 7, s).pipe(take(4))],
    ['delay', (s) => of(1, 2).pipe(delay(5, s))],
    ['debounceTime', (s) => timer(0, 4, s).pipe(take(3), debounceTime(6, s))],
    ['throttleTime', (s) => interval(3, s).pipe(take(9), throttleTime(7, s, { leading: true, trailing: true }))],
    ['auditTime', (s) => interval(3, s).pipe(take(9), auditTime(7, s))],
    ['bufferTime', (s) => interval(3, s).pipe(take(9), bufferTime(7, null, Infinity, s))],
    ['timeout', (s) => interval(9, s).pipe(timeout({ each: 5, scheduler: s, with: () => of('late') }))],
    ['repeat', (s) => timer(2, s).pipe(repeat({ count: 3, delay: () => timer(10, s) }))],
  ]
  it.each(streams)('[TS3] [T9] rxjs takes time from it as from its own scheduler: %s', (_name, stream) => {
    const trace = (scheduler: SchedulerLike, run: () => void): readonly string[] => {
      const seen: string[] = []
      stream(scheduler).subscribe({
        next: (value) => seen.push(`${scheduler.now()} ${JSON.stringify(value)}`),
        complete: () => seen.push(`${scheduler.now()} |`),
      })
      run()
      return seen
    }
    const rx = new VirtualTimeScheduler()
    const ours = virtualTime()
    const expected = trace(rx, () => rx.flush())
    expect(trace(ours, ours.run)).toEqual(expected)
    expect(expected.length).toBeGreaterThan(1)
    expect(ours.pending()).toBe(0)
  })

  it('[TS4] what never ends is an error, not a hang', () => {
    const time = virtualTime({ maxActions: 1_000 })
    const forever = interval(10, time).subscribe()
    expect(() => time.run()).toThrow('1000 actions until 10000 ms, 1 to come')
    time.advanceBy(100_000)
    forever.unsubscribe()
    expect(time.pending()).toBe(0)
    time.schedule(function () {
      this.schedule()
    })
    expect(() => time.advanceBy(1)).toThrow('something schedules itself without delay')
  })

  it('[TS4] time goes forward, and not from within', () => {
    const time = virtualTime({ startMs: 10 })
    expect(() => time.advanceTo(9)).toThrow('does not go back')
    expect(() => time.advanceBy(NaN)).toThrow('does not go back')
    expect(() => time.sleepFor(-1)).toThrow('does not go back')
    time.schedule(() => time.run())
    expect(() => time.advanceBy(1)).toThrow('already running')
    time.run()
  })

  it('[TS4] what an action throws goes to the caller, and the rest stays due', () => {
    const time = virtualTime()
    const ran: number[] = []
    time.schedule(() => {
      throw new Error('boom')
    }, 1)
    time.schedule(() => ran.push(time.now()), 2)
    expect(() => time.advanceTo(5)).toThrow('boom')
    expect(time.now()).toBe(1)
    time.advanceTo(5)
    expect(ran).toEqual([2])
  })

  it('[TS5] a sleeping machine runs late what fell due', () => {
    const time = virtualTime()
    const ran: string[] = []
    for (const ms of [20, 10, 700]) time.schedule(() => ran.push(`${ms} at ${time.now()}`), ms)
    time.sleepFor(600)
    expect(ran).toEqual([])
    time.advanceBy(0)
    expect(ran).toEqual(['10 at 600', '20 at 600'])
    time.run()
    expect(ran[2]).toBe('700 at 700')
  })

  it('[TS6] holds tens of thousands of timers, and forgets cancelled ones', () => {
    const time = virtualTime()
    const random = seeded(1)
    let ran = 0
    for (let n = 0; n < 50_000; n++) time.schedule(() => ran++, random() * 10_000)
    for (let n = 0; n < 50_000; n++) time.schedule(() => ran++, random() * 10_000).unsubscribe()
    expect(time.pending()).toBe(50_000)
    time.run()
    expect(ran).toBe(50_000)
  })
})

describe('a heap', () => {
  it('[TS6] is sorted after any pushes, pops and sweeps', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(), fc.constantFrom('pop' as const, 'keep even' as const))), (commands) => {
        const subject = heap<number>((a, b) => a < b)
        let model: number[] = []
        for (const command of commands) {
          if (typeof command === 'number') {
            subject.push(command)
            model = [...model, command].sort((a, b) => a - b)
          } else if (command === 'pop') {
            expect(subject.pop()).toBe(model.shift())
          } else {
            subject.keep((item) => item % 2 === 0)
            model = model.filter((item) => item % 2 === 0)
          }
          expect(subject.peek()).toBe(model[0])
          expect(subject.size()).toBe(model.length)
        }
      }),
    )
  })
})

describe('seeded chance', () => {
  it('[TS7] is the same for the same seed and another for another', () => {
    const draw = (seed: number): readonly number[] => Array.from({ length: 50 }, seeded(seed))
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(draw(7)).not.toEqual(draw(7 + 2 ** 32))
  })

  it('[TS7] is sfc32, so that a seed means the same for ever', () => {
    const units = (seed: number, count: number): readonly number[] =>
      Array.from({ length: count }, seeded(seed)).map((draw) => draw * 2 ** 32)
    expect(units(1, 3)).toEqual([2012149540, 1872316204, 1707632675])
    expect(units(2 ** 40 + 5, 2)).toEqual([1829320450, 171792437])
  })

  it('[TS7] lies in [0, 1) and spreads evenly', () => {
    const random = seeded(42)
    const bins = new Array<number>(10).fill(0)
    for (let n = 0; n < 100_000; n++) bins[Math.floor(random() * 10)]!++
    expect(bins).toHaveLength(10)
    for (const bin of bins) expect(Math.abs(bin - 10_000)).toBeLessThan(500)
  })
})
