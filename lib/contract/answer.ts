import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { failure, type Mismatch } from './mismatch.js'

/** Calls a validator: a throw is a `Left`. */
export const answerOf = (call: () => Either<Mismatch, unknown>): Either<Mismatch, unknown> => {
  const answer = guard(call)
  return E.isRight(answer) ? answer.right : E.left(failure('a validator that does not throw', answer.left))
}
