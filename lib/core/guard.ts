import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Calls a user's function: a throw is a `Left` with at most 200 characters of what was thrown. */
export const guard = <T>(call: () => T): Either<string, T> => {
  try {
    return E.right(call())
  } catch (thrown) {
    return E.left(thrownText(thrown))
  }
}

/** How much is kept of what was thrown, in characters. */
export const thrownLength = 200

/** What somebody threw, as a short text. */
export const thrownText = (thrown: unknown): string => {
  try {
    const message = (thrown as Partial<Error> | null | undefined)?.message
    return (typeof message === 'string' ? message : String(thrown)).slice(0, thrownLength)
  } catch {
    return 'something that has no text'
  }
}
