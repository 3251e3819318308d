import type { Lane } from './message.js'
import { isEmpty, isPausing, lane as emptyLane } from './lane.js'

/** The lanes of an outbox: its own, one per room, and those of earlier runs of the client. */
export interface Lanes {
  /** Returns the lane of a producer to a room; makes it if absent. */
  readonly of: (room: string, producer: string) => Lane
  /** Lanes with messages, in the order of their turns. */
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

/** Rooms whose empty lanes are kept: a room that is sent to again and again does not get a new lane each time. */
const spareRooms = 256

/** Makes the lanes of an outbox; `own` is its producer. */
export const lanes = (own: string, now: () => number): Lanes => {
  const all = new Set<Lane>()
  const byRoom = new Map<string, Lane>()
  /** Lanes of earlier runs by room, in order of adoption. */
  const inheritedLanes = new Map<string, Lane[]>()

  const ownLane = (room: string): Lane => {
    const known = byRoom.get(room)
    if (known) return known
    const fresh = emptyLane(room, own)
    byRoom.set(room, fresh)
    return fresh
  }
  const inherited = (room: string, producer: string): Lane => {
    const known = inheritedLanes.get(room)?.find((lane) => lane.producer === producer)
    if (known) return known
    const fresh = emptyLane(room, producer)
    inheritedLanes.set(room, [...(inheritedLanes.get(room) ?? []), fresh])
    return fresh
  }
  const disinherit = (lane: Lane): void => {
    const left = (inheritedLanes.get(lane.room) ?? []).filter((each) => each !== lane)
    if (left.length > 0) inheritedLanes.set(lane.room, left)
    else inheritedLanes.delete(lane.room)
  }
  const sweep = (): void => {
    for (const [room, lane] of byRoom) if (!all.has(lane)) byRoom.delete(room)
  }

  return {
    of: (room, producer) => {
      const lane = producer === own ? ownLane(room) : inherited(room, producer)
      all.add(lane)
      return lane
    },
    all: () => all,
    size: () => all.size,
    isAlone: (lane) => all.size === 1 && all.has(lane),
    rotate: (lane) => {
      all.delete(lane)
      all.add(lane)
    },
    isFirst: (lane) => inheritedLanes.size === 0 || (inheritedLanes.get(lane.room)?.[0] ?? lane) === lane,
    drop: (lane) => {
      if (!isEmpty(lane)) return
      if (lane.producer !== own) disinherit(lane)
      else if (isPausing(lane, now)) return
      all.delete(lane)
      // The state of an earlier pause ends with the lane's messages.
      lane.pauses = 0
      lane.notBefore = 0
      if (byRoom.size > spareRooms + all.size) sweep()
    },
  }
}
