import type { Surroundings } from '../../server/retention.js'

/** Between the clock that measures ages, which ends with the process, and the calendar. */
export interface Clock {
  readonly timeOf: (date: number) => number
  readonly dateOf: (time: number) => number
}

/** A date to come, after the calendar was put back, counts as now. */
export const clockOf = ({ scheduler, wall }: Required<Surroundings>): Clock => ({
  timeOf: (date) => scheduler.now() - Math.max(0, wall() - date),
  dateOf: (time) => wall() - Math.max(0, scheduler.now() - time),
})
