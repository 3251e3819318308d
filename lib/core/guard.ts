import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Calls a user's function: a throw is a `Left` with at most `most` characters of the thrown value, by default 200. */
export const guard = <T>(call: () => T, most?: number): Either<string, T> => {
  try {
    return E.right(call())
  } catch (thrown) {
    return E.left(thrownText(thrown, most))
  }
}

/** Formats a thrown value as a short text. */
export const thrownText = (thrown: unknown, most = 200): string => {
  try {
    const message = (thrown as Partial<Error> | null | undefined)?.message
    return (typeof message === 'string' ? message : String(thrown)).slice(0, most)
  } catch {
    return 'something that has no text'
  }
}
