import type { Surroundings } from '../../server/retention.js'

/** Converts between the monotonic clock, which ends with the process, and the wall clock. */
export interface Clock {
  readonly timeOf: (date: number) => number
  readonly dateOf: (time: number) => number
}

/** Creates a clock. Dates are relative to now; a future date, after the wall clock was set back, counts as now. */
export const clockOf = ({ scheduler, wall }: Required<Surroundings>): Clock => {
  const [now, today] = [scheduler.now(), wall()]
  return {
    timeOf: (date) => now - Math.max(0, today - date),
    dateOf: (time) => wall() - Math.max(0, scheduler.now() - time),
  }
}
