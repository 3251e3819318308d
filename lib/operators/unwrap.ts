import { mergeMap, of, type OperatorFunction, throwError } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/**
 * Emits the values; the first `Left` errors the stream, which ends it.
 *
 * For actions, which have one result (`connect`, `join`, `send`, `history`), when the consumer expects an error instead
 * of an `Either`. Not for the messages of a room: the first gap or unreadable message would end the subscription and
 * leave the room. For a list of messages use `collect`, for the values alone `rights`.
 */
export const unwrap = <A>(): OperatorFunction<Either<unknown, A>, A> =>
  mergeMap((result) => (E.isLeft(result) ? throwError(() => result.left) : of(result.right)))
