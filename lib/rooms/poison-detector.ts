import type { Position } from '../core/position.js'
import { positionOf, type RoomRecord } from './record.js'

/**
 * Rooms to which a server may write a message larger than this client accepts. Such a message ends the link before its
 * room is known, and arrives again after each join: the cause is one of the rooms with outstanding messages, which join
 * one at a time from then on.
 */
export interface PoisonDetector {
  /**
   * A link ended over a too large message. Convicts the room that alone had outstanding messages, at the position that
   * made it a suspect. Returns true if any room had outstanding messages. Call while the rooms are as they were on that
   * link.
   */
  readonly linkClosed: (rooms: Iterable<RoomRecord>) => boolean
  /** True for a suspect that may not be joined yet. */
  readonly isHeldBack: (room: RoomRecord) => boolean
}

/** `convict` skips the message after the room's position. */
export const poisonDetector = (convict: (room: RoomRecord, at: Position) => void): PoisonDetector => {
  /** The suspects, each with its position; the first of them is on trial. */
  const suspects = new Map<RoomRecord, Position>()

  return {
    linkClosed: (rooms) => {
      const unfinished = [...rooms].filter(isUnfinished)
      for (const room of unfinished) {
        const [at, before] = [positionOf(room), suspects.get(room)]
        const isAgain = at && at.epoch === before?.epoch && at.offset === before.offset
        if (isAgain && unfinished.length === 1) {
          suspects.delete(room)
          convict(room, at)
        } else if (at) suspects.set(room, at)
      }
      return unfinished.length > 0
    },
    isHeldBack: (room) => {
      for (const trial of suspects.keys()) {
        if (trial.have === 'Wanted' || isUnfinished(trial)) return trial !== room && suspects.has(room)
        suspects.delete(trial)
      }
      return false
    },
  }
}

/** True if the server has more to write to the room: the answer to its join, or logged messages. */
const isUnfinished = (room: RoomRecord): boolean =>
  room.have === 'Joining' || (room.have === 'In' && room.offset < room.replayedTo)
