import type { View } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { Member } from '../room.js'
import { rowFrame, type TableKind } from '../tables/kinds.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables } from '../tables/model.js'
import { type ViewedTable, viewedTable } from '../tables/viewed-table.js'
import type { Viewing } from '../tables/viewer.js'
import { type Counts, counts } from './counts.js'
import { facts, type Facts } from './facts.js'
import { type Listing, listing } from './listing.js'
import type { RoomCount } from './row.js'
import { type Choice, selection } from './selection.js'

/** The directory of rooms on this server. */
export interface Directory extends Pick<Counts, 'touch' | 'again' | 'close'> {
  /** Shows a room as its record tells, or no longer. */
  readonly show: Facts['put']
  /** Begins a view. `fellBehind` is called where the connection has no room for it. */
  readonly view: (
    member: Member,
    frame: View,
    mayList: Choice['mayList'],
    fellBehind: (viewing: Viewing) => void,
  ) => Viewing
  /** Returns true while somebody views the directory, or has members in it. */
  readonly isActive: () => boolean
}

export interface DirectoryNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly lease: NodeLease
  readonly count: (room: string) => RoomCount | undefined
  /** A view begins. */
  readonly viewing: () => void
}

/** Viewers with the same choice share a selection. */
const keyOf = ({ of, prefix = '', where = {} }: View): string =>
  JSON.stringify([of, prefix, Object.entries(where).sort(([a], [b]) => (a < b ? -1 : 1))])

export const directory = ({ context, tables, lease, count, viewing: begins }: DirectoryNeeds): Directory => {
  const { roomsMax, bytesPerSecond } = context.settings.directory
  const own = counts({ context, tables, lease, count })
  const shown = facts({ context, tables, written: own.touch })
  const viewed = new Set<ViewedTable>()
  const shared = new Map<string, ViewedTable>()
  let listed: Listing | undefined

  const kindOf = (of: string): TableKind => ({
    of,
    isCounted: true,
    isLeased: true,
    mostRows: roomsMax,
    bytesPerSecond,
    nameOf: (key) => key,
    frame: rowFrame,
  })
  const tableOf = (frame: View, mayList: Choice['mayList']): ViewedTable => {
    const key = keyOf(frame)
    const known = mayList ? undefined : shared.get(key)
    if (known) return known
    const { of, prefix = '', where = {} } = frame
    const from = (listed ??= listing(context, tables))
    const choice: Choice = { prefix, where, ...(mayList && { mayList }) }
    const made = viewedTable(context, kindOf(of), (changed) => selection(context, from, choice, changed))
    viewed.add(made)
    if (!mayList) shared.set(key, made)
    return made
  }
  return {
    touch: own.touch,
    again: own.again,
    isActive: () => own.isActive() || viewed.size > 0,
    show: shown.put,
    view: (member, frame, mayList, fellBehind) => {
      const table = tableOf(frame, mayList)
      lease.hold()
      begins()
      const viewer = table.add(member, frame, () => {
        fellBehind(viewing)
      })
      const viewing: Viewing = {
        ...viewer,
        stop: () => {
          if (table.remove(viewer) > 0 || !viewed.delete(table)) return
          table.close()
          for (const [key, each] of shared) if (each === table) shared.delete(key)
          if (viewed.size > 0) return
          listed?.close()
          listed = undefined
        },
      }
      viewer.advance()
      return viewing
    },
    close: (isDrained) => {
      own.close(isDrained)
      shown.close()
      for (const each of viewed) each.close()
      viewed.clear()
      shared.clear()
      listed?.close()
    },
  }
}
