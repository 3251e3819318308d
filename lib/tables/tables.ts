import * as E from '#fp/Either'
import type { Parts } from '../client/parts.js'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import type { Extension, Readers } from '../kernel/extension.js'
import { refused } from '../kernel/refusal.js'
import { type Put, type RowFrame, TABLES } from '../protocol/frame.js'
import { readTable } from '../protocol/table-frames.js'
import { roomFailure } from '../rooms/error.js'
import type { RoomRecord } from '../rooms/record.js'
import { type Copy, type Difference, emptyCopy, takeChange, takeRows } from './copy.js'

/** A reader of a table. All members are called in a turn. */
export interface TableWatcher {
  /** The copy has changed, or is live again, or no longer; the first time with all rows. */
  readonly changed: (copy: Copy, difference: Difference, isLive: boolean) => void
  /** The server has no tables. */
  readonly failed: (because: WebSocketError) => void
}

/** The write of a row. Without a value it drops the row. */
export type RowWrite = Pick<Put, 'room' | 'of' | 'key' | 'value' | 'ifNew' | 'ifVersion'>

/** The outcome of a write: the version that it made, or the row that stays because a condition failed. */
export type RowOutcome =
  | { readonly _tag: 'Written'; readonly version: number }
  | { readonly _tag: 'Kept'; readonly row: RowFrame | undefined }

/** The tables of a client's rooms. Call in a turn. */
export interface TableExtension extends Extension {
  readonly watch: (room: RoomRecord, of: string, to: TableWatcher) => void
  readonly unwatch: (room: RoomRecord, of: string, to: TableWatcher) => void
  /** Writes a row on this link, or on the next one. Answers once. The returned function withdraws the write. */
  readonly put: (what: RowWrite, answered: (result: Result<RowOutcome>) => void) => () => void
}

interface Watched {
  copy: Copy
  isLive: boolean
  readonly watchers: Set<TableWatcher>
}

interface Writing {
  readonly what: RowWrite
  readonly answered: (result: Result<RowOutcome>) => void
  ch: number
}

const nothing: Difference = { puts: [], drops: [] }
const readers: Readers = { rows: readTable, change: readTable, 'put.ok': readTable, kept: readTable }

export const tables = ({ kernel, rooms }: Parts): TableExtension => {
  const { present, diagnostics } = kernel
  const { counters } = diagnostics
  const all = new Map<RoomRecord, Map<string, Watched>>()
  const waiting = new Set<Writing>()
  const underWay = new Map<number, Writing>()

  const tell = ({ copy, isLive, watchers }: Watched, difference: Difference): void => {
    if (copy.at) for (const each of [...watchers]) each.changed(copy, difference, isLive)
  }
  const isServed = (): boolean => present.welcome()?.can.includes(TABLES) ?? true
  const fail = (room: RoomRecord, { watchers }: Watched): void => {
    for (const each of [...watchers]) each.failed(unsupported(room.name))
  }
  /** Asks for the difference from the copy on, and for each change from then on. */
  const view = (room: RoomRecord, of: string, watched: Watched): void => {
    if (room.have !== 'In') return
    if (!isServed()) {
      fail(room, watched)
      return
    }
    const { at } = watched.copy
    watched.copy = { ...watched.copy, pages: [] }
    present.write({ t: 'view', ch: room.ch, of, view: 'all', ...(at && { from: at }) })
    const wasLive = watched.isLive
    watched.isLive = at !== undefined
    if (wasLive !== watched.isLive) tell(watched, nothing)
  }
  const at = (number: number, of: string): readonly [RoomRecord, Watched] | undefined => {
    const room = rooms.joins.at(number)
    const watched = room && all.get(room)?.get(of)
    if (room && watched) return [room, watched]
    counters.stale++
    return undefined
  }
  const answer = (ch: number, result: (what: RowWrite) => Result<RowOutcome>): void => {
    const writing = underWay.get(ch)
    underWay.delete(ch)
    writing?.answered(result(writing.what))
  }
  const write = (): void => {
    for (const writing of [...waiting]) {
      waiting.delete(writing)
      if (!isServed()) {
        writing.answered(E.left(unsupported(writing.what.room)))
        continue
      }
      writing.ch = rooms.joins.allot()
      underWay.set(writing.ch, writing)
      present.write({ t: 'put', ch: writing.ch, ...writing.what })
    }
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
      const writing: Writing = { what, answered, ch: 0 }
      waiting.add(writing)
      kernel.send({ _tag: 'Need' })
      return () => {
        waiting.delete(writing)
        if (underWay.delete(writing.ch)) present.write({ t: 'leave', ch: writing.ch })
      }
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
        if (!room || !watched) return
        const taken = takeChange(watched.copy, frame)
        if (!taken) {
          view(room, frame.of, watched)
          return
        }
        const [copy, difference] = taken
        watched.copy = copy
        tell(watched, difference)
      },
      'put.ok': ({ ch, version }) => {
        answer(ch, () => E.right({ _tag: 'Written', version }))
      },
      kept: ({ ch, row }) => {
        answer(ch, () => E.right({ _tag: 'Kept', row }))
      },
      left: (frame) => {
        answer(frame.ch, ({ room }) => E.left(refused(room, frame)))
      },
    },
    write,
    down: () => {
      for (const ofRoom of all.values())
        for (const watched of ofRoom.values()) {
          watched.isLive = false
          tell(watched, nothing)
        }
      for (const ch of [...underWay.keys()])
        answer(ch, ({ room }) => E.left(roomFailure('room/unanswered', 'unknown', room)))
      return false
    },
    halt: (because) => {
      if (!because) return
      for (const writing of [...waiting]) writing.answered(E.left(because))
      waiting.clear()
    },
    close: (because) => {
      for (const writing of [...waiting, ...underWay.values()]) writing.answered(E.left(because))
      waiting.clear()
      underWay.clear()
    },
  }
}

const unsupported = (room: string): WebSocketError => roomFailure('room/no-tables', 'terminal', room)
