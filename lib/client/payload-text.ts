import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import type { Encoder } from '../contract/mismatch.js'
import { decodeError, excerpt, type WebSocketError } from '../core/error.js'
import { guard } from '../core/guard.js'
import { isName, isShallow } from '../protocol/field.js'
import { bounds } from '../protocol/frame.js'
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
      message: `${excerpt(event)}${path === '' ? '' : ` at ${path}`}: expected ${expected}, got ${actual}.`,
      remedy: 'Pass what the contract says; nothing was sent.',
      kind: 'terminal',
      room,
      event,
      path,
      expected,
      actual,
    })
  if (!isName(event, bounds.eventBytes))
    return E.left(unfit('', `an event of 1 to ${bounds.eventBytes} bytes`, excerpt(event)))
  const encoded = encode(value)
  if (E.isLeft(encoded)) return E.left(unfit(encoded.left.path, encoded.left.expected, encoded.left.actual))
  const marked = mark(encoded.right)
  const text = guard(() => JSON.stringify(marked) as string | undefined)
  if (E.isLeft(text)) return E.left(unfit('', 'a JSON value or bytes', excerpt(text.left)))
  if (!isShallow(marked, bounds.payloadDepth)) return E.left(unfit('', `at most ${bounds.payloadDepth} levels`, 'more'))
  return text.right === undefined ? E.left(unfit('', 'a JSON value or bytes', excerpt(value))) : E.right(text.right)
}
