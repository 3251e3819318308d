import type { Surroundings } from '../../server/retention.js'

/** Between the clock that measures ages, which ends with the process, and the calendar. */
export interface Clock {
  readonly timeOf: (date: number) => number
  readonly dateOf: (time: number) => number
}

/** Dates are seen from now on. One to come, after the calendar was put back, counts as now. */
export const clockOf = ({ scheduler, wall }: Required<Surroundings>): Clock => {
  const [now, today] = [scheduler.now(), wall()]
  return {
    timeOf: (date) => now - Math.max(0, today - date),
    dateOf: (time) => wall() - Math.max(0, scheduler.now() - time),
  }
}
