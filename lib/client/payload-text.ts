import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import type { Encoder } from '../contract/mismatch.js'
import { decodeError, excerpt, type WebSocketError } from '../core/error.js'
import { guard } from '../core/guard.js'
import { mark } from '../protocol/payload.js'

/** A payload as JSON text, taken now: what the caller changes later does not matter. `Left` if it does not fit. */
export const payloadText = (
  room: string,
  event: string,
  value: unknown,
  encode: Encoder,
): Either<WebSocketError, string> => {
  const unfit = (path: string, expected: string, actual: string): WebSocketError =>
    decodeError({
      code: 'decode/unsendable',
      message: `${event}${path === '' ? '' : ` at ${path}`}: expected ${expected}, got ${actual}.`,
      remedy: 'Pass what the contract says; nothing was sent.',
      kind: 'terminal',
      room,
      event,
      path,
      expected,
      actual,
    })
  const encoded = encode(value)
  if (E.isLeft(encoded)) return E.left(unfit(encoded.left.path, encoded.left.expected, encoded.left.actual))
  const text = guard(() => JSON.stringify(mark(encoded.right)) as string | undefined)
  if (E.isLeft(text)) return E.left(unfit('', 'a JSON value or bytes', excerpt(text.left)))
  return text.right === undefined ? E.left(unfit('', 'a JSON value or bytes', excerpt(value))) : E.right(text.right)
}
