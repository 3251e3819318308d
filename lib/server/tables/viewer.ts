import type { Data } from '../../core/ports.js'
import type { Sized } from '../../protocol/codec.js'
import type { View } from '../../protocol/frame.js'
import type { Member } from '../room.js'
import { changeFrames, encoded, rowsFrames, type TableAddress } from './frames.js'
import type { Row, TablePosition } from './model.js'
import type { Table } from './table.js'
import type { TableSource } from './table-source.js'

/** A session's view of a table. */
export interface Viewer {
  /** Writes what is new, as far as the connection has room. Returns the written bytes. */
  readonly advance: () => number
  /** True where the connection had no room for the rest. */
  readonly isBehind: () => boolean
}

/** The frames that lead a viewer to a position. */
interface Plan {
  readonly frames: readonly Sized<Data>[]
  readonly to: TablePosition
}

/** Plans the frames from a position on. A difference without any row may leave the viewer at its position. */
type Planner = (table: Table, at: TablePosition | undefined) => Plan

/** The frames of one view; a viewer that is behind has the rest of them. */
interface Writing {
  readonly advance: (table: Table) => number
  /** Begins anew: the client has no rows. */
  readonly restart: () => void
}

export const viewer = (source: TableSource, member: Member, frame: View): Viewer => {
  const { writer } = member.outlet
  let behind = false

  const put = ({ piece, bytes }: Sized<Data>): number => {
    writer.signal(piece, bytes)
    return bytes
  }
  const hasRoom = (): boolean => {
    behind = !writer.hasRoom()
    return !behind
  }
  const rows = rowsOf(frame, source, member, { put, hasRoom })
  const count = countOf(source, member, put)
  const isPart = frame.view !== 'all' && source.kind.isCounted

  return {
    isBehind: () => behind,
    advance: () => {
      const table = source.table()
      if (!table || !hasRoom()) return 0
      if (frame.view === 'count') return count.advance()
      if (frame.view === 'all' && source.isLarge()) {
        rows.restart()
        return count.advance()
      }
      if (isPart) return count.advance() + rows.advance(table)
      count.reset()
      return rows.advance(table)
    },
  }
}

/** The output of a viewer. */
interface ViewerOutput {
  readonly put: (frame: Sized<Data>) => number
  readonly hasRoom: () => boolean
}

const rowsOf = (frame: View, source: TableSource, member: Member, { put, hasRoom }: ViewerOutput): Writing => {
  const { codec } = member.outlet
  const to: TableAddress = { number: member.room.number, of: frame.of }
  const plan = frame.view === 'all' ? source.planner(codec, to) : windowPlanner(frame, source, member, to)
  let at = frame.view === 'all' ? frame.from : undefined
  let pending: readonly Sized<Data>[] = []
  let next = 0

  return {
    restart: () => {
      at = undefined
      pending = []
      next = 0
    },
    advance: (table) => {
      let bytes = 0
      for (;;) {
        for (; next < pending.length; next++) {
          const each = pending[next]
          if (!each || !hasRoom()) return bytes
          bytes += put(each)
        }
        if (at?.epoch === table.epoch && at.version === table.version) return bytes
        const isFirst = !at
        const planned = plan(table, at)
        at = planned.to
        pending = planned.frames
        next = 0
        if (pending.length === 0) return bytes
        // The counts are known before the last page.
        if (isFirst && pending.length > 1 && source.kind.isCounted) bytes += put(source.counted(codec, to))
      }
    },
  }
}

/** Plans the frames of a view of some rows: those of one page, or those with one of the names. */
const windowPlanner = (frame: View, source: TableSource, { outlet }: Member, to: TableAddress): Planner => {
  let sent: ReadonlyMap<string, Row> = new Map()
  return (table, at) => {
    const position = { epoch: table.epoch, version: table.version }
    const rows = frame.view === 'page' ? source.page(frame.after, frame.limit) : source.named(frame.names ?? [])
    const now = new Map(rows.map((row) => [row.key, row]))
    const before = sent
    if (at?.epoch !== position.epoch) {
      sent = now
      return { frames: encoded(outlet.codec, rowsFrames(to, position, rows, source.frame)), to: position }
    }
    const puts = rows.filter((row) => before.get(row.key) !== row)
    const drops = [...before.keys()].filter((key) => !now.has(key)).map((key) => ({ key, cause: source.causeOf(key) }))
    if (puts.length + drops.length === 0) return { frames: [], to: at }
    sent = now
    const change = { prev: at.version, puts, drops }
    return { frames: encoded(outlet.codec, changeFrames(to, position, change, source.frame)), to: position }
  }
}

/** Writes the number of rows when it has changed. */
const countOf = (
  source: TableSource,
  { outlet, room }: Member,
  put: ViewerOutput['put'],
): { readonly advance: () => number; readonly reset: () => void } => {
  const to: TableAddress = { number: room.number, of: source.kind.of }
  let told = ''
  return {
    reset: () => {
      told = ''
    },
    advance: () => {
      const { rows, names } = source.counts()
      const now = `${rows} ${names}`
      if (now === told) return 0
      told = now
      return put(source.counted(outlet.codec, to))
    },
  }
}
