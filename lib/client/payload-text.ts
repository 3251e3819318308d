import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import type { Encoder, Mismatch } from '../contract/mismatch.js'
import { decodeError, excerpt, type WebSocketError } from '../core/error.js'
import { isName } from '../protocol/field.js'
import { bounds } from '../protocol/frame.js'
import { payloadJson } from '../protocol/payload.js'
import { told } from '#texts'

/**
 * Encodes a payload as JSON text at once, so that later changes by the caller have no effect. `Left` if the payload is
 * invalid.
 */
export const payloadText = (
  room: string,
  event: string,
  value: unknown,
  encode: Encoder,
): Either<WebSocketError, string> => {
  if (!isName(event, bounds.eventBytes))
    return unsendable(room, event, {
      path: '',
      expected: `an event of 1 to ${bounds.eventBytes} bytes`,
      actual: excerpt(event),
    })
  const encoded = encode(value)
  if (E.isLeft(encoded)) return unsendable(room, event, encoded.left)
  const text = payloadJson(encoded.right)
  return text === undefined
    ? unsendable(room, event, { path: '', expected: `at most ${bounds.payloadDepth} levels`, actual: 'more' })
    : E.right(text)
}

const unsendable = (room: string, event: string, misfit: Mismatch): Either<WebSocketError, never> => {
  const words = told('decode/unsendable', { event: excerpt(event), ...misfit })
  return E.left(decodeError({ ...words, kind: 'terminal', room, event, ...misfit }))
}
