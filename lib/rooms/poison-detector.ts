import type { Position } from '../core/position.js'
import { positionOf, type RoomRecord } from './record.js'

/**
 * Rooms to which a server may write a message larger than this client accepts. Such a message ends the link before its
 * room is known, and arrives again after each join: the cause is one of the rooms with outstanding messages.
 */
export interface PoisonDetector {
  /**
   * A link ended over a too large message. Convicts a room that alone had outstanding messages at the same position
   * twice. Returns true if any room had outstanding messages. Call while the rooms are as they were on that link.
   */
  readonly linkClosed: (rooms: Iterable<RoomRecord>) => boolean
  /** True for a suspect that may not be joined yet: suspects join one at a time. */
  readonly isHeldBack: (room: RoomRecord) => boolean
}

/** `convict` skips the message after the room's position. */
export const poisonDetector = (convict: (room: RoomRecord, at: Position) => void): PoisonDetector => {
  /** The positions of rooms when such a link ended. */
  const struck = new Map<RoomRecord, Position>()
  /** Suspects, if several were at the same position twice; the first is on trial. */
  const tried = new Set<RoomRecord>()

  const acquit = (): void => {
    for (const room of tried) {
      if (room.have === 'Wanted' || isUnfinished(room)) return
      tried.delete(room)
      struck.delete(room)
    }
  }

  return {
    linkClosed: (rooms) => {
      const unfinished = [...rooms].filter(isUnfinished)
      const again = unfinished.filter((room) => isAt(room, struck.get(room)))
      for (const room of struck.keys()) if (!tried.has(room)) struck.delete(room)
      for (const room of unfinished) {
        const at = positionOf(room)
        if (at) struck.set(room, at)
      }
      const [first, ...others] = again
      if (first && others.length === 0) {
        tried.delete(first)
        struck.delete(first)
        convict(first, { epoch: first.epoch, offset: first.offset })
      } else for (const room of again) tried.add(room)
      return unfinished.length > 0
    },
    isHeldBack: (room) => {
      if (tried.size === 0) return false
      acquit()
      const [trial] = tried
      return trial !== room && tried.has(room)
    },
  }
}

/** True if the server has more to write to the room: the answer to its join, or logged messages. */
const isUnfinished = (room: RoomRecord): boolean =>
  room.have === 'Joining' || (room.have === 'In' && room.offset < room.replayedTo)

const isAt = ({ epoch, offset }: RoomRecord, at: Position | undefined): boolean =>
  at !== undefined && epoch === at.epoch && offset === at.offset
