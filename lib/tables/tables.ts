import type { Parts } from '../client/parts.js'
import type { Extension, Readers } from '../kernel/extension.js'
import { TABLES } from '../protocol/frame.js'
import { DIRECTORY, isReserved } from '../protocol/reserved.js'
import { readTable } from '../protocol/table-frames.js'
import type { RoomRecord } from '../rooms/record.js'
import { noTables } from './error.js'
import { copyFrames, nothing, rest, setLive, type TableView, type TableWatcher, type Watched } from './watched.js'
import { type Writes, writes } from './writes.js'

export type { TableView, TableWatcher } from './watched.js'
import { emptyCopy } from './copy.js'

/** The tables of a client's rooms. Call in a turn. */
export interface TableExtension extends Extension {
  /** Views a table, for all of its watchers in the same way. */
  readonly watch: (room: RoomRecord, of: string, to: TableWatcher, view?: TableView) => void
  /** Views a watched table in another way from now on: the copy begins anew. */
  readonly view: (room: RoomRecord, of: string, view: TableView) => void
  readonly unwatch: (room: RoomRecord, of: string, to: TableWatcher) => void
  readonly put: Writes['put']
}

const everything: TableView = { view: 'all' }

/** True for a room that may have tables: of the reserved ones only the directory has. */
const mayHave = ({ name }: RoomRecord): boolean => !isReserved(name) || name === DIRECTORY

const readers: Readers = {
  rows: readTable,
  change: readTable,
  count: readTable,
  'put.ok': readTable,
  kept: readTable,
}

export const tables = ({ kernel, rooms }: Parts): TableExtension => {
  const { present, diagnostics } = kernel
  const { counters } = diagnostics
  const all = new Map<RoomRecord, Map<string, Watched>>()
  const writing = writes(rooms.joins.allot, present.write)
  /** The tables to ask for at the end of the turn: after the writes, so that the answers have them. */
  const due = new Map<Watched, readonly [room: RoomRecord, of: string]>()

  const isServed = (): boolean => present.welcome()?.can.includes(TABLES) ?? true
  const fail = (room: RoomRecord, { watchers }: Watched): void => {
    for (const each of [...watchers]) each.failed(noTables(room.name))
  }
  /** Asks for the difference from the copy on, and for each change from then on. */
  const ask = (room: RoomRecord, of: string, watched: Watched): void => {
    if (room.have === 'In') due.set(watched, [room, of])
  }
  const view = (room: RoomRecord, of: string, watched: Watched): void => {
    if (room.have !== 'In' || all.get(room)?.get(of) !== watched) return
    if (!isServed() || !mayHave(room)) {
      fail(room, watched)
      return
    }
    const { copy, view: part } = watched
    // A part of a table is sent anew.
    const from = part.view === 'all' ? copy.at : undefined
    watched.copy = { ...copy, pages: [], nextPage: 0, parts: [] }
    watched.asked++
    present.write({ t: 'view', ch: room.ch, of, ...part, n: watched.asked, ...(from && { from }) })
    setLive(watched, from !== undefined || part.view === 'none')
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
    watch: (room, of, to, part = everything) => {
      const ofRoom = all.get(room) ?? new Map<string, Watched>()
      const known = ofRoom.get(of)
      const watched: Watched = known ?? {
        view: part,
        asked: 0,
        copy: emptyCopy,
        isLive: false,
        watchers: new Set(),
      }
      all.set(room, ofRoom.set(of, watched))
      watched.watchers.add(to)
      if (!known) ask(room, of, watched)
      else if (known.copy.at ?? known.copy.counts ?? known.view.view === 'none')
        to.changed(known.copy, { ...nothing, puts: [...known.copy.rows.values()] }, known.isLive)
    },
    view: (room, of, part) => {
      const watched = all.get(room)?.get(of)
      if (!watched) return
      Object.assign(watched, { view: part, copy: emptyCopy, isLive: false })
      for (const each of [...watched.watchers]) each.changed(emptyCopy, nothing, false)
      ask(room, of, watched)
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
        if (room) for (const [of, watched] of all.get(room) ?? []) ask(room, of, watched)
      },
      ...copyFrames(at, ask),
      'put.ok': writing.done,
      kept: writing.kept,
      left: (frame) => {
        writing.left(frame)
        for (const [room, ofRoom] of all) if (room.have !== 'In') rest(ofRoom.values())
      },
    },
    write: () => {
      writing.flush(isServed())
      const asked = [...due]
      due.clear()
      for (const [watched, [room, of]] of asked) view(room, of, watched)
    },
    down: () => {
      for (const ofRoom of all.values()) rest(ofRoom.values())
      due.clear()
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
