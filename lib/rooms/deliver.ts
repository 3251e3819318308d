import * as E from '#fp/Either'
import { identityDecoder } from '../contract/event-codec.js'
import type { Decoder } from '../contract/mismatch.js'
import { roomError, type WebSocketError } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import type { Gap } from '../core/position.js'
import type { Result } from '../core/result.js'
import { payloadFlaw } from '../protocol/field.js'
import type { MessageFrame, Msg } from '../protocol/frame.js'
import { unreadable } from './error.js'
import type { Message } from './message.js'
import type { RoomRecord } from './record.js'
import { type IncomingMessage, isInternal, type Sink } from './sink.js'
import { told } from '#texts'

/** Offers a message to all subscribers of its event. The room's position has moved already. */
export const deliver = (room: RoomRecord, frame: Msg, own: boolean, payload: (raw: unknown) => unknown): void => {
  const shared = room.sinks.length > 1 && isWantedTwice(room.sinks, frame[4])
  for (const sink of room.sinks) {
    const recovered = frame[2] <= room.replayedTo
    if (sink.gate) sink.gate.take({ epoch: room.epoch, frame, own, payload, recovered, redelivered: false, shared })
    else give(room.name, room.epoch, sink, frame, own, payload, recovered, false, shared)
  }
}

/** All sinks share one payload object: a change by one would show in another. */
const isWantedTwice = (sinks: readonly Sink[], event: string): boolean => {
  let wanted = 0
  for (const sink of sinks) if (isInternal(sink) || sink.wish(event)) wanted++
  return wanted > 1
}

/** Offers a message to the subscribers of one sink. Returns true if they received it: they want the event, and it decodes. */
export const offer = (room: string, sink: Sink, arrival: IncomingMessage): boolean => {
  const { epoch, frame, own, payload, recovered, redelivered, shared } = arrival
  return give(room, epoch, sink, frame, own, payload, recovered, redelivered, shared)
}

const give = (
  room: string,
  epoch: string,
  sink: Sink,
  frame: MessageFrame,
  own: boolean,
  payload: (raw: unknown) => unknown,
  recovered: boolean,
  redelivered: boolean,
  shared: boolean,
): boolean => {
  const decode = sink.wish(frame[4])
  if (!decode || !sink.to.observed) return false
  const result = read(room, epoch, decode, frame, own, payload(frame[7]), recovered, redelivered)
  sink.to.next(shared || sink.to.shared ? frozen(result) : result)
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
  epoch: string,
  decode: Decoder,
  [, , offset, id, event, [user, session], at]: MessageFrame,
  own: boolean,
  plain: unknown,
  recovered: boolean,
  redelivered: boolean,
): Result<Message<unknown>> => {
  const data = decodedBy(decode, plain)
  const position = { epoch, offset }
  return data?._tag === 'Left'
    ? E.left(unreadable(room, event, data.left, position))
    : right({
        room,
        event,
        id,
        position,
        from: { user, session },
        at,
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
