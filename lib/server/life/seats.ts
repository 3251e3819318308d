import type { Context } from '../context.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import type { PresenceTarget } from '../tables/presence.js'
import type { Capacity } from './capacity.js'
import { roomSeats, type RoomSeats } from './room-seats.js'

/** The seats of this server in rooms with a capacity. */
export interface Seats {
  /** Returns the seats of a room; follows its tables from the first use on. */
  readonly of: (room: string) => RoomSeats
  /** Returns the seats of a room with a capacity. */
  readonly in: (room: string) => RoomSeats | undefined
  /** Ends the seats, and the places in queues, of clients that may return. */
  readonly forget: (of: PresenceTarget) => void
  /** True while this server has rows, or will have. */
  readonly isUsed: () => boolean
  /** Writes every row again, because it may be gone. */
  readonly again: () => void
  readonly close: () => void
}

/** The parts of the life of rooms that seats depend on. */
export interface SeatsNeeds {
  readonly capacityOf: (room: string) => Capacity | undefined
  /** The counts of a room may have changed. */
  readonly moved: (room: string) => void
}

export const seats = (
  context: Context,
  tables: Tables,
  lease: NodeLease,
  { capacityOf, moved }: SeatsNeeds,
): Seats => {
  const all = new Map<string, RoomSeats>()

  const of = (room: string): RoomSeats => {
    const known = all.get(room)
    if (known) return known
    const fresh = roomSeats({
      context,
      tables,
      lease,
      room,
      capacity: () => capacityOf(room),
      moved: () => {
        moved(room)
      },
      idle: () => {
        fresh.close()
        all.delete(room)
      },
    })
    all.set(room, fresh)
    return fresh
  }

  return {
    of,
    in: (room) => (capacityOf(room) ? of(room) : all.get(room)),
    forget: (of) => {
      for (const [room, each] of [...all]) if ((of.room ?? room) === room) each.forget(of)
    },
    isUsed: () => [...all.values()].some((each) => each.isUsed()),
    again: () => {
      for (const each of all.values()) each.again()
    },
    close: () => {
      for (const each of all.values()) each.close()
      all.clear()
    },
  }
}
