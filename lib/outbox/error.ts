import { deliveryError, type DeliveryError, excerpt } from '../core/error.js'
import type { Refusal } from '../protocol/frame.js'
import { executed, type Held, type InFlight, type Message } from './message.js'

type What = Pick<Message, 'id' | 'room' | 'event'>
type Queued = What & Pick<Message, 'written'>
type Said = Pick<DeliveryError, 'code' | 'message' | 'remedy' | 'kind' | 'executed'>

const about = ({ id, room, event }: What, said: Said): DeliveryError => deliveryError({ ...said, id, room, event })

const ask = 'It may or may not have arrived: look at the room before you send it under another id.'

export const full = (message: Queued, bound: string): DeliveryError =>
  about(message, {
    code: 'delivery/full',
    message: `The outbox is full: ${bound}.`,
    remedy: 'Send less, wait for receipts, or raise outbox.entries and outbox.bytes.',
    kind: 'retry',
    executed: executed(message),
  })

export const dropped = (message: Queued): DeliveryError =>
  about(message, {
    code: 'delivery/dropped',
    message: 'The outbox was full, and a newer message took its place.',
    remedy: 'Send less, or raise outbox.entries and outbox.bytes.',
    kind: 'retry',
    executed: executed(message),
  })

export const replaced = (message: Queued): DeliveryError =>
  about(message, {
    code: 'delivery/superseded',
    message: 'A later message under the same key replaced it before it was written.',
    remedy: 'Nothing to do: the later one is sent.',
    kind: 'terminal',
    executed: executed(message),
  })

/** The caller gave up. `executed` is `'no'` if the message was withdrawn before it was written. */
export const aborted = (what: What, executed: 'no' | 'unknown'): DeliveryError =>
  about(what, {
    code: 'delivery/aborted',
    message: 'The signal was aborted before a receipt came.',
    remedy: executed === 'no' ? 'It was withdrawn: send it again if it still matters.' : ask,
    kind: executed === 'no' ? 'terminal' : 'unknown',
    executed,
  })

export const idReused = (what: What): DeliveryError =>
  about(what, {
    code: 'delivery/id-reused',
    message: `Another message of ${excerpt(what.room)} has the id ${excerpt(what.id)}.`,
    remedy: 'Give each message an id of its own; only the same event with the same payload may be sent under it again.',
    kind: 'terminal',
    executed: 'no',
  })

export const tooLarge = (message: Queued & Pick<Message, 'bytes'>, limit: number): DeliveryError =>
  about(message, {
    code: 'delivery/too-large',
    message: `The message has ${message.bytes} bytes; the server takes ${limit}.`,
    remedy: 'Send less in one message, or raise the limit at the server.',
    kind: 'terminal',
    executed: executed(message),
  })

/** No receipt came within the time limit of a call. */
export const overdue = (what: What, afterMs: number, executed: 'no' | 'unknown'): DeliveryError =>
  about(what, {
    code: 'delivery/timeout',
    message: `No receipt came within ${afterMs} ms.`,
    remedy: executed === 'no' ? 'It was never taken: send it again if it still matters.' : ask,
    kind: executed === 'no' ? 'retry' : 'unknown',
    executed,
  })

export const expired = (message: Queued, afterMs: number): DeliveryError => overdue(message, afterMs, executed(message))

/** The message is stored: the next client that opens the store for the same user sends it, so its delivery is still open. */
const left = (what: What, code: DeliveryError['code'], said: string): DeliveryError =>
  about(what, {
    code,
    message: `${said} It is stored.`,
    remedy: 'The next client of the same user with this store sends it.',
    kind: 'unknown',
    executed: 'unknown',
  })

export const closed = ({ message, kept }: Held): DeliveryError => {
  const isSure = executed(message) === 'no'
  if (kept?.isStored) return left(message, 'delivery/closed', 'The client was closed before a receipt came.')
  return about(message, {
    code: 'delivery/closed',
    message: 'The client was closed before a receipt came.',
    remedy: isSure ? 'It was never taken. Close with { drainMs } to wait for receipts.' : ask,
    kind: isSure ? 'terminal' : 'unknown',
    executed: executed(message),
  })
}

export const disowned = ({ message, kept }: Held): DeliveryError => {
  const isSure = executed(message) === 'no'
  if (kept?.isStored) return left(message, 'delivery/disowned', 'Another user was signed in before a receipt came.')
  return about(message, {
    code: 'delivery/disowned',
    message: 'Another user was signed in before a receipt came.',
    remedy: isSure ? 'It was never taken. Sign out with nothing left to send, or use a client per user.' : ask,
    kind: isSure ? 'terminal' : 'unknown',
    executed: executed(message),
  })
}

export const takenOver = (message: What): DeliveryError =>
  about(message, {
    code: 'delivery/taken-over',
    message: 'Another client of this user has taken over what was stored, and sends it, or it was erased.',
    remedy: ask,
    kind: 'unknown',
    executed: 'unknown',
  })

export const tooOld = (message: What): DeliveryError =>
  about(message, {
    code: 'delivery/unknown',
    message: 'It was first sent longer ago than the server remembers, so it is not sent again.',
    remedy: ask,
    kind: 'unknown',
    executed: 'unknown',
  })

/** The server refused the message for good, or does not know its outcome. */
export const refused = (
  { message: what, isRetry }: Pick<InFlight, 'message' | 'isRetry'>,
  { code, message, kind }: Refusal,
): DeliveryError => {
  // The server may have accepted an earlier write before it refused this one.
  const unknown = isRetry || kind === 'unknown' || code === 'delivery/unknown' || code === 'delivery/forgotten'
  return about(what, {
    code: (code.startsWith('delivery/') ? code : `delivery/${code.replaceAll('/', '-')}`) as `delivery/${string}`,
    message: message.slice(0, 256),
    remedy: unknown ? ask : 'The server will not take it as it is: see its message.',
    kind: unknown ? 'unknown' : kind,
    executed: unknown ? 'unknown' : 'no',
  })
}

export const poison = (message: Queued): DeliveryError =>
  about(message, {
    code: 'delivery/poison',
    message: 'Twice the link was closed for what was written on it, and this message alone was in flight.',
    remedy: 'It is not sent again. Send less in it, or find out what the server, or a proxy before it, does not take.',
    kind: 'terminal',
    executed: executed(message),
  })
