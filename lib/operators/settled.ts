import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { given } from '../core/check.js'
import { deadlines } from '../core/deadlines.js'
import type { ConfigError, StreamError } from '../core/error.js'
import { monotonic } from '../core/platform.js'
import { type AbortSignalLike, isAborted, waitChecks, watchWait } from '../core/wait.js'
import { aborted, empty, failed, late, type Results } from './stream-error.js'

/** Options of `settled`. */
export interface SettledOptions {
  /** Unsubscribes and answers `Left(stream/aborted)`. An action goes on: pass the signal to the action to cancel it. */
  readonly signal?: AbortSignalLike | undefined
  /** The longest wait, in milliseconds of the platform's timers: then it unsubscribes and answers `Left(stream/timeout)`. */
  readonly withinMs?: number | undefined
}

/**
 * Returns the first result of a stream as a promise, for `await`. It never rejects: a stream that completes without a
 * result, or errors, is a `Left`, and so is an invalid option.
 *
 * For actions: `const receipt = await settled(room.send('message', { text }))`. Of any other stream it takes the first
 * result and unsubscribes.
 */
export const settled = <L, A>(
  stream: Results<Either<L, A>>,
  raw?: SettledOptions | null,
): Promise<Either<L | StreamError | ConfigError, A>> =>
  new Promise((resolve) => {
    const { fault, options } = given(raw, waitChecks)
    if (fault) {
      resolve(E.left(fault))
      return
    }
    if (isAborted(options.signal)) {
      resolve(E.left(aborted()))
      return
    }
    const over = { is: false }
    let subscription: { readonly unsubscribe: () => void } | undefined
    const settle = (result: Either<L | StreamError, A>): void => {
      if (over.is) return
      over.is = true
      stop()
      subscription?.unsubscribe()
      resolve(result)
    }
    const stop = watchWait(options, deadlines(monotonic), (cause) => {
      settle(E.left(cause === 'aborted' ? aborted() : late()))
    })
    try {
      subscription = stream.subscribe({
        next: settle,
        error: (thrown: unknown) => {
          settle(E.left(failed(thrown)))
        },
        complete: () => {
          settle(E.left(empty()))
        },
      })
      // The result may have arrived during the call.
      if (over.is) subscription.unsubscribe()
    } catch (thrown) {
      settle(E.left(failed(thrown)))
    }
  })
