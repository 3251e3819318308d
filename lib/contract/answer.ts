import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import { thrownText } from '../core/guard.js'
import { failure, type Mismatch } from './mismatch.js'

/** Calls a validator: a throw is a `Left`. */
export const answerOf = (call: () => Either<Mismatch, unknown>): Either<Mismatch, unknown> => {
  try {
    return call()
  } catch (thrown) {
    return E.left(failure('a validator that does not throw', thrownText(thrown)))
  }
}
