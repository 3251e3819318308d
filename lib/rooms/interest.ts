import type { Deadline, Deadlines } from '../core/deadlines.js'
import { isIdle, record, type RoomRecord } from './record.js'

/** Who needs which rooms: counts per room, and which rooms are still lingering. */
export interface Interest {
  /** The record of a room, made if it is new. */
  readonly of: (name: string) => RoomRecord
  readonly known: (name: string) => RoomRecord | undefined
  readonly all: () => Iterable<RoomRecord>
  readonly hold: (room: RoomRecord) => void
  readonly release: (room: RoomRecord) => void
  /** Forgets a room that nobody needs, is joined to or watches, unless it lingers: then it is forgotten after that. */
  readonly forget: (room: RoomRecord) => void
  readonly size: () => number
  /** Nothing lingers any more, and nothing will. */
  readonly close: () => void
}

/** What interest leads to. */
export interface Wishes {
  readonly lingerMs: number
  readonly now: () => number
  readonly deadlines: Deadlines
  /** A room is needed that was not. */
  readonly wanted: (room: RoomRecord) => void
  /** A room has not been needed for `lingerMs`. Called in a turn. */
  readonly unwanted: (room: RoomRecord) => void
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

/** Interest is counted per room; at zero a room lingers, so that leaving and coming back costs nothing. */
export const interest = (wishes: Wishes): Interest => {
  const rooms = new Map<string, RoomRecord>()
  /** In the order of their ends: all linger equally long. */
  const lingering = new Map<RoomRecord, number>()
  let alarm: Deadline | undefined
  let isClosed = false

  const arm = (): void => {
    const [first] = lingering.values()
    if (alarm || first === undefined) return
    alarm = wishes.deadlines.at(first, () => {
      wishes.turn(() => {
        alarm = undefined
        for (const [room, until] of lingering) {
          if (until > wishes.now()) break
          lingering.delete(room)
          wishes.unwanted(room)
        }
        arm()
      })
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
      wishes.wanted(room)
    },
    release: (room) => {
      room.holds--
      if (room.holds > 0 || isClosed) return
      lingering.set(room, wishes.now() + wishes.lingerMs)
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
