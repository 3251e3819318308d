import type { Addresses } from '../kernel/addresses.js'
import type { Join, Joined, Joins } from '../protocol/frame.js'
import type { RoomRecord } from './record.js'

/**
 * The joins in the hello of a link that is to follow the present one: until it does, the rooms are in on both, and messages
 * come from the present one. So none is late. Call in a turn.
 */
export interface EarlyJoins {
  /** The joins of the rooms that are in, of at most `bytes`, for the link of that number. */
  readonly take: (generation: number, rooms: Iterable<RoomRecord>, bytes: number) => readonly (Join | Joins)[]
  /** The present link has ended; `next`: the number of the link that follows it. */
  readonly follow: (next: number | undefined) => void
  /** Returns true for a room that is wanted and whose join holds, which is then under way. */
  readonly adopt: (room: RoomRecord) => boolean
  /** Leaves the rooms that nobody has adopted. */
  readonly rest: () => void
  /** Returns the answer to a join as it is for the place at which the room has arrived meanwhile. */
  readonly answer: (room: RoomRecord, answer: Joined) => Joined
}

export interface EarlyJoinNeeds {
  /** Assigns a number to a join. */
  readonly allot: () => number
  /** True for a room that may not be joined yet. */
  readonly waits: (room: RoomRecord) => boolean
  /** The join of a room is under way by that number. */
  readonly underWay: (room: RoomRecord, ch: number) => void
  readonly leave: (ch: number) => void
}

/** Addresses between which a client moves. */
export interface MovingAddresses extends Addresses {
  readonly early: (needs: EarlyJoinNeeds) => EarlyJoins
}
