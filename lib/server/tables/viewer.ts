import type { Data } from '../../core/ports.js'
import type { Sized } from '../../protocol/codec.js'
import type { View } from '../../protocol/frame.js'
import type { Member } from '../room.js'
import type { Table } from './table.js'
import type { Reader, TableSource } from './table-source.js'

/** A session's view of a table. */
export interface Viewer {
  /** Writes what is new, as far as the connection has room. Returns the written bytes. */
  readonly advance: () => number
}

/** A view of a session. */
export interface Viewing extends Viewer {
  readonly stop: () => void
}

/** The frames of one view; a viewer that is behind has the rest of them. */
interface Writing {
  readonly advance: (table: Table) => number
  /** Begins anew: the client has no rows. */
  readonly restart: () => void
}

/** `fellBehind` is called where the connection has no room. */
export const viewer = (source: TableSource, member: Member, frame: View, fellBehind: () => void): Viewer => {
  const { writer } = member.outlet
  const put = ({ piece, bytes }: Sized<Data>): number => {
    writer.signal(piece, bytes)
    return bytes
  }
  const hasRoom = (): boolean => {
    const has = writer.hasRoom()
    if (!has) fellBehind()
    return has
  }
  const rows = rowsOf(frame, source, member, { put, hasRoom })
  const count = countOf(source, readerOf(source, member, frame), put)
  const isPart = frame.view !== 'all' && source.kind.isCounted

  return {
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
  const to = readerOf(source, member, frame)
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
        // A client that comes from another server may know more than this copy: it waits, and sees nothing go back.
        if (at?.epoch === table.epoch && at.version >= table.version) return bytes
        const planned = source.plan(frame, to, at)
        at = planned.to
        pending = planned.frames
        next = 0
        if (pending.length === 0) return bytes
      }
    },
  }
}

/** Writes the number of rows when it has changed. */
const countOf = (
  source: TableSource,
  to: Reader,
  put: ViewerOutput['put'],
): { readonly advance: () => number; readonly reset: () => void } => {
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
      const counted = source.counted(to)
      return counted ? put(counted) : 0
    },
  }
}

const readerOf = ({ kind }: TableSource, { room, outlet }: Member, { n = 0 }: View): Reader => ({
  number: room.number,
  of: kind.of,
  codec: outlet.codec,
  view: n,
})
