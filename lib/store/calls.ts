import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import { AsyncSubject, catchError, concatMap, defaultIfEmpty, defer, type Observable, of, take } from 'rxjs'
import { failure, failureOf } from './failure.js'
import type { Stored, StoreFailure } from './port.js'

/** Starts at once, even without a subscriber, and replays its answer; an error becomes a failure. */
export const start = <T>(work: Stored<T>): Stored<T> => {
  const answer$ = new AsyncSubject<Either<StoreFailure, T>>()
  work.pipe(catchError((thrown: unknown) => of(E.left(failureOf(thrown))))).subscribe(answer$)
  return answer$.asObservable()
}

/** Calls any store safely: a throw, an error and no answer are failures, and only the first answer counts. */
export const callStore = <T>(call: () => Stored<T>): Stored<T> =>
  start(defer(call).pipe(take(1), defaultIfEmpty(E.left(failure('failed', 'The store did not answer.')))))

/** Goes on with the value; a failure goes through. */
export const andThen = <A, B>(
  next: (value: A) => Stored<B>,
): ((from: Stored<A>) => Observable<Either<StoreFailure, B>>) =>
  concatMap((answer) => (E.isLeft(answer) ? of(answer) : next(answer.right)))

export const done: Either<StoreFailure, void> = E.right(undefined)

/** Makes an observer of a stream that never errors. */
export const observer = <T>(
  next: (value: T) => void,
): { readonly next: (value: T) => void; readonly error: () => void } => ({
  next,
  error: () => undefined,
})
