import { type MonoTypeOperatorFunction, retry, type SchedulerLike, throwError, timer } from 'rxjs'
import { type Backoff, backoff, defaultBackoff } from './backoff.js'
import { longestTimerMs } from './deadlines.js'
import { filled, type Given } from './filled.js'
import { chance, monotonic } from './platform.js'

/** Options of `retryBackoff`. */
export interface RetryBackoff extends Given<Backoff> {
  /** The most retries before the error goes through. Default: no limit. */
  readonly count?: number | undefined
  /** Selects the errors to retry. Default: all. A throw lets the original error through. */
  readonly when?: ((error: unknown) => boolean) | undefined
  /** The timers. Default: the platform's. */
  readonly scheduler?: SchedulerLike | undefined
  /** Returns a random value in [0, 1). Default: the platform's. */
  readonly random?: (() => number) | undefined
}

/**
 * Subscribes again to a source that errors, after a delay of floor plus full jitter that grows with each consecutive
 * failure.
 *
 * A value resets the count. For your own cold sources; streams of this library never error: for a `Left` use
 * `retryLeft`. See `backoff` for the formula.
 */
export const retryBackoff = <T>(options: RetryBackoff = {}): MonoTypeOperatorFunction<T> => {
  const { count = Infinity, when = () => true, scheduler = monotonic, random = chance } = options
  const shape: Backoff = filled(defaultBackoff, options)
  return retry<T>({
    resetOnSuccess: true,
    delay: (error: unknown, failures: number) =>
      failures <= count && worthwhile(when, error)
        ? timer(Math.min(longestTimerMs, backoff(shape, failures - 1, random())), scheduler)
        : throwError(() => error),
  })
}

const worthwhile = (when: (error: unknown) => boolean, error: unknown): boolean => {
  try {
    return when(error)
  } catch {
    return false
  }
}
