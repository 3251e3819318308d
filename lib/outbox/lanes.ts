import type { Lane, Message } from './message.js'

/** The lanes of an outbox: its own, one per room, and those of earlier runs of the client. */
export interface Lanes {
  /** Returns the lane of a producer to a room; makes it if absent. */
  readonly of: (room: string, producer: string) => Lane
  /** Lanes with messages, in the order of their turns. */
  readonly all: ReadonlySet<Lane>
  /** Moves a lane to the end of the queue: lanes take turns. */
  readonly rotate: (lane: Lane) => void
  /** Removes an empty lane. Keeps a pausing one until the pause is over. */
  readonly drop: (lane: Lane) => void
  /** True while a pause that the server asked for lasts. */
  readonly isPausing: (lane: Lane) => boolean
}

/** Rooms whose empty lanes are kept: a room that is sent to again and again does not get a new lane each time. */
const spareRooms = 256

/** Makes the lanes of an outbox; `own` is its producer. */
export const lanes = (own: string, now: () => number): Lanes => {
  const all = new Set<Lane>()
  const byRoom = new Map<string, Lane[]>()

  const isPausing = ({ notBefore }: Lane): boolean => notBefore > 0 && notBefore > now()
  const sweep = (): void => {
    for (const [room, siblings] of byRoom) if (!siblings.some((lane) => all.has(lane))) byRoom.delete(room)
  }
  const make = (room: string, producer: string): Lane => {
    const siblings = byRoom.get(room) ?? []
    const lane: Lane = {
      room,
      producer,
      siblings,
      waiting: [],
      inFlight: [],
      notBefore: 0,
      pauses: 0,
      draining: false,
    }
    byRoom.set(room, siblings)
    // Those of earlier runs stay in the order of their adoption, before the own one.
    if (siblings.at(-1)?.producer === own) siblings.splice(-1, 0, lane)
    else siblings.push(lane)
    return lane
  }

  return {
    of: (room, producer) => {
      const lane = byRoom.get(room)?.find((each) => each.producer === producer) ?? make(room, producer)
      all.add(lane)
      return lane
    },
    all,
    rotate: (lane) => {
      all.delete(lane)
      all.add(lane)
    },
    drop: (lane) => {
      if (lane.waiting.length + lane.inFlight.length > 0) return
      if (lane.producer !== own) take(lane.siblings, lane)
      else if (isPausing(lane)) return
      all.delete(lane)
      // The state of an earlier pause ends with the lane's messages.
      lane.pauses = 0
      lane.notBefore = 0
      if (byRoom.size > spareRooms + all.size) sweep()
    },
    isPausing,
  }
}

/** Inserts by seq; returns the seq of the one before, 0 if there is none. Most messages come in order, and are the last. */
export const insert = (sorted: Message[], message: Message): number => {
  let at = sorted.length
  while (at > 0 && (sorted[at - 1]?.seq ?? 0) > message.seq) at--
  if (at === sorted.length) sorted.push(message)
  else sorted.splice(at, 0, message)
  return sorted[at - 1]?.seq ?? 0
}

export const take = <T>(list: T[], item: T): void => {
  // Messages mostly leave in the order in which they came.
  if (list[0] === item) {
    list.shift()
    return
  }
  const at = list.indexOf(item)
  if (at >= 0) list.splice(at, 1)
}
