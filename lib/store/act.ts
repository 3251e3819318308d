import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import { AsyncSubject, catchError, concatMap, type Observable, of } from 'rxjs'
import { failureOf } from './failure.js'
import type { Stored, StoreFailure } from './port.js'

/** Starts at once, whoever listens, and replays its answer; what errors is a failure. */
export const act = <T>(work: Stored<T>): Stored<T> => {
  const answer$ = new AsyncSubject<Either<StoreFailure, T>>()
  work.pipe(catchError((thrown: unknown) => of(E.left(failureOf(thrown))))).subscribe(answer$)
  return answer$.asObservable()
}

/** Goes on with the value; a failure goes through. */
export const then = <A, B>(next: (value: A) => Stored<B>): ((from: Stored<A>) => Observable<Either<StoreFailure, B>>) =>
  concatMap((answer) => (E.isLeft(answer) ? of(answer) : next(answer.right)))

export const done: Either<StoreFailure, void> = E.right(undefined)
