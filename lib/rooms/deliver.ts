import * as E from '#fp/Either'
import { identityDecoder } from '../contract/event-codec.js'
import type { Decoder } from '../contract/mismatch.js'
import { roomError, type WebSocketError } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import type { Gap } from '../core/position.js'
import type { Result } from '../core/result.js'
import { payloadFlaw } from '../protocol/field.js'
import type { Msg } from '../protocol/frame.js'
import { unreadable } from './error.js'
import type { Message } from './message.js'
import type { RoomRecord } from './record.js'
import { type IncomingMessage, isInternal, type Sink } from './sink.js'
import { told } from '#texts'

/** Offers a message to all subscribers of its event. The room's position has moved already. */
export const deliver = (
  { name, epoch, replayedTo, sinks }: RoomRecord,
  frame: Msg,
  own: boolean,
  plain: unknown,
): void => {
  const arrival: IncomingMessage = {
    epoch,
    frame,
    own,
    plain,
    recovered: frame[2] <= replayedTo,
    redelivered: false,
    shared: sinks.length > 1 && isWantedTwice(sinks, frame[4]),
  }
  for (const sink of sinks) {
    if (sink.gate) sink.gate.take(arrival)
    else offer(name, sink, arrival)
  }
}

/** All sinks share one payload object: a change by one would show in another. */
const isWantedTwice = (sinks: readonly Sink[], event: string): boolean => {
  let wanted = 0
  for (const sink of sinks) if (isInternal(sink) || sink.wish(event)) wanted++
  return wanted > 1
}

/** Offers a message to the subscribers of one sink. Returns true if they received it: they want the event, and it decodes. */
export const offer = (room: string, { wish, to }: Sink, arrival: IncomingMessage): boolean => {
  const decode = wish(arrival.frame[4])
  if (!decode || !to.observed) return false
  const result = read(room, decode, arrival)
  to.next(arrival.shared || to.shared ? frozen(result) : result)
  return E.isRight(result)
}

/** Decodes a payload; `undefined` if the decoder keeps it as it is. Unsendable payloads do not reach a decoder. */
const decodedBy = (decode: Decoder, plain: unknown): ReturnType<Decoder> | undefined => {
  const flaw = payloadFlaw(plain)
  if (flaw !== undefined) return E.left({ path: '', expected: flaw, actual: 'more' })
  return decode === identityDecoder ? undefined : decode(plain)
}

/** Converts a logged message to the subscribers' form: decoded, or the decode error. */
export const read = (
  room: string,
  decode: Decoder,
  { epoch, frame, own, plain, recovered, redelivered }: Omit<IncomingMessage, 'shared'>,
): Result<Message<unknown>> => {
  const data = decodedBy(decode, plain)
  const event = frame[4]
  const from = frame[5]
  const position = { epoch, offset: frame[2] }
  return data?._tag === 'Left'
    ? E.left(unreadable(room, event, data.left, position))
    : right({
        room,
        event,
        id: frame[3],
        position,
        from: { user: from[0], session: from[1] },
        at: frame[6],
        own,
        recovered,
        redelivered,
        data: data ? data.right : plain,
      })
}

const right = (message: Message<unknown>): Result<Message<unknown>> => ({ _tag: 'Right', right: message })

/** Converts a gap to the value in its place in a room's streams. */
export const gapError = (gap: Gap): WebSocketError => {
  const { room, because, missing = '' } = gap
  return roomError({ ...told('room/gap', { room, because, missing }), kind: 'terminal', room, gap: frozen(gap) })
}
