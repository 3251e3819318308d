import type { Lane } from './entry.js'
import { isEmpty, isPausing, lane as emptyLane } from './lane.js'

/** The lanes of an outbox: its own, one a room, and those of earlier lives of the client. */
export interface Lanes {
  /** The lane of a producer to a room, made if it is new. */
  readonly of: (room: string, producer: string) => Lane
  /** In the order of their turns. */
  readonly all: () => Iterable<Lane>
  readonly size: () => number
  /** Whether there is no other. */
  readonly isAlone: (lane: Lane) => boolean
  /** To the end of the queue: lanes take turns. */
  readonly rotate: (lane: Lane) => void
  /** Whether no earlier life of the client has something left for the same room: that goes first. */
  readonly isFirst: (lane: Lane) => boolean
  /** Forgets a lane that is empty. One that pauses is remembered until the pause is over. */
  readonly drop: (lane: Lane) => void
}

/** Lanes of an outbox whose own producer is this one. */
export const lanes = (own: string, now: () => number): Lanes => {
  const all = new Set<Lane>()
  const byRoom = new Map<string, Lane>()
  /** Lanes of earlier lives by room, in the order in which they were taken over. */
  const elders = new Map<string, Lane[]>()

  const add = (room: string, producer: string): Lane => {
    const fresh = emptyLane(room, producer)
    all.add(fresh)
    if (producer === own) byRoom.set(room, fresh)
    else elders.set(room, [...(elders.get(room) ?? []), fresh])
    return fresh
  }
  const elder = (room: string, producer: string): Lane | undefined =>
    elders.get(room)?.find((lane) => lane.producer === producer)

  return {
    of: (room, producer) => (producer === own ? byRoom.get(room) : elder(room, producer)) ?? add(room, producer),
    all: () => all,
    size: () => all.size,
    isAlone: (lane) => all.size === 1 && all.has(lane),
    rotate: (lane) => {
      all.delete(lane)
      all.add(lane)
    },
    isFirst: (lane) => (elders.get(lane.room)?.[0] ?? lane) === lane,
    drop: (lane) => {
      if (!isEmpty(lane)) return
      if (lane.producer === own) {
        if (isPausing(lane, now)) return
        byRoom.delete(lane.room)
      } else {
        const left = (elders.get(lane.room) ?? []).filter((each) => each !== lane)
        if (left.length > 0) elders.set(lane.room, left)
        else elders.delete(lane.room)
      }
      all.delete(lane)
    },
  }
}
