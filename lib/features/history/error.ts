import type { WebSocketError } from '../../core/error.js'
import type { Position } from '../../core/position.js'
import { roomFailure } from '../../rooms/error.js'

export const unsupported = (room: string): WebSocketError => roomFailure('room/no-history', 'terminal', room)

export const tooMany = (room: string, most: number): WebSocketError => roomFailure('room/busy', 'retry', room, { most })

export const pageOverdue = (room: string, afterMs: number): WebSocketError =>
  roomFailure('room/timeout', 'retry', room, { of: 'history', afterMs })

/** The log of the position no longer exists. */
export const anotherLog = (room: string): WebSocketError => roomFailure('room/history-gone', 'terminal', room)

/** The link ended twice while the page was in flight, over a message that is larger than this client accepts. */
export const oversized = (room: string): WebSocketError => roomFailure('room/too-large', 'terminal', room)

/** The page is no longer needed. */
export const abandoned = (room: string): WebSocketError => roomFailure('room/history-abandoned', 'terminal', room)

/** A commit of a position that was never offered. */
export const invalidCommit = (room: string, { offset }: Position, reached: number): WebSocketError =>
  roomFailure('room/invalid-commit', 'terminal', room, { offset, reached })
