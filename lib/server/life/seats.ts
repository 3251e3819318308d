import type { Context } from '../context.js'
import { isListed } from '../directory/row.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import type { PresenceTarget } from '../tables/presence.js'
import type { Life } from './life.js'
import type { Lives } from './lives.js'
import { RoomSeats } from './room-seats.js'

/** The seats of this server: in rooms with a capacity, and in those that are not open, whose members may come back. */
export interface Seats {
  /** Returns the seats of a room; follows their tables from the first use on. */
  readonly of: (room: string) => RoomSeats
  /** Returns the seats of a room that needs them, or has needed them; `undefined`: its members need none. */
  readonly in: (life: Life) => RoomSeats | undefined
  /** Returns the taken seats of a room, while this server follows them for those who have one, or will have. */
  readonly taken: (room: string) => number | undefined
  /** The capacity of a room has changed, or it is open now. */
  readonly changed: (room: string) => void
  /** Ends the seats, and the places in queues, of clients that may return. */
  readonly forget: (of: PresenceTarget) => void
  /** True while this server has rows, or will have. */
  readonly isActive: () => boolean
  /** Writes every row again, because it may be gone. */
  readonly again: () => void
  readonly close: () => void
}

/** `touched` is called when the taken seats of a listed room change. */
export const seats = (
  context: Context,
  tables: Tables,
  lease: NodeLease,
  lives: Lives,
  touched: (room: string) => void,
): Seats => {
  const all = new Map<string, RoomSeats>()

  const of = (room: string): RoomSeats => {
    const known = all.get(room)
    if (known) return known
    const life = lives.use(room)
    const fresh = new RoomSeats({
      context,
      tables,
      lease,
      life,
      changed: () => {
        if (isListed(life.record)) touched(room)
      },
      idle: () => {
        fresh.close()
        lives.release(life)
        all.delete(room)
      },
    })
    all.set(room, fresh)
    return fresh
  }

  return {
    of,
    in: ({ room, record }) => (record && (!record.open || record.capacity !== undefined) ? of(room) : all.get(room)),
    taken: (room) => all.get(room)?.taken(),
    changed: (room) => {
      all.get(room)?.serve()
    },
    forget: (target) => {
      for (const [room, each] of [...all]) if ((target.room ?? room) === room) each.forget(target)
    },
    isActive: () => [...all.values()].some((each) => each.isActive()),
    again: () => {
      for (const each of all.values()) each.again()
    },
    close: () => {
      for (const each of all.values()) each.close()
      all.clear()
    },
  }
}
