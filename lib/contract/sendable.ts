import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { plain } from '../core/plain.js'
import { type EventCodec, identityDecoder } from './event-codec.js'
import { type Decoder, type Encoder, failure } from './mismatch.js'

/**
 * Encodes to plain JSON data, and refuses values without a JSON form. If JSON changes a value, a checking contract must
 * be able to decode the changed value; without `decode` there is no check.
 */
export const sendable =
  (encode: Encoder, decode?: Decoder): Encoder =>
  (value) => {
    const encoded = encode(value)
    if (E.isLeft(encoded)) return encoded
    const copied = guard(() => plain(encoded.right, decode !== undefined))
    if (E.isLeft(copied)) return E.left(failure('a JSON value or bytes', copied.left))
    if (E.isLeft(copied.right)) {
      const { expected, actual, path } = copied.right.left
      return E.left(failure(expected, actual, path))
    }
    const { value: json, isSame } = copied.right.right
    const again = isSame || !decode ? undefined : decode(json)
    return again && E.isLeft(again) ? again : E.right(json)
  }

/** The codec of unchecked payloads. */
export const trusted: EventCodec = { decode: identityDecoder, encode: /*#__PURE__*/ sendable(E.right) }
