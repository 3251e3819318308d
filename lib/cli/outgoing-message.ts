import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { guard } from '../core/guard.js'
import { payloadFlaw } from '../protocol/field.js'
import type { BadInput, Line } from './lines.js'

/** A message to send, and its line number. */
export interface OutgoingMessage {
  readonly number: number
  readonly data: unknown
  /** Approximate size. */
  readonly bytes: number
}

/** Parses a text: JSON, or the text itself. `Left` is the fault. */
export const valueOf = (text: string, isText: boolean): Either<string, unknown> => {
  if (isText) return E.right(text)
  const value = guard(() => JSON.parse(text) as unknown)
  if (E.isLeft(value)) return E.left(`not JSON: ${value.left}`)
  const flaw = payloadFlaw(value.right)
  return flaw === undefined ? value : E.left(`servers take ${flaw}`)
}

/** Turns a line into a message. */
export const messageOf = ({ number, text }: Line, isText: boolean): Either<BadInput, OutgoingMessage> => {
  const data = valueOf(text, isText)
  return E.isLeft(data)
    ? E.left({ number, because: data.left })
    : E.right({ number, data: data.right, bytes: Buffer.byteLength(text) })
}
