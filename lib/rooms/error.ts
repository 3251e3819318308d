import type { Mismatch } from '../contract/mismatch.js'
import { authenticationError, connectionError, decodeError, roomError, type WebSocketError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { Refusal } from '../protocol/frame.js'

/** Converts a server's refusal to an error; unknown codes keep their kind and text. */
export const refused = (room: string, { code, message, kind, retryAfterMs, spreadMs }: Refusal): WebSocketError => {
  const remedy =
    remedies[code] ?? (kind === 'retry' ? 'Nothing to do: it is tried again.' : 'Ask whoever runs the server.')
  const wish = {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(spreadMs === undefined ? {} : { spreadMs }),
  }
  const said = { message: message.slice(0, 256), remedy, kind, ...wish }
  if (code.startsWith('auth/')) return authenticationError({ code: code as `auth/${string}`, ...said })
  if (code.startsWith('room/'))
    return roomError({ code: code as `room/${string}`, room, ...said, message: `Room ${room}: ${said.message}` })
  const area = /^(server|session|protocol|connection)\//.test(code) ? code : `server/${code.replaceAll('/', '-')}`
  return connectionError({ code: area as `server/${string}`, ...said })
}

const remedies: Readonly<Record<string, string>> = {
  'room/forbidden': 'Ask for permission; it is tried again on reconnect, with a new token, and by join().',
  'room/kicked':
    'Somebody removed this user; it is not tried again by itself, only by join() or by who lets go and comes back.',
  'room/not-found': 'Create the room first, or join without mustExist.',
}

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

/** A commit of a position that was never offered. */
export const invalidCommit = (room: string, { offset }: Position, reached: number): WebSocketError =>
  roomError({
    code: 'room/invalid-commit',
    message: `Position ${offset} of ${room} cannot be committed: messages were offered up to ${reached}.`,
    remedy: 'Commit the position of a message that was received.',
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
