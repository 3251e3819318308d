import { map, type OperatorFunction } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Makes one thing of both: what went wrong, and values. */
export const foldResult = <L, A, B, C = B>(
  onLeft: (left: L) => B,
  onRight: (right: A) => C,
): OperatorFunction<Either<L, A>, B | C> => map(E.match(onLeft, onRight))
