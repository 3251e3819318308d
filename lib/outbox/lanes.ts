import type { Lane } from './entry.js'
import { isEmpty, isPausing, lane as emptyLane } from './lane.js'

/** The lanes of an outbox: its own, one per room, and those of earlier runs of the client. */
export interface Lanes {
  /** Returns the lane of a producer to a room; makes it if absent. */
  readonly of: (room: string, producer: string) => Lane
  /** In the order of their turns. */
  readonly all: () => Iterable<Lane>
  readonly size: () => number
  /** True if it is the only lane. */
  readonly isAlone: (lane: Lane) => boolean
  /** Moves a lane to the end of the queue: lanes take turns. */
  readonly rotate: (lane: Lane) => void
  /** True if no earlier run of the client has messages left for the same room: those go first. */
  readonly isFirst: (lane: Lane) => boolean
  /** Removes an empty lane. Keeps a pausing one until the pause is over. */
  readonly drop: (lane: Lane) => void
}

/** Makes the lanes of an outbox; `own` is its producer. */
export const lanes = (own: string, now: () => number): Lanes => {
  const all = new Set<Lane>()
  const byRoom = new Map<string, Lane>()
  /** Lanes of earlier runs by room, in order of adoption. */
  const inheritedLanes = new Map<string, Lane[]>()

  const add = (room: string, producer: string): Lane => {
    const fresh = emptyLane(room, producer)
    all.add(fresh)
    if (producer === own) byRoom.set(room, fresh)
    else inheritedLanes.set(room, [...(inheritedLanes.get(room) ?? []), fresh])
    return fresh
  }
  const elder = (room: string, producer: string): Lane | undefined =>
    inheritedLanes.get(room)?.find((lane) => lane.producer === producer)

  return {
    of: (room, producer) => (producer === own ? byRoom.get(room) : elder(room, producer)) ?? add(room, producer),
    all: () => all,
    size: () => all.size,
    isAlone: (lane) => all.size === 1 && all.has(lane),
    rotate: (lane) => {
      all.delete(lane)
      all.add(lane)
    },
    isFirst: (lane) => (inheritedLanes.get(lane.room)?.[0] ?? lane) === lane,
    drop: (lane) => {
      if (!isEmpty(lane)) return
      if (lane.producer === own) {
        if (isPausing(lane, now)) return
        byRoom.delete(lane.room)
      } else {
        const left = (inheritedLanes.get(lane.room) ?? []).filter((each) => each !== lane)
        if (left.length > 0) inheritedLanes.set(lane.room, left)
        else inheritedLanes.delete(lane.room)
      }
      all.delete(lane)
    },
  }
}
