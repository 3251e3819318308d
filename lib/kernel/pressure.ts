import type { Link } from '../connection/link.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Turns } from './turns.js'

/** Watches how a socket drains its written data. */
export interface Pressure {
  /** True while the socket holds `highWaterBytes` or more: write nothing then. */
  readonly isFull: () => boolean
  readonly stop: () => void
}

export interface PressureNeeds {
  readonly deadlines: Deadlines
  readonly turns: Turns
  readonly now: () => number
  readonly highWaterBytes: number
  /** Time, in ms, that waiting data may stand still. */
  readonly patienceMs: () => number
  /** Reports that waiting data stood still for `forMs`. */
  readonly stalled: (forMs: number) => void
}

/** Interval between checks of a full socket. */
const lookMs = 250
/** Lateness of a timer, in ms, beyond which the machine was asleep. */
const lateMs = 1_000

export const pressure = (link: Pick<Link, 'unsent'>, needs: PressureNeeds): Pressure => {
  const { deadlines, turns, now, highWaterBytes } = needs
  let least = Infinity
  let movedAt = 0
  let next: Deadline | undefined

  const look = (due: number): void => {
    next = undefined
    const bytes = link.unsent()
    if (bytes < least || now() - due > lateMs) movedAt = now()
    least = bytes
    // The end of the turn writes the waiting data, or checks again.
    if (bytes >= highWaterBytes && now() - movedAt >= needs.patienceMs()) needs.stalled(now() - movedAt)
  }
  return {
    isFull: () => {
      if (link.unsent() < highWaterBytes) {
        least = Infinity
        return false
      }
      const due = now() + lookMs
      next ??= deadlines.at(due, () => {
        turns.enter(() => {
          look(due)
        })
      })
      return true
    },
    stop: () => {
      next?.cancel()
    },
  }
}
