import type { Deadline, Deadlines } from '../core/deadlines.js'
import { isIdle, record, type RoomRecord } from './record.js'

/** The interest in rooms: holds per room, and the lingering rooms. */
export interface Interest {
  /** Returns the record of a room; makes it if absent. */
  readonly of: (name: string) => RoomRecord
  readonly known: (name: string) => RoomRecord | undefined
  readonly all: () => Iterable<RoomRecord>
  readonly hold: (room: RoomRecord) => void
  readonly release: (room: RoomRecord) => void
  /** Drops the record of an unused room, after its linger time. */
  readonly forget: (room: RoomRecord) => void
  readonly size: () => number
  /** Stops all lingering, now and later. */
  readonly close: () => void
}

/** Settings and callbacks of interest. */
export interface InterestCallbacks {
  readonly lingerMs: number
  /** They run in turns. */
  readonly deadlines: Deadlines
  /** A room has its first hold. */
  readonly wanted: (room: RoomRecord) => void
  /** A room had no hold for `lingerMs`. Called in a turn. */
  readonly unwanted: (room: RoomRecord) => void
}

/** Counts interest per room; at zero a room lingers, so that leaving and coming back costs nothing. */
export const interest = (needs: InterestCallbacks): Interest => {
  const rooms = new Map<string, RoomRecord>()
  /** In the order of their ends: all linger equally long. */
  const lingering = new Map<RoomRecord, number>()
  let alarm: Deadline | undefined
  let isClosed = false

  const arm = (): void => {
    const [first] = lingering.values()
    if (alarm || first === undefined) return
    alarm = needs.deadlines.at(first, () => {
      alarm = undefined
      for (const [room, until] of lingering) {
        if (until > needs.deadlines.now()) break
        lingering.delete(room)
        needs.unwanted(room)
      }
      arm()
    })
  }

  return {
    of: (name) => {
      const known = rooms.get(name)
      if (known) return known
      const fresh = record(name)
      rooms.set(name, fresh)
      return fresh
    },
    known: (name) => rooms.get(name),
    all: () => rooms.values(),
    hold: (room) => {
      room.holds++
      if (room.holds > 1) return
      lingering.delete(room)
      needs.wanted(room)
    },
    release: (room) => {
      room.holds--
      if (room.holds > 0 || isClosed) return
      lingering.set(room, needs.deadlines.now() + needs.lingerMs)
      arm()
    },
    forget: (room) => {
      if (isIdle(room) && !lingering.has(room)) rooms.delete(room.name)
    },
    size: () => rooms.size,
    close: () => {
      isClosed = true
      lingering.clear()
      alarm?.cancel()
    },
  }
}
