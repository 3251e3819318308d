import type { Parts } from '../client/parts.js'
import type { WebSocketError } from '../core/error.js'
import type { Extension, Readers } from '../kernel/extension.js'
import { TABLES } from '../protocol/frame.js'
import { readTable } from '../protocol/table-frames.js'
import type { RoomRecord } from '../rooms/record.js'
import { noTables } from './error.js'
import { type Writes, writes } from './writes.js'
import { type Copy, type Difference, emptyCopy, takeChange, takeRows } from './copy.js'

/** A reader of a table. All members are called in a turn. */
export interface TableWatcher {
  /** The copy has changed, or is live again, or no longer; the first time with all rows. */
  readonly changed: (copy: Copy, difference: Difference, isLive: boolean) => void
  /** The server has no tables. */
  readonly failed: (because: WebSocketError) => void
  /** The client is closed. */
  readonly closed: () => void
}

/** The tables of a client's rooms. Call in a turn. */
export interface TableExtension extends Extension {
  readonly watch: (room: RoomRecord, of: string, to: TableWatcher) => void
  readonly unwatch: (room: RoomRecord, of: string, to: TableWatcher) => void
  readonly put: Writes['put']
}

interface Watched {
  copy: Copy
  isLive: boolean
  readonly watchers: Set<TableWatcher>
}

const nothing: Difference = { puts: [], drops: [] }
const readers: Readers = { rows: readTable, change: readTable, 'put.ok': readTable, kept: readTable }

export const tables = ({ kernel, rooms }: Parts): TableExtension => {
  const { present, diagnostics } = kernel
  const { counters } = diagnostics
  const all = new Map<RoomRecord, Map<string, Watched>>()
  const writing = writes(rooms.joins.allot, present.write)

  const tell = ({ copy, isLive, watchers }: Watched, difference: Difference): void => {
    if (copy.at) for (const each of [...watchers]) each.changed(copy, difference, isLive)
  }
  const isServed = (): boolean => present.welcome()?.can.includes(TABLES) ?? true
  const fail = (room: RoomRecord, { watchers }: Watched): void => {
    for (const each of [...watchers]) each.failed(noTables(room.name))
  }
  /** Asks for the difference from the copy on, and for each change from then on. */
  const view = (room: RoomRecord, of: string, watched: Watched): void => {
    if (room.have !== 'In') return
    if (!isServed()) {
      fail(room, watched)
      return
    }
    const { at } = watched.copy
    watched.copy = { ...watched.copy, pages: [], nextPage: 0 }
    present.write({ t: 'view', ch: room.ch, of, view: 'all', ...(at && { from: at }) })
    const wasLive = watched.isLive
    watched.isLive = at !== undefined
    if (wasLive !== watched.isLive) tell(watched, nothing)
  }
  /** The copies of a room stay as they are. */
  const rest = (ofRoom: ReadonlyMap<string, Watched>): void => {
    for (const watched of ofRoom.values()) {
      if (!watched.isLive) continue
      watched.isLive = false
      tell(watched, nothing)
    }
  }
  const at = (number: number, of: string): readonly [RoomRecord, Watched] | undefined => {
    const room = rooms.joins.at(number)
    const watched = room && all.get(room)?.get(of)
    if (room && watched) return [room, watched]
    counters.stale++
    return undefined
  }
  return {
    readers,
    watch: (room, of, to) => {
      const ofRoom = all.get(room) ?? new Map<string, Watched>()
      const known = ofRoom.get(of)
      const watched: Watched = known ?? { copy: emptyCopy, isLive: false, watchers: new Set() }
      all.set(room, ofRoom.set(of, watched))
      watched.watchers.add(to)
      if (!known) view(room, of, watched)
      else if (known.copy.at) to.changed(known.copy, { puts: [...known.copy.rows.values()], drops: [] }, known.isLive)
    },
    unwatch: (room, of, to) => {
      const ofRoom = all.get(room)
      const watched = ofRoom?.get(of)
      if (!watched?.watchers.delete(to) || watched.watchers.size > 0) return
      ofRoom?.delete(of)
      if (ofRoom?.size === 0) all.delete(room)
      if (room.have === 'In') present.write({ t: 'view', ch: room.ch, of, view: 'none' })
    },
    put: (what, answered) => {
      const withdraw = writing.put(what, answered)
      kernel.send({ _tag: 'Need' })
      return withdraw
    },
    frames: {
      joined: ({ number }) => {
        const room = rooms.joins.at(number)
        if (room) for (const [of, watched] of all.get(room) ?? []) view(room, of, watched)
      },
      rows: (frame) => {
        const [, watched] = at(frame.number, frame.of) ?? []
        if (!watched) return
        const [copy, difference] = takeRows(watched.copy, frame)
        watched.copy = copy
        if (!difference) return
        watched.isLive = true
        tell(watched, difference)
      },
      change: (frame) => {
        const [room, watched] = at(frame.number, frame.of) ?? []
        // Without a copy it is a change of an earlier view.
        if (!room || !watched?.copy.at) return
        const taken = takeChange(watched.copy, frame)
        if (!taken) {
          view(room, frame.of, watched)
          return
        }
        const [copy, difference] = taken
        watched.copy = copy
        tell(watched, difference)
      },
      'put.ok': writing.done,
      kept: writing.kept,
      left: (frame) => {
        writing.left(frame)
        for (const [room, ofRoom] of all) if (room.have !== 'In') rest(ofRoom)
      },
    },
    write: () => {
      writing.flush(isServed())
    },
    down: () => {
      for (const ofRoom of all.values()) rest(ofRoom)
      writing.down()
      return false
    },
    halt: (because) => {
      if (because) writing.fail(because)
    },
    close: (because) => {
      writing.down()
      writing.fail(because)
      for (const ofRoom of all.values())
        for (const { watchers } of ofRoom.values()) for (const each of [...watchers]) each.closed()
      all.clear()
    },
  }
}
