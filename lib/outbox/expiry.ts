import type { Deadline, Deadlines } from '../core/deadlines.js'
import { heap } from '../core/heap.js'
import type { Due, Message } from './message.js'

/** The age limits of an outbox: one deadline, for the message due first. */
export interface Expiry {
  /** Adds a queued message, to be tried until `until`. */
  readonly add: (message: Message, until: number) => Due
  /** Removes the limit of a settled message. */
  readonly remove: (due: Due) => void
}

export interface ExpiryNeeds {
  readonly deadlines: Deadlines
  readonly now: () => number
  readonly due: (message: Message) => void
}

/** Settled messages tolerated in the heap, beyond one per message in force, before it is compacted. */
const most = 64

export const expiry = ({ deadlines, now, due }: ExpiryNeeds): Expiry => {
  const limits = heap(sooner)
  let held = 0
  let alarm: Deadline | undefined
  let alarmAt = Infinity

  const ring = (): void => {
    alarmAt = Infinity
    for (let first = limits.peek(); first && (!first.message || first.until <= now()); first = limits.peek()) {
      limits.pop()
      if (first.message) due(first.message)
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
    add: (message, until) => {
      held++
      const limit: Due = { until, order: message.order, message }
      limits.push(limit)
      arm(limit)
      return limit
    },
    remove: (limit) => {
      limit.message = undefined
      if (--held > 0 && limits.size() <= 2 * held + most) return
      limits.keep(isInForce)
      if (held > 0) return
      alarm?.cancel()
      alarmAt = Infinity
    },
  }
}

const isInForce = ({ message }: Due): boolean => message !== undefined

const sooner = (a: Due, b: Due): boolean => a.until < b.until || (a.until === b.until && a.order < b.order)
