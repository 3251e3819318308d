import type { View } from '../../protocol/frame.js'
import type { Context, Cancel } from '../context.js'
import type { Member } from '../room.js'
import type { TableKind } from './kinds.js'
import type { Replica } from './replica.js'
import type { ChangedKeys } from './row-index.js'
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

/** Makes a copy of a table. `changed` is called in a turn, after each change of the copy, never during the call. */
export type CopyOf = (changed: (keys?: ChangedKeys) => void) => Pick<Replica, 'table' | 'close'>

/**
 * Follows a table, and writes its changes to the viewers: at once while they are small, and otherwise so that all viewers
 * together get no more than the bytes per second of the kind. Changes that wait leave as one difference.
 */
export const viewedTable = (context: Context, kind: TableKind, copyOf: CopyOf): ViewedTable => {
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
  const copy = copyOf((keys) => {
    source.changed(keys)
    if (waiting) return
    if (readyAt <= now()) flush()
    else waiting = time.at(readyAt, flush).cancel
  })
  const source = tableSource(kind, copy.table, settings.wall)
  if (copy.table()) source.changed()

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
