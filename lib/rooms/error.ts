import type { Mismatch } from '../contract/mismatch.js'
import { decodeError, roomError, type WebSocketError } from '../core/error.js'
import type { Position } from '../core/position.js'

export const joinOverdue = (room: string, afterMs: number): WebSocketError =>
  roomError({
    code: 'room/timeout',
    message: `Nobody answered the join of ${room} within ${afterMs} ms.`,
    remedy: 'The room stays wanted and is tried again; look at client.state$ for the connection.',
    kind: 'retry',
    room,
  })

/** The caller aborted an action in a room. */
export const aborted = (room: string): WebSocketError =>
  roomError({
    code: 'room/aborted',
    message: `The signal was aborted before the action in ${room} was answered.`,
    remedy: 'Nothing to do: the caller has aborted it.',
    kind: 'terminal',
    room,
  })

export const released = (room: string): WebSocketError =>
  roomError({
    code: 'room/left',
    message: `${room} was left before the join was answered.`,
    remedy: 'Join again when it is needed.',
    kind: 'terminal',
    room,
  })

/** A message, or a signal (which has no position), that does not match its contract. */
export const unreadable = (
  room: string,
  event: string,
  { path, expected, actual }: Mismatch,
  position?: Position,
): WebSocketError =>
  decodeError({
    code: 'decode/payload',
    message: `${room}/${event}${path === '' ? '' : ` at ${path}`}: expected ${expected}, got ${actual}.`,
    remedy: 'Sender and contract disagree: correct one of them. What comes after this one goes on.',
    kind: 'terminal',
    room,
    event,
    ...(position ? { position } : {}),
    path,
    expected,
    actual,
  })
