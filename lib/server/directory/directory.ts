import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import type { View } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { MayList } from '../options.js'
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
    mayList: MayList | undefined,
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

/** Viewers with the same conditions, and the same function of the application, share a selection. */
const keyOf = ({ of, prefix = '', where = {} }: View): string =>
  JSON.stringify([of, prefix, Object.entries(where).sort(([a], [b]) => (a < b ? -1 : 1))])

/** Makes a function of the application safe: a room for which it throws is not shown. */
const guarded =
  (context: Context, mayList: MayList): MayList =>
  (room) => {
    const shown = guard((): unknown => mayList(room))
    if (E.isLeft(shown)) context.fault({ where: 'hook', message: `list: ${shown.left}` })
    return E.isRight(shown) && shown.right === true
  }

export const directory = ({ context, tables, lease, count, viewing: begins }: DirectoryNeeds): Directory => {
  const { roomsMax, bytesPerSecond } = context.settings.directory
  const own = counts({ context, tables, lease, count })
  const shown = facts({ context, tables, written: own.touch })
  const all = new Map<MayList | undefined, Map<string, ViewedTable>>()
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
  const shownTo = (frame: View, mayList: MayList | undefined): ViewedTable => {
    const key = keyOf(frame)
    const ofChoice = all.get(mayList) ?? new Map<string, ViewedTable>()
    const known = ofChoice.get(key)
    if (known) return known
    const { of, prefix = '', where = {} } = frame
    const from = (listed ??= listing(context, tables))
    const choice: Choice = { prefix, where, ...(mayList && { mayList: guarded(context, mayList) }) }
    const made = viewedTable(context, kindOf(of), (changed) => selection(context, from, choice, changed))
    all.set(mayList, ofChoice.set(key, made))
    return made
  }
  /** Returns false for a selection that was forgotten before. */
  const forget = (frame: View, mayList: MayList | undefined, of: ViewedTable): boolean => {
    const key = keyOf(frame)
    const ofChoice = all.get(mayList)
    if (ofChoice?.get(key) !== of) return false
    ofChoice.delete(key)
    if (ofChoice.size === 0) all.delete(mayList)
    return true
  }
  return {
    touch: own.touch,
    again: own.again,
    isActive: () => own.isActive() || all.size > 0,
    show: shown.put,
    view: (member, frame, mayList, fellBehind) => {
      const viewed = shownTo(frame, mayList)
      lease.hold()
      begins()
      const viewer = viewed.add(member, frame, () => {
        fellBehind(viewing)
      })
      const viewing: Viewing = {
        ...viewer,
        stop: () => {
          if (viewed.remove(viewer) > 0 || !forget(frame, mayList, viewed)) return
          viewed.close()
          if (all.size > 0) return
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
      for (const ofChoice of all.values()) for (const each of ofChoice.values()) each.close()
      all.clear()
      listed?.close()
    },
  }
}
