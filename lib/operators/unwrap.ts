import { mergeMap, of, type OperatorFunction, throwError } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/**
 * The values; the first `Left` errors the stream, which ends it. For consumers that know errors and no `Either`, such as
 * Angular's `rxResource`.
 */
export const unwrap = <A>(): OperatorFunction<Either<unknown, A>, A> =>
  mergeMap((result) => (E.isLeft(result) ? throwError(() => result.left) : of(result.right)))
