import { defer, map, type MonoTypeOperatorFunction, retry, type SchedulerLike, throwError, timer } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Backoff, backoff, defaultBackoff } from '../core/backoff.js'
import { longestTimerMs } from '../core/deadlines.js'
import { filled, type Given } from '../core/filled.js'
import { guard } from '../core/guard.js'
import { chance, monotonic } from '../core/platform.js'

/** What `retryLeft` can be told. */
export interface RetryLeft<L> extends Given<Backoff> {
  /** How many retries in a row before the `Left` goes through. Default: no end. */
  readonly count?: number | undefined
  /** Which `Left`s are worth a retry. Default: those whose `kind` is `'retry'`. A throw lets the `Left` through. */
  readonly when?: ((left: L) => boolean) | undefined
  /** Default: the platform's timers. */
  readonly scheduler?: SchedulerLike | undefined
  /** Draws in [0, 1). Default: the platform's. */
  readonly random?: (() => number) | undefined
}

/**
 * Subscribes again to a source that emits a `Left` worth it, after a wait that grows with each in a row.
 *
 * Other `Left`s and all `Right`s go through, and a `Right` starts the count again. The wait is that of `backoff`, in ms,
 * unless the `Left` brings a server's wish: then `retryAfterMs` and a random part of `spreadMs`.
 *
 * An action starts when it is called and replays its one result, so it is repeated by calling it again: for `room.send`
 * under one id, `defer(() => room.send(event, data, { id })).pipe(retryLeft())`; the server executes that once.
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
              ? timer(Math.min(longestTimerMs, waitMs(error.left, shaped, failures++, random())), scheduler)
              : throwError(() => error),
        }),
      )
    })
}

/** How a `Left` gets to `retry`. */
class Again extends Error {
  readonly left: unknown
  constructor(left: unknown) {
    super()
    this.left = left
  }
}

const isTrue = (test: () => boolean): boolean => E.getOrElse(() => false)(guard(test))

const waitMs = (left: unknown, shape: Backoff, failures: number, draw: number): number => {
  const { retryAfterMs, spreadMs } = wishes(left)
  return typeof retryAfterMs === 'number'
    ? retryAfterMs + draw * (typeof spreadMs === 'number' ? spreadMs : 0)
    : backoff(shape, failures, draw)
}

const isRetryable = (left: unknown): boolean => wishes(left).kind === 'retry'

interface Wishes {
  readonly kind?: unknown
  readonly retryAfterMs?: unknown
  readonly spreadMs?: unknown
}

const wishes = (left: unknown): Wishes => (typeof left === 'object' && left !== null ? left : {})
