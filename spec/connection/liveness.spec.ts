import fc from 'fast-check'
import type { SchedulerLike } from 'rxjs'
import { type Heartbeat, liveness } from '../../lib/connection/liveness.js'
import { deadlines } from '../../lib/core/deadlines.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'

const usual: Heartbeat = { intervalMs: 25_000, graceMs: 10_000 }
const HOUR = 3_600_000

interface Rig {
  readonly time: VirtualTime
  /** What was noticed and when, in ms of the clock. */
  readonly log: (readonly [ms: number, what: string])[]
  readonly hear: () => void
  /** Hears something at that time. */
  readonly hearAt: (ms: number) => void
  readonly stop: () => void
}

/** Watches a link that opened at 0. `answerMs`: how soon the other side answers a probe. */
const rig = (
  heartbeat: Heartbeat = usual,
  { answerMs = Infinity, timersOf = (time: SchedulerLike) => time } = {},
): Rig => {
  const time = virtualTime()
  const link = { generation: 7, heardAt: 0 }
  const log: (readonly [number, string])[] = []
  const hear = (): void => {
    link.heardAt = time.now()
  }
  const probe = (): void => {
    log.push([time.now(), 'probe'])
    if (answerMs < Infinity) time.schedule(hear, answerMs)
  }
  const subscription = liveness(link, heartbeat, deadlines(timersOf(time)), probe).subscribe((input) => {
    if (input._tag === 'Quality') log.push([time.now(), input.quality])
    else if (input._tag === 'Lost') log.push([time.now(), input.because.code])
    expect(input).toMatchObject({ generation: 7 })
  })
  return {
    time,
    log,
    hear,
    hearAt: (ms) => time.schedule(hear, ms - time.now()),
    stop: () => subscription.unsubscribe(),
  }
}
const lost = 'connection/silent'
const lossOf = ({ log }: Rig): number | undefined => log.find(([, what]) => what === lost)?.[0]

/** A tab in the background: its timers fire when the minute is full. */
const throttled = (time: SchedulerLike): SchedulerLike => ({
  now: () => time.now(),
  schedule: (work, delay = 0, state) => {
    const due = time.now() + delay
    return time.schedule(work as never, Math.ceil(due / 60_000) * 60_000 - time.now(), state as never)
  },
})

describe('liveness', () => {
  it('[CN10] [P4] a link that fell silent is probed after the interval, and lost after the grace', () => {
    const { time, log } = rig()
    time.advanceTo(HOUR)
    expect(log).toEqual([
      [25_000, 'degraded'],
      [25_000, 'probe'],
      [35_000, lost],
    ])
  })

  it('[CN10] a sign of life in time is all it takes, and no timer moves per frame', () => {
    const { time, log, hear } = rig()
    for (let second = 1; second < 3_600; second++) {
      time.advanceTo(second * 1_000)
      hear()
      expect(time.pending()).toBe(1)
    }
    expect(log).toEqual([])
  })

  it('[CN10] an answered probe makes it good again', () => {
    const { time, log } = rig(usual, { answerMs: 40 })
    time.advanceTo(40_000)
    expect(log).toEqual([
      [25_000, 'degraded'],
      [25_000, 'probe'],
      [35_000, 'good'],
    ])
  })

  it('[CN10] [P4] whenever it falls silent it is found within interval and grace of the last sign, and never before', () => {
    const heartbeats = fc.record({
      intervalMs: fc.integer({ min: 1, max: 50_000 }),
      graceMs: fc.integer({ min: 1, max: 50_000 }),
    })
    const gaps = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 30 })
    fc.assert(
      fc.property(heartbeats, gaps, (heartbeat, signs) => {
        const found = rig(heartbeat)
        const span = heartbeat.intervalMs + heartbeat.graceMs
        let last = 0
        for (const share of signs) found.hearAt((last += share * span))
        found.time.advanceTo(last + 2 * span)
        expect(lossOf(found)).toBeCloseTo(last + span, 6)
      }),
      { numRuns: 500 },
    )
  })

  it('[CN11] [P3] a machine that slept probes before it judges', () => {
    const { time, log } = rig()
    time.advanceTo(10_000)
    time.sleepFor(600_000)
    time.advanceBy(0)
    expect(log).toEqual([
      [610_000, 'degraded'],
      [610_000, 'probe'],
    ])
    time.advanceBy(60_000)
    expect(log.slice(2)).toEqual([[620_000, lost]])
  })

  it('[CN11] [P3] frames that waited for it to wake are life', () => {
    const { time, log, hear } = rig()
    time.advanceTo(10_000)
    time.sleepFor(600_000)
    time.advanceBy(0)
    hear()
    time.advanceBy(20_000)
    expect(log.map(([, what]) => what)).toEqual(['degraded', 'probe', 'good'])
  })

  it('[CN11] [P3] asleep while it waits for the answer: it asks once more, and then it judges', () => {
    const { time, log } = rig()
    time.advanceTo(26_000)
    time.sleepFor(600_000)
    time.advanceBy(0)
    expect(log.slice(2)).toEqual([
      [626_000, 'degraded'],
      [626_000, 'probe'],
    ])
    time.sleepFor(600_000)
    time.advanceBy(0)
    expect(log.slice(4)).toEqual([[1_226_000, lost]])
  })

  it('[CN11] [P3] timers once a minute for an hour: a link with a heartbeat is kept, one without is found', () => {
    const kept = rig(usual, { timersOf: throttled })
    for (let ms = usual.intervalMs; ms <= HOUR; ms += usual.intervalMs) kept.hearAt(ms)
    kept.time.advanceTo(HOUR)
    expect(lossOf(kept)).toBeUndefined()

    const answering = rig(usual, { timersOf: throttled, answerMs: 30 })
    answering.time.advanceTo(HOUR)
    expect(lossOf(answering)).toBeUndefined()

    const dead = rig(usual, { timersOf: throttled })
    dead.time.advanceTo(HOUR)
    expect(lossOf(dead)).toBeLessThanOrEqual(240_000)
  })

  it('[CN11] any mixture of sleep and silence: nothing is lost that a probe could have shown alive', () => {
    const naps = fc.array(fc.record({ wakeMs: fc.nat(30_000), sleepMs: fc.nat(120_000) }), { maxLength: 20 })
    fc.assert(
      fc.property(naps, (plan) => {
        const living = rig(usual, { answerMs: 100 })
        for (const { wakeMs, sleepMs } of plan) {
          living.time.sleepFor(sleepMs)
          living.time.advanceBy(wakeMs + 200)
        }
        expect(lossOf(living)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  it('[CN10] stops with its subscription', () => {
    const { time, log, stop } = rig()
    time.advanceTo(26_000)
    stop()
    time.run()
    expect([log.length, time.pending()]).toEqual([2, 0])
  })
})
