import type { View } from '../../protocol/frame.js'
import type { Context, Cancel } from '../context.js'
import type { Member } from '../room.js'
import type { TableKind } from './kinds.js'
import type { Tables } from './model.js'
import { replica } from './replica.js'
import { tableSource } from './table-source.js'
import { viewer, type Viewer } from './viewer.js'

/** A table of a room that sessions of this node view. */
export interface ViewedTable extends Pick<TableKind, 'isLeased'> {
  /** Adds a viewer, which has nothing yet. `fellBehind` is called where its connection has no room. */
  readonly add: (member: Member, frame: View, fellBehind: () => void) => Viewer
  /** Removes a viewer. Returns the number of those that stay. */
  readonly remove: (of: Viewer) => number
  readonly close: () => void
}

/**
 * Follows a table, and writes its changes to the viewers: at once while they are small, and otherwise so that all viewers
 * together get no more than the bytes per second of the kind. Changes that wait leave as one difference.
 */
export const viewedTable = (context: Context, tables: Tables, kind: TableKind, room: string): ViewedTable => {
  const { time, now, settings } = context
  const viewers = new Set<Viewer>()
  let readyAt = -Infinity
  let waiting: Cancel | undefined

  const flush = (): void => {
    waiting = undefined
    let bytes = 0
    for (const each of viewers) bytes += each.advance()
    readyAt = now() + Math.floor((bytes * 1_000) / kind.bytesPerSecond)
  }
  const copy = replica(context, tables, { of: kind.of, room }, (keys) => {
    source.changed(keys)
    if (waiting) return
    if (readyAt <= now()) flush()
    else waiting = time.at(readyAt, flush).cancel
  })
  const source = tableSource(kind, copy.table, settings.wall)

  return {
    isLeased: kind.isLeased,
    add: (member, frame, fellBehind) => {
      const made = viewer(source, member, frame, fellBehind)
      viewers.add(made)
      return made
    },
    remove: (of) => {
      viewers.delete(of)
      return viewers.size
    },
    close: () => {
      waiting?.()
      copy.close()
    },
  }
}
