import * as E from '#fp/Either'
import { from, of } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { guard, thrownText } from '../../core/guard.js'
import { hasMethods, isObject } from '../../core/shape.js'

/** An answer that was read, the end, or the reason of a failure. */
export type Pulled = Either<string, { readonly done?: boolean | undefined; readonly value?: unknown }>

/** A list or a generator, which is read one by one. */
export interface Pull {
  /** Reads the next answer. Calls `then` once, at once for a synchronous one. */
  readonly next: (then: (pulled: Pulled) => void) => void
  readonly stop: () => void
}

type Reading = IteratorResult<unknown> | Promise<IteratorResult<unknown>>

/** Returns the reader of a value that can be read one by one. An Observable, a promise and a text cannot. */
export const pullOf = (given: unknown): Either<string, Pull | undefined> => {
  if (!mayIterate(given)) return E.right(undefined)
  return guard(() => {
    const iterator = given[Symbol.iterator]?.() ?? given[Symbol.asyncIterator]?.()
    return iterator && pull(iterator)
  })
}

/** A value that may be a list or a generator. */
const mayIterate = (value: unknown): value is Partial<Iterable<unknown> & AsyncIterable<unknown>> =>
  isObject(value) && !hasMethods(value, 'subscribe') && !hasMethods(value, 'then')

const pull = (iterator: Iterator<unknown> | AsyncIterator<unknown>): Pull => ({
  next: (then) => {
    settle(() => iterator.next(), then)
  },
  stop: () => {
    settle(
      () => iterator.return?.() ?? { done: true, value: undefined },
      () => undefined,
    )
  },
})

const settle = (read: () => Reading, then: (pulled: Pulled) => void): void => {
  const called = guard(read)
  if (E.isLeft(called)) then(called)
  else
    (hasMethods(called.right, 'then') ? from(called.right) : of(called.right)).subscribe({
      next: (result) => {
        then(E.right(result))
      },
      error: (thrown: unknown) => {
        then(E.left(thrownText(thrown)))
      },
    })
}
