import { of } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Check, type Checks, given, oneOf } from '../core/check.js'
import type { ConfigError, StreamError } from '../core/error.js'
import { type AbortSignalLike, isAborted, waitChecks, watchWait } from '../core/wait.js'
import { aborted, failed, overflow as overflowError, type Results } from './stream-error.js'

/** Options of `iterate`. */
export interface IterateOptions {
  /** The most results that wait for the loop, at least 1. Default 1 000. */
  readonly limit?: number | undefined
  /**
   * The rule for a value that arrives when the queue is full. `'dropOldest'` (default): drops the oldest, and the loop
   * gets one `Left(stream/overflow)` with the number of dropped values, before the next result. `'end'`: the loop gets
   * the waiting results, then the `Left(stream/overflow)`, and ends; the stream is unsubscribed at once.
   */
  readonly overflow?: 'dropOldest' | 'end' | undefined
  /** Unsubscribes; the loop gets `Left(stream/aborted)` and ends. Waiting results are dropped. */
  readonly signal?: AbortSignalLike | undefined
}

/**
 * Iterates over the results of a stream with `for await`, through a bounded queue. The loop never throws: a stream
 * error becomes one last `Left`, and an invalid option the only one.
 *
 * Each loop subscribes by itself when it starts, and unsubscribes when it ends, also by `break`, `return` and `throw`:
 * `for await (const result of iterate(room.on('message'))) …`
 */
export const iterate = <L, A>(
  stream: Results<Either<L, A>>,
  raw?: IterateOptions | null,
): AsyncIterable<Either<L | StreamError | ConfigError, A>> => {
  const {
    fault,
    options: { limit = 1_000, overflow = 'dropOldest', signal },
  } = given(raw, checks)
  return {
    [Symbol.asyncIterator]: () =>
      fault
        ? reader<L | ConfigError, A>(of(E.left(fault)), 1, overflow, undefined)
        : reader<L | ConfigError, A>(stream, Math.floor(limit), overflow, signal),
  }
}

const atLeast1: Check = { expected: 'factor', is: (value) => typeof value === 'number' && value >= 1 }
const checks: Checks<keyof IterateOptions> = {
  limit: atLeast1,
  overflow: oneOf('dropOldest', 'end'),
  signal: waitChecks.signal,
}

type Reader<L, A> = AsyncIterator<Either<L | StreamError, A>, undefined>

const reader = <L, A>(
  stream: Results<Either<L, A>>,
  limit: number,
  overflow: 'dropOldest' | 'end',
  signal: AbortSignalLike | undefined,
): Reader<L, A> => {
  type Item = Either<L | StreamError, A>
  const waiting = new Set<{ readonly item: Item }>()
  let reads: ((step: IteratorResult<Item, undefined>) => void)[] = []
  let dropped = 0
  let isOver = false
  let subscription: { readonly unsubscribe: () => void } | undefined

  const take = (): Item | undefined => {
    if (dropped > 0) {
      const count = dropped
      dropped = 0
      return E.left(overflowError(count, limit))
    }
    for (const first of waiting) {
      waiting.delete(first)
      return first.item
    }
    return undefined
  }
  const put = (item: Item): void => {
    const read = reads.shift()
    if (read) read({ done: false, value: item })
    else waiting.add({ item })
  }
  /** Stops reading the stream; `last` is the last item. */
  const end = (last?: Item): void => {
    if (isOver) return
    isOver = true
    stop()
    subscription?.unsubscribe()
    if (last) put(last)
    for (const read of reads) read({ done: true, value: undefined })
    reads = []
  }
  const next = (item: Item): void => {
    if (isOver) return
    if (waiting.size < limit) put(item)
    else if (overflow === 'end') end(E.left(overflowError(1, limit)))
    else {
      for (const first of waiting) {
        waiting.delete(first)
        break
      }
      dropped++
      put(item)
    }
  }
  const abort = (): void => {
    waiting.clear()
    dropped = 0
    end(E.left(aborted()))
  }
  const stop = watchWait({ signal }, { after: () => ({ cancel: () => undefined }) }, abort)
  const subscribe = (): void => {
    try {
      subscription = stream.subscribe({
        next,
        error: (thrown: unknown) => {
          end(E.left(failed(thrown)))
        },
        complete: () => {
          end()
        },
      })
      if (isOver) subscription.unsubscribe()
    } catch (thrown) {
      end(E.left(failed(thrown)))
    }
  }
  if (isAborted(signal)) abort()
  else subscribe()

  return {
    next: () => {
      const item = take()
      if (item) return Promise.resolve({ done: false, value: item })
      return isOver
        ? Promise.resolve({ done: true, value: undefined })
        : new Promise((resolve) => {
            reads.push(resolve)
          })
    },
    return: () => {
      waiting.clear()
      dropped = 0
      end()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
}
