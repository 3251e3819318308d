import { concatMap, type ObservableInput, of, type OperatorFunction } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/**
 * Emits the results that `project` makes of each value, one value after the other.
 *
 * A `Left` of the source goes through in its turn. Values wait in memory without a bound: if they arrive faster than
 * their results, use `switchMapRight` or `mergeMapRight`.
 */
export const concatMapRight = <L, A, M, B>(
  project: (value: A) => ObservableInput<Either<M, B>>,
): OperatorFunction<Either<L, A>, Either<L | M, B>> =>
  concatMap((result): ObservableInput<Either<L | M, B>> => (E.isLeft(result) ? of(result) : project(result.right)))
