import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { StreamError } from '../core/error.js'
import { type AbortSignalLike, isAborted, watchWait } from '../core/wait.js'
import { aborted, empty, failed, type Results } from './stream-error.js'

/** Options of `settled`. */
export interface SettledOptions {
  /** Unsubscribes and answers `Left(stream/aborted)`. An action goes on: give the signal to the action to cancel it. */
  readonly signal?: AbortSignalLike | undefined
}

/**
 * The first result of a stream as a promise, for `await`. It never rejects: a stream that completes without a result, or
 * errors, is a `Left`.
 *
 * Made for actions: `const receipt = await settled(room.send('message', { text }))`. Of any other stream it takes the first
 * result and unsubscribes.
 */
export const settled = <L, A>(
  stream: Results<Either<L, A>>,
  { signal }: SettledOptions = {},
): Promise<Either<L | StreamError, A>> =>
  new Promise((resolve) => {
    if (isAborted(signal)) {
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
    const stop = watchWait({ signal }, neverLate, () => {
      settle(E.left(aborted()))
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
      // The result may have come within the call.
      if (over.is) subscription.unsubscribe()
    } catch (thrown) {
      settle(E.left(failed(thrown)))
    }
  })

/** There is no time limit here. */
const neverLate = { after: () => ({ cancel: () => undefined }) }
