import { defer, Observable, type SchedulerLike, Subscription } from 'rxjs'
import { heap } from './heap.js'

/** A scheduled callback. `cancel` works at any time, repeatedly. */
export interface Deadline {
  readonly cancel: () => void
}

/** All deadlines of a client in one heap behind one timer. */
export interface Deadlines {
  /** The time of the scheduler's clock, in ms. */
  readonly now: () => number
  /** Calls `due` once, in a turn, at `at` (ms of the scheduler's clock), or as soon after as the platform's timers allow. */
  readonly at: (at: number, due: () => void) => Deadline
  /** Calls `due` once, `ms` from now. */
  readonly after: (ms: number, due: () => void) => Deadline
  /** Emits once at `at` and completes. */
  readonly reached: (at: number) => Observable<void>
  /** Emits once, `ms` from the subscription, and completes. */
  readonly elapsed: (ms: number) => Observable<void>
  /** Cancels all and stops the timer. */
  readonly clear: () => void
}

/** The longest delay of platform timers; a longer wait takes several timers. */
export const longestTimerMs = 2 ** 31 - 1

interface Entry extends Deadline {
  readonly at: number
  readonly order: number
  due: (() => void) | undefined
}

/**
 * Makes deadlines on a scheduler, ordered by time, then by creation. Cancelled ones are removed once they are half of
 * the heap. `turn` runs each callback.
 */
export const deadlines = (
  scheduler: SchedulerLike,
  turn = (due: () => void): void => {
    due()
  },
): Deadlines => {
  const now = (): number => scheduler.now()
  const entries = heap(before)
  let order = 0
  let cancelled = 0
  let alarm = Subscription.EMPTY
  let alarmAt = Infinity

  const ring = (): void => {
    alarmAt = Infinity
    try {
      for (let first = entries.peek(); first && (!first.due || first.at <= now()); first = entries.peek()) {
        entries.pop()
        const { due } = first
        first.due = undefined
        if (due) turn(due)
        else cancelled--
      }
    } finally {
      arm()
    }
  }
  const arm = (): void => {
    const first = entries.peek()
    if (!first || first.at >= alarmAt) return
    alarm.unsubscribe()
    alarmAt = first.at
    alarm = scheduler.schedule(ring, Math.min(longestTimerMs, Math.max(0, first.at - now())))
  }
  const cancel = (entry: Entry): void => {
    if (!entry.due) return
    entry.due = undefined
    cancelled++
    if (cancelled * 2 > entries.size()) sweep()
  }
  const sweep = (): void => {
    entries.keep(({ due }) => due !== undefined)
    cancelled = 0
    if (entries.size() > 0) return
    alarm.unsubscribe()
    alarmAt = Infinity
  }
  const at = (time: number, due: () => void): Deadline => {
    const entry: Entry = {
      at: time,
      order: order++,
      due,
      cancel: () => {
        cancel(entry)
      },
    }
    entries.push(entry)
    arm()
    return entry
  }

  const reached = (time: number): Observable<void> =>
    new Observable((to) => {
      const deadline = at(time, () => {
        to.next()
        to.complete()
      })
      return deadline.cancel
    })

  return {
    now,
    at,
    after: (ms, due) => at(now() + ms, due),
    reached,
    elapsed: (ms) => defer(() => reached(now() + ms)),
    clear: () => {
      entries.keep(() => false)
      sweep()
    },
  }
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
