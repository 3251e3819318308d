import type { Data, Handshake, TransportEvent } from '../core/ports.js'
import { byteLength } from '../protocol/utf8.js'

/** Nobody said why: the close code of a link that broke. */
export const ABNORMAL = 1006

/** The close code of a socket that was sent more than it takes. */
export const TOO_LARGE = 1009

export const closed = (code: number, reason: string, handshake?: Handshake): TransportEvent => ({
  _tag: 'Closed',
  code,
  reason,
  ...(handshake && { handshake }),
})

/** The bytes of a message on the wire. */
export const sizeOf = (data: Data): number => (typeof data === 'string' ? byteLength(data) : data.byteLength)

/** Whether a message is larger than what is taken. Texts are counted only where their length leaves a doubt. */
export const exceeds = (data: Data, maxBytes: number): boolean =>
  data.length > maxBytes || (typeof data === 'string' && data.length * 3 > maxBytes && byteLength(data) > maxBytes)

/** The end of a socket because of a message that was not taken. Its size is not always known. */
export const tooLarge = (limitBytes: number, data?: Data): TransportEvent => ({
  _tag: 'Closed',
  code: TOO_LARGE,
  reason: `a message of ${data === undefined ? 'more' : sizeOf(data)} bytes where ${limitBytes} are taken`,
  own: true,
})

/** A close reason within the 123 bytes that a close frame has for it, cut between characters. */
export const closeReason = (reason: string): string => {
  let text = reason.slice(0, 123)
  while (byteLength(text) > 123) text = text.slice(0, -1)
  return text.replace(/[\ud800-\udbff]$/, '')
}
