import { defer, map, type MonoTypeOperatorFunction, retry, type SchedulerLike, throwError, timer } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Backoff, defaultBackoff, retryIn } from '../core/backoff.js'
import { longestTimerMs } from '../core/deadlines.js'
import { filled, type Given } from '../core/filled.js'
import { guard } from '../core/guard.js'
import { chance, monotonic } from '../core/platform.js'

/** Options of `retryLeft`. */
export interface RetryLeft<L> extends Given<Backoff> {
  /** The most consecutive retries before the `Left` goes through. Default: no limit. */
  readonly count?: number | undefined
  /** Selects the `Left`s to retry. Default: those whose `kind` is `'retry'`. A throw lets the `Left` through. */
  readonly when?: ((left: L) => boolean) | undefined
  /** The timers. Default: the platform's. */
  readonly scheduler?: SchedulerLike | undefined
  /** Returns a random value in [0, 1). Default: the platform's. */
  readonly random?: (() => number) | undefined
}

/**
 * Subscribes again to a source that emits a retryable `Left`, after a delay that grows with each consecutive one.
 *
 * Other `Left`s and all `Right`s go through, and a `Right` resets the count. The delay is that of `backoff`, in ms,
 * unless the `Left` carries a server's retry-after: then `retryAfterMs` and a random part of `spreadMs`, and never less
 * than a floor that grows from `floorMs` to `firstMs`.
 *
 * An action starts at its call and replays its one result, so repeat it by a new call: for `room.send` under one id,
 * `defer(() => room.send(event, data, { id })).pipe(retryLeft())`; the server executes that once.
 */
export const retryLeft = <L, A>({
  count = Infinity,
  when = isRetryable,
  scheduler = monotonic,
  random = chance,
  ...shape
}: RetryLeft<L> = {}): MonoTypeOperatorFunction<Either<L, A>> => {
  const shaped: Backoff = filled(defaultBackoff, shape)
  return (source) =>
    defer(() => {
      let failures = 0
      return source.pipe(
        map((result) => {
          if (E.isRight(result)) failures = 0
          else if (failures < count && isTrue(() => when(result.left))) throw new Again(result.left)
          return result
        }),
        retry({
          delay: (error: unknown) =>
            error instanceof Again
              ? timer(Math.min(longestTimerMs, retryIn(shaped, failures++, random(), pauseOf(error.left))), scheduler)
              : throwError(() => error),
        }),
      )
    })
}

/** Carries a `Left` to `retry`. */
class Again extends Error {
  readonly left: unknown
  constructor(left: unknown) {
    super()
    this.left = left
  }
}

const isTrue = (test: () => boolean): boolean => E.getOrElse(() => false)(guard(test))

/** The pause that a server asks for. */
const pauseOf = (left: unknown): { readonly retryAfterMs?: number; readonly spreadMs?: number } => {
  const { retryAfterMs, spreadMs } = wishes(left)
  return {
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    ...(typeof spreadMs === 'number' && { spreadMs }),
  }
}

const isRetryable = (left: unknown): boolean => wishes(left).kind === 'retry'

interface Wishes {
  readonly kind?: unknown
  readonly retryAfterMs?: unknown
  readonly spreadMs?: unknown
}

const wishes = (left: unknown): Wishes => (typeof left === 'object' && left !== null ? left : {})
