import type { Deadline, Deadlines } from '../core/deadlines.js'
import { heap } from '../core/heap.js'
import type { Due, Entry } from './entry.js'

/** The age limits of an outbox: one deadline, for the entry due first. */
export interface Expiry {
  /** Adds a queued entry, to be tried until `until`. */
  readonly add: (entry: Entry, until: number) => void
  /** Removes a settled entry. */
  readonly remove: (entry: Entry) => void
}

export interface ExpiryNeeds {
  readonly deadlines: Deadlines
  readonly now: () => number
  readonly due: (entry: Entry) => void
}

/** Settled entries tolerated in the heap, beyond one per entry in force, before it is compacted. */
const most = 64

export const expiry = ({ deadlines, now, due }: ExpiryNeeds): Expiry => {
  const limits = heap(sooner)
  let held = 0
  let alarm: Deadline | undefined
  let alarmAt = Infinity

  const ring = (): void => {
    alarmAt = Infinity
    for (let first = limits.peek(); first && (!first.entry || first.until <= now()); first = limits.peek()) {
      limits.pop()
      if (first.entry) due(first.entry)
    }
    const first = limits.peek()
    if (first) arm(first)
  }
  const arm = ({ until }: Due): void => {
    if (until >= alarmAt) return
    alarm?.cancel()
    alarmAt = until
    alarm = deadlines.at(until, ring)
  }

  return {
    add: (entry, until) => {
      held++
      const limit: Due = { until, order: entry.order, entry }
      entry.due = limit
      limits.push(limit)
      arm(limit)
    },
    remove: (entry) => {
      if (entry.due) entry.due.entry = undefined
      entry.due = undefined
      if (--held > 0 && limits.size() <= 2 * held + most) return
      limits.keep(isInForce)
      if (held > 0) return
      alarm?.cancel()
      alarmAt = Infinity
    },
  }
}

const isInForce = ({ entry }: Due): boolean => entry !== undefined

const sooner = (a: Due, b: Due): boolean => a.until < b.until || (a.until === b.until && a.order < b.order)
