import { roomError, type WebSocketError } from '../../core/error.js'
import type { Position } from '../../core/position.js'

export const unsupported = (room: string): WebSocketError =>
  roomError({
    code: 'room/no-history',
    message: 'This server gives no history.',
    remedy: 'Use a later version of the server; what comes next is complete.',
    kind: 'terminal',
    room,
  })

export const tooMany = (room: string, most: number): WebSocketError =>
  roomError({
    code: 'room/busy',
    message: `${most} requests for history are waiting already.`,
    remedy: 'Ask again when some have been answered.',
    kind: 'retry',
    room,
  })

export const pageOverdue = (room: string, afterMs: number): WebSocketError =>
  roomError({
    code: 'room/timeout',
    message: `The history of ${room} did not come within ${afterMs} ms.`,
    remedy: 'Ask again; look at client.state$ for the connection.',
    kind: 'retry',
    room,
  })

/** The log of the position no longer exists. */
export const anotherLog = (room: string): WebSocketError =>
  roomError({
    code: 'room/history-gone',
    message: `The log of ${room} is another one than that of the position.`,
    remedy: 'Ask without `before`.',
    kind: 'terminal',
    room,
  })

/** The link ended twice while the page was in flight, over a message that is larger than this client accepts. */
export const oversized = (room: string): WebSocketError =>
  roomError({
    code: 'room/too-large',
    message: `A page of the history of ${room} has a message that is larger than this client takes.`,
    remedy: 'Raise messageBytes of the client, or ask for other messages.',
    kind: 'terminal',
    room,
  })

/** The page is no longer needed. */
export const abandoned = (room: string): WebSocketError =>
  roomError({
    code: 'room/history-abandoned',
    message: `The history of ${room} is not needed any more.`,
    remedy: 'Nothing to do.',
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
