import { deliveryError, type DeliveryError, excerpt, type Kind } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import type { About } from '../core/texts/text.js'
import type { Refusal } from '../protocol/frame.js'
import { executed, type InFlight, type Message, type Past } from './message.js'
import { type Code, refusalRemedy, told } from '#texts'

type What = Pick<Message, 'id' | 'room' | 'event'>
type Queued = What & Pick<Message, 'written'>
type DeliveryCode = Extract<Code, `delivery/${string}`>

/** Makes the error of a message, whose words speak of `about` and `executed`. */
export const deliveryFailure = (
  code: DeliveryCode,
  kind: Kind,
  { id, room, event }: What,
  executed: DeliveryError['executed'],
  about?: About,
): DeliveryError => deliveryError({ ...told(code, { ...about, executed }), kind, executed, id, room, event })

/** The message may have arrived. */
const unsure = (code: DeliveryCode, what: What, about?: About): DeliveryError =>
  deliveryFailure(code, 'unknown', what, 'unknown', about)

/** The caller, or the client, waits no longer: the kind is given for a message that certainly has not arrived. */
const unanswered = (
  code: DeliveryCode,
  kind: Kind,
  what: What,
  executed: DeliveryError['executed'],
  about?: About,
): DeliveryError => deliveryFailure(code, executed === 'no' ? kind : 'unknown', what, executed, about)

export const full = (what: What, past: Pick<Past, 'written'>, bound: string): DeliveryError =>
  deliveryFailure('delivery/full', 'retry', what, executed(past), { bound })

export const dropped = (message: Queued): DeliveryError =>
  deliveryFailure('delivery/dropped', 'retry', message, executed(message))

export const replaced = (message: Queued): DeliveryError =>
  deliveryFailure('delivery/superseded', 'terminal', message, executed(message))

/** The caller gave up. `executed` is `'no'` if the message was withdrawn before it was written. */
export const aborted = (what: What, executed: 'no' | 'unknown'): DeliveryError =>
  unanswered('delivery/aborted', 'terminal', what, executed)

export const idReused = (what: What): DeliveryError =>
  deliveryFailure('delivery/id-reused', 'terminal', what, 'no', { room: excerpt(what.room), id: excerpt(what.id) })

export const tooLarge = (message: Queued & Pick<Message, 'bytes'>, limit: number): DeliveryError =>
  deliveryFailure('delivery/too-large', 'terminal', message, executed(message), { bytes: message.bytes, limit })

/** No receipt came within the time limit of a call. */
export const overdue = (what: What, afterMs: number, executed: 'no' | 'unknown'): DeliveryError =>
  unanswered('delivery/timeout', 'retry', what, executed, { afterMs })

export const expired = (message: Queued & Pick<Message, 'withinMs'>): DeliveryError =>
  overdue(message, message.withinMs, executed(message))

/**
 * The client was closed, or changed its user. A stored message is sent by the next client that opens the store for the
 * same user, so its delivery is still open.
 */
const left =
  (code: DeliveryCode) =>
  (message: Message): DeliveryError =>
    message.kept?.isStored
      ? unsure(code, message, { of: 'stored' })
      : unanswered(code, 'terminal', message, executed(message))

export const closed = /*#__PURE__*/ left('delivery/closed')

export const disowned = /*#__PURE__*/ left('delivery/disowned')

export const takenOver = (message: What): DeliveryError => unsure('delivery/taken-over', message)

export const tooOld = (message: What): DeliveryError => unsure('delivery/unknown', message)

/** The server refused the message for good, or does not know its outcome. */
export const refused = (
  { message: { id, room, event }, isRetry }: Pick<InFlight, 'message' | 'isRetry'>,
  { code, message, kind: given, data }: Refusal,
): DeliveryError => {
  // The server may have accepted an earlier write before it refused this one.
  const unknown = isRetry || given === 'unknown' || code === 'delivery/unknown' || code === 'delivery/forgotten'
  const own = (
    /^(delivery|room)\//.test(code) ? code : `delivery/${code.replaceAll('/', '-')}`
  ) as DeliveryError['code']
  const kind = unknown ? 'unknown' : given
  const remedy = refusalRemedy(own, kind)
  return deliveryError({
    code: own,
    message: message.slice(0, 256),
    remedy,
    kind,
    executed: unknown ? 'unknown' : 'no',
    id,
    room,
    event,
    ...(data && { data: frozen(data) }),
  })
}

export const poison = (message: Queued): DeliveryError =>
  deliveryFailure('delivery/poison', 'terminal', message, executed(message))
