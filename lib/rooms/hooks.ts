import type { WebSocketError } from '../core/error.js'
import type { From, Joined } from '../protocol/frame.js'
import type { RoomRecord } from './record.js'

/** Hooks of an extension in the rooms of a client. All are called in a turn. */
export interface RoomHooks {
  /** Returns the start that the first join of a room asks for. */
  readonly start?: (room: RoomRecord) => From | undefined
  /** The server answered a room's first join, which asked for `start`. */
  readonly joined?: (room: RoomRecord, answer: Joined, start: From | undefined) => void
  /** The server refused the join of a room, or ended the membership. Called before the next try. */
  readonly refused?: (room: RoomRecord, because: WebSocketError) => void
  /** The room was left: its record may be dropped. */
  readonly forget?: (room: RoomRecord) => void
}
