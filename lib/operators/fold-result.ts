import { map, type OperatorFunction } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Maps every `Left` and every `Right` to one type. */
export const foldResult = <L, A, B, C = B>(
  onLeft: (left: L) => B,
  onRight: (right: A) => C,
): OperatorFunction<Either<L, A>, B | C> => map(E.match(onLeft, onRight))
