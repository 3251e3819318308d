import { asyncScheduler, type SchedulerLike } from 'rxjs'

/** The platform's timers with a clock that never jumps: milliseconds since some fixed moment. */
export const monotonic: SchedulerLike = {
  now: () => performance.now(),
  schedule: (work, delay, state) => asyncScheduler.schedule(work as never, delay, state as never),
}

/** The platform's quick random numbers, for jitter only. */
export const chance = (): number => Math.random()

/** The calendar's milliseconds, for ages that outlive the process. */
export const wall = (): number => Date.now()

/** `count` bytes of the platform's secure random source. */
export const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count))
