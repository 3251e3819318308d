import type { Position } from '../../core/position.js'
import type { EarlyJoinNeeds, EarlyJoins } from '../../rooms/early-joins.js'
import { joinFrames } from '../../rooms/join-frames.js'
import type { RoomRecord } from '../../rooms/record.js'

/** A join that the hello of a successor has. */
interface Early extends Position {
  readonly ch: number
}

const unlimited = { joinsPerFrame: Infinity, bytesPerFrame: Infinity }

export const earlyJoins = ({ allot, waits, underWay, leave }: EarlyJoinNeeds): EarlyJoins => {
  let taken = 0
  let early = new Map<RoomRecord, Early>()
  /** Rooms that wait for the answer to such a join. */
  const adopted = new Set<RoomRecord>()

  return {
    take: (generation, rooms, bytes) => {
      taken = generation
      early = new Map()
      const frames = joinFrames(unlimited, bytes, (room) => early.get(room)?.ch ?? 0)
      for (const room of rooms) {
        if (room.have !== 'In' || room.holds === 0 || waits(room)) continue
        if (!frames.add(room)) break
        early.set(room, { ch: allot(), epoch: room.epoch, offset: room.offset })
      }
      return frames.all()
    },
    follow: (next) => {
      adopted.clear()
      if (next !== taken) early.clear()
    },
    adopt: (room) => {
      const asked = early.get(room)
      // One that is another room by now is joined anew.
      if (!asked || room.epoch !== asked.epoch || room.offset < asked.offset) return false
      early.delete(room)
      adopted.add(room)
      underWay(room, asked.ch)
      return true
    },
    rest: () => {
      for (const { ch } of early.values()) leave(ch)
      early.clear()
    },
    answer: (room, answer) =>
      adopted.delete(room) && answer.epoch === room.epoch && answer.base < room.offset
        ? { ...answer, base: room.offset }
        : answer,
  }
}
