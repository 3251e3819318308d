import { asyncScheduler, type SchedulerLike, Subscription } from 'rxjs'

/** The platform's timers with a clock that never jumps: milliseconds since some fixed moment. */
export const monotonic: SchedulerLike = {
  now: () => (typeof performance === 'undefined' ? steady() : performance.now()),
  schedule: (work, delay, state) => asyncScheduler.schedule(work as never, delay, state as never),
}

/** The calendar, where there is no other clock: it never goes back, but may jump ahead. */
let latest = 0
const steady = (): number => (latest = Math.max(latest, Date.now()))

/** Runs a task when the platform has done what waits there: with `setImmediate` where there is one, which takes no millisecond. */
export const soon = (task: () => void): Subscription => {
  const { setImmediate, clearImmediate } = globalThis as Partial<
    Pick<typeof globalThis, 'setImmediate' | 'clearImmediate'>
  >
  if (!setImmediate) return monotonic.schedule(task)
  const handle = setImmediate(task)
  return new Subscription(() => clearImmediate?.(handle))
}

/** The platform's quick random numbers, for jitter only. */
export const chance = (): number => Math.random()

/** The calendar's milliseconds, for ages that outlive the process. */
export const wall = (): number => Date.now()

/** React Native has no secure random source of its own. */
export const hasRandomBytes = (): boolean =>
  typeof (globalThis as { readonly crypto?: Partial<Crypto> }).crypto?.getRandomValues === 'function'

/** `count` bytes of the platform's secure random source. */
export const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count))
