import type { Kind } from '../core/error.js'
import type { Position } from '../core/position.js'

/** The point at which a join continues: after a position, or with the last so many messages. Absent: with the next message. */
export type From = Position | { readonly last: number }

/** The subjects of a join. */
export type Want = 'messages' | 'info'

/** The server's durability guarantee for an accepted message at the time of its ack. */
export type Durability = 'memory' | 'process' | 'disk' | 'replicated'

/**
 * The actions that a room permits a member. `moderate`: to change and close the room, to remove and mute users. `admit`:
 * to enter a full room and to let others in.
 */
export type Permission = 'read' | 'publish' | 'history' | 'moderate' | 'admit'

/** The server's information about a room. */
export type Info = Readonly<Record<string, unknown>>

/** The values of a refusal, by name: those of each code are in docs/errors.md. */
export type RefusalData = Readonly<Record<string, unknown>>

/** The application's own data about the user of a session. */
export type UserData = Readonly<Record<string, unknown>>

/** The bounds that a server announces and enforces. */
export interface Limits {
  /** The largest WebSocket message that the server accepts. */
  readonly messageBytes: number
  /** Rooms per session. */
  readonly rooms: number
  readonly joinsPerFrame: number
  readonly publishesPerSecond: number
  /** The window of unacknowledged bytes: the server sends at most so many beyond the client's `seen`. */
  readonly unseenBytes: number
  /** Time, in ms, for which the server knows the outcome of a publish. */
  readonly dedupeMs: number
  /** The most messages that answer one `history`. Absent: the server has no history. */
  readonly history?: number
  /** The frames, bytes, joins and pages of history that the server accepts per second. Absent: unknown. */
  readonly framesPerSecond?: number
  readonly bytesPerSecond?: number
  readonly joinsPerSecond?: number
  readonly pagesPerSecond?: number
}

/** An instance's claim to a session. Only the claim with the highest `generation` is valid. */
export interface Claim {
  readonly instance: string
  readonly generation: number
  /** The secret of an earlier welcome. */
  readonly resume?: string
}

/** The fields of every refusal, so that old clients handle new codes. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly kind: Kind
  readonly retryAfterMs?: number
  readonly spreadMs?: number
  /** Values that belong to the code, such as the end of a ban. */
  readonly data?: RefusalData
}
