import type { Link } from '../connection/link.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'

/** Watches how a socket drains its written data. */
export interface Pressure {
  /** True while the socket holds `highWaterBytes` or more: write nothing then. */
  readonly isFull: () => boolean
  readonly stop: () => void
}

/** Interval between checks of a full socket. */
const lookMs = 250
/** Lateness of a timer, in ms, beyond which the machine was asleep. */
const lateMs = 1_000

/** Reports, by `stalled`, that waiting data stood still for `stallMs` or longer. */
export const pressure = (
  { unsent }: Link,
  highWaterBytes: number,
  { at, now }: Deadlines,
  stallMs: () => number,
  stalled: (forMs: number) => void,
): Pressure => {
  let least = Infinity
  let movedAt = 0
  let next: Deadline | undefined

  const look = (due: number): void => {
    next = undefined
    const bytes = unsent()
    if (bytes < least || now() - due > lateMs) movedAt = now()
    least = bytes
    // The end of the turn writes the waiting data, or checks again.
    if (bytes >= highWaterBytes && now() - movedAt >= stallMs()) stalled(now() - movedAt)
  }
  return {
    isFull: () => {
      if (unsent() < highWaterBytes) {
        least = Infinity
        return false
      }
      const due = now() + lookMs
      next ??= at(due, () => {
        look(due)
      })
      return true
    },
    stop: () => {
      next?.cancel()
    },
  }
}
