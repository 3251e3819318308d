import type { Deadline, Deadlines } from '../core/deadlines.js'
import { heap } from '../core/heap.js'
import type { Entry } from './entry.js'

/** The age limits of what an outbox holds: one deadline, for the entry that is due first. */
export interface Expiry {
  /** An entry was queued, with a time that it is tried until. */
  readonly add: (entry: Entry) => void
  /** An entry is settled: its lane has been taken from it. */
  readonly remove: () => void
}

export interface ExpiryNeeds {
  readonly deadlines: Deadlines
  readonly now: () => number
  readonly due: (entry: Entry) => void
}

/** So many more than are held are kept of those that are settled, before they are dropped together. */
const most = 64

export const expiry = ({ deadlines, now, due }: ExpiryNeeds): Expiry => {
  const entries = heap(sooner)
  let held = 0
  let alarm: Deadline | undefined
  let alarmAt = Infinity

  const ring = (): void => {
    alarmAt = Infinity
    for (let first = entries.peek(); first && (!isHeld(first) || first.until <= now()); first = entries.peek()) {
      entries.pop()
      if (isHeld(first)) due(first)
    }
    const first = entries.peek()
    if (first) arm(first)
  }
  const arm = ({ until }: Entry): void => {
    if (until >= alarmAt) return
    alarm?.cancel()
    alarmAt = until
    alarm = deadlines.at(until, ring)
  }

  return {
    add: (entry) => {
      held++
      entries.push(entry)
      arm(entry)
    },
    remove: () => {
      if (--held > 0 && entries.size() <= 2 * held + most) return
      entries.keep(isHeld)
      if (held > 0) return
      alarm?.cancel()
      alarmAt = Infinity
    },
  }
}

const isHeld = ({ lane }: Entry): boolean => lane !== undefined

const sooner = (a: Entry, b: Entry): boolean => a.until < b.until || (a.until === b.until && a.seq < b.seq)
