import type { Mismatch } from '../contract/mismatch.js'
import { decodeError, type Kind, roomError, type WebSocketError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { About } from '../core/texts/text.js'
import { type Code, told } from '#texts'

/** Makes an error of a room, whose words speak of the room and `about`. */
export const roomFailure = (
  code: Extract<Code, `room/${string}`>,
  kind: Kind,
  room: string,
  about?: About,
): WebSocketError => roomError({ ...told(code, { ...about, room }), kind, room })

export const joinOverdue = (room: string, afterMs: number): WebSocketError =>
  roomFailure('room/timeout', 'retry', room, { afterMs })

/** The caller aborted an action in a room. */
export const aborted = (room: string): WebSocketError => roomFailure('room/aborted', 'terminal', room)

export const released = (room: string): WebSocketError => roomFailure('room/left', 'terminal', room)

/** A message, or a signal (which has no position), that does not match its contract. */
export const unreadable = (
  room: string,
  event: string,
  { path, expected, actual }: Mismatch,
  position?: Position,
): WebSocketError => {
  const misfit = { room, event, path, expected, actual }
  return decodeError({ ...told('decode/payload', misfit), kind: 'terminal', ...misfit, ...(position && { position }) })
}
