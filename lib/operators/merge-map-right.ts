import { mergeMap, type ObservableInput, of, type OperatorFunction } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/**
 * Emits the results that `project` makes of each value, `concurrent` values at a time (default: all).
 *
 * A `Left` of the source goes through, and takes a slot if `concurrent` is limited.
 */
export const mergeMapRight = <L, A, M, B>(
  project: (value: A) => ObservableInput<Either<M, B>>,
  concurrent = Infinity,
): OperatorFunction<Either<L, A>, Either<L | M, B>> =>
  mergeMap(
    (result): ObservableInput<Either<L | M, B>> => (E.isLeft(result) ? of(result) : project(result.right)),
    concurrent,
  )
