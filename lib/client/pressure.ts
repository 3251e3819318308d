import type { Link } from '../connection/link.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Turns } from './turns.js'

/** Watches how a socket gets rid of what was written to it. */
export interface Pressure {
  /** True while as much waits in the socket as may: then nothing is written. */
  readonly isFull: () => boolean
  readonly stop: () => void
}

export interface PressureNeeds {
  readonly deadlines: Deadlines
  readonly turns: Turns
  readonly now: () => number
  readonly highWaterBytes: number
  /** How long the network may take nothing of what waits. */
  readonly patienceMs: () => number
  /** The network took nothing for so long. */
  readonly stalled: (forMs: number) => void
}

/** How often a full socket is looked at. */
const lookMs = 250
/** A timer that fires later than this was asleep, not patient. */
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
    // The end of the turn writes what waited, or looks again.
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
