import type { WebSocketError } from '../core/error.js'
import { roomFailure } from '../rooms/error.js'

/** The engine of the server has no tables. */
export const noTables = (room: string): WebSocketError => roomFailure('room/no-tables', 'terminal', room)

/** The link ended before a write was answered. */
export const unanswered = (room: string): WebSocketError => roomFailure('room/unanswered', 'unknown', room)
