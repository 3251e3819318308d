import { deliveryError, type DeliveryError } from '../core/error.js'
import type { Refusal } from '../protocol/frame.js'
import type { Entry } from './entry.js'

type What = Pick<Entry, 'id' | 'room' | 'event'>
type Said = Pick<DeliveryError, 'code' | 'message' | 'remedy' | 'kind' | 'executed'>

const about = ({ id, room, event }: What, said: Said): DeliveryError => deliveryError({ ...said, id, room, event })

const ask = 'It may or may not have arrived: look at the room before you send it under another id.'

export const full = (entry: What, bound: string): DeliveryError =>
  about(entry, {
    code: 'delivery/full',
    message: `The outbox is full: ${bound}.`,
    remedy: 'Send less, wait for receipts, or raise outbox.entries and outbox.bytes.',
    kind: 'retry',
    executed: 'no',
  })

export const tooLarge = (entry: What, bytes: number, limit: number): DeliveryError =>
  about(entry, {
    code: 'delivery/too-large',
    message: `The message has ${bytes} bytes; the server takes ${limit}.`,
    remedy: 'Send less in one message, or raise the limit at the server.',
    kind: 'terminal',
    executed: 'no',
  })

export const expired = (entry: What, afterMs: number, executed: 'no' | 'unknown'): DeliveryError =>
  about(entry, {
    code: 'delivery/expired',
    message: `No receipt came within ${afterMs} ms.`,
    remedy: executed === 'no' ? 'It was never sent: send it again if it still matters.' : ask,
    kind: executed === 'no' ? 'retry' : 'unknown',
    executed,
  })

export const closed = (entry: What, executed: 'no' | 'unknown'): DeliveryError =>
  about(entry, {
    code: 'delivery/closed',
    message: 'The client was closed before a receipt came.',
    remedy: executed === 'no' ? 'It was never sent. Close with { drainMs } to wait for receipts.' : ask,
    kind: executed === 'no' ? 'terminal' : 'unknown',
    executed,
  })

export const tooOld = (entry: What): DeliveryError =>
  about(entry, {
    code: 'delivery/unknown',
    message: 'It was first sent longer ago than the server remembers, so it is not sent again.',
    remedy: ask,
    kind: 'unknown',
    executed: 'unknown',
  })

/** What the server refused for good. */
export const refused = (entry: What, { code, message, kind }: Refusal): DeliveryError => {
  const unknown = code === 'delivery/unknown' || code === 'delivery/forgotten'
  return about(entry, {
    code: (code.startsWith('delivery/') ? code : `delivery/${code.replaceAll('/', '-')}`) as `delivery/${string}`,
    message: message.slice(0, 256),
    remedy: unknown ? ask : 'The server will not take it as it is: see its message.',
    kind: unknown ? 'unknown' : kind,
    executed: unknown ? 'unknown' : 'no',
  })
}
