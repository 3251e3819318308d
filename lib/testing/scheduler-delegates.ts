import type { SchedulerLike, Subscription } from 'rxjs'
import { type Heap, heap } from '../core/heap.js'

type Set = (call: () => void, delay?: number) => number
type Clear = (handle: number) => void

/** The timer functions that rxjs' own schedulers call instead of the platform's. */
export interface Delegates {
  readonly immediate: { readonly setImmediate: Set; readonly clearImmediate: Clear }
  readonly interval: { readonly setInterval: Set; readonly clearInterval: Clear }
  readonly timeout: { readonly setTimeout: Set; readonly clearTimeout: Clear }
}

interface Timer {
  readonly handle: number
  readonly due: number
  readonly call: () => void
  /** Interval of a repeated timer, in ms. */
  readonly everyMs?: number
  action?: Subscription
  isCleared: boolean
}

/**
 * Runs rxjs' own schedulers (`asyncScheduler`, `asapScheduler` and so on) in the time of another scheduler. Timers that are
 * due at the same time run in the order of rxjs' delegates: immediates, then intervals, then timeouts, each in the order in
 * which they were set. A timer costs as much as an action; rxjs' delegates search all timers whenever one is due.
 */
export const delegatesOn = (scheduler: SchedulerLike): Delegates => {
  const live = new Map<number, Timer>()
  const kinds: Heap<Timer>[] = []
  let handles = 0

  /** Runs the first timer that is due, whichever action fired: there are as many actions as timers. */
  const run = (): void => {
    const now = scheduler.now()
    const kind = kinds.find((each) => (firstOf(each)?.due ?? Infinity) <= now)
    const first = kind?.pop()
    if (!kind || !first) return
    const { handle, call, everyMs } = first
    if (everyMs === undefined) live.delete(handle)
    else arm(kind, { handle, call, everyMs, due: now + everyMs, isCleared: false })
    call()
  }
  const firstOf = (kind: Heap<Timer>): Timer | undefined => {
    while (kind.peek()?.isCleared) kind.pop()
    return kind.peek()
  }
  const arm = (kind: Heap<Timer>, timer: Timer): void => {
    live.set(timer.handle, timer)
    kind.push(timer)
    timer.action = scheduler.schedule(run, timer.due - scheduler.now())
  }
  const clear = (handle: number): void => {
    const timer = live.get(handle)
    if (!timer) return
    live.delete(handle)
    timer.isCleared = true
    timer.action?.unsubscribe()
  }
  const setter = (isRepeated: boolean): Set => {
    const kind = heap<Timer>((a, b) => a.due < b.due || (a.due === b.due && a.handle < b.handle))
    kinds.push(kind)
    return (call, delay = 0) => {
      const handle = ++handles
      const due = scheduler.now() + delay
      arm(kind, { handle, call, due, isCleared: false, ...(isRepeated ? { everyMs: delay } : {}) })
      return handle
    }
  }
  const setImmediate = setter(false)
  const setInterval = setter(true)
  const setTimeout = setter(false)

  return {
    immediate: { setImmediate: (call) => setImmediate(call), clearImmediate: clear },
    interval: { setInterval, clearInterval: clear },
    timeout: { setTimeout, clearTimeout: clear },
  }
}
