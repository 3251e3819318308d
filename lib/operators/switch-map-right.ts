import {
  connect,
  filter,
  map,
  merge,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  switchMap,
} from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/**
 * Emits the results that `project` makes of the latest value, and unsubscribes those of the previous value.
 *
 * Every `Left` of the source goes through at once and does not affect the running results.
 */
export const switchMapRight = <L, A, M, B>(
  project: (value: A) => ObservableInput<Either<M, B>>,
): OperatorFunction<Either<L, A>, Either<L | M, B>> =>
  connect((source): Observable<Either<L | M, B>> =>
    merge(
      source.pipe(filter(E.isLeft)),
      source.pipe(
        filter(E.isRight),
        map(({ right }) => right),
        switchMap(project),
      ),
    ),
  )
