import type { Data, Handshake, TransportEvent } from '../core/ports.js'
import { byteLength } from '../protocol/utf8.js'

/** The close code of a broken connection, without a reason from the peer. */
export const ABNORMAL = 1006

/** The close code of a socket that received a too large message. */
export const TOO_LARGE = 1009

export const closed = (code: number, reason: string, handshake?: Handshake): TransportEvent => ({
  _tag: 'Closed',
  code,
  reason,
  ...(handshake && { handshake }),
})

/** Returns the bytes of a message on the wire. */
export const sizeOf = (data: Data): number => (typeof data === 'string' ? byteLength(data) : data.byteLength)

/** True for a message above the limit. Counts a text's bytes only if its length leaves a doubt. */
export const exceeds = (data: Data, maxBytes: number): boolean =>
  data.length > maxBytes || (typeof data === 'string' && data.length * 3 > maxBytes && byteLength(data) > maxBytes)

/** The end of a socket over a too large message. Its size is not always known. */
export const tooLarge = (limitBytes: number, data?: Data): TransportEvent => ({
  _tag: 'Closed',
  code: TOO_LARGE,
  reason: `a message of ${data === undefined ? 'more' : sizeOf(data)} bytes where ${limitBytes} are taken`,
  own: true,
})

/** Cuts a close reason to the 123 bytes of a close frame, between characters. */
export const closeReason = (reason: string): string => {
  let text = reason.slice(0, 123)
  while (byteLength(text) > 123) text = text.slice(0, -1)
  return text.replace(/[\ud800-\udbff]$/, '')
}
