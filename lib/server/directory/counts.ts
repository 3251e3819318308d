import * as E from '#fp/Either'
import type { Cancel, Context } from '../context.js'
import type { NodeLease } from '../tables/lease.js'
import type { Tables, Write } from '../tables/model.js'
import { directoryTable, keyOfCount, type RoomCount } from './row.js'

/** The members of listed rooms at this server, and their seats, as rows of the directory. */
export interface Counts {
  /** The members of a room have changed, or its seats. */
  readonly touch: (room: string) => void
  /** Returns true while there are rows. */
  readonly isActive: () => boolean
  /** Writes all rows again, because they may be gone. */
  readonly again: () => void
  /** `isDrained`: drops all rows, because who was here is elsewhere. Otherwise they end with the lease. */
  readonly close: (isDrained: boolean) => void
}

export interface CountsNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly lease: NodeLease
  /** Counts the members of a room at this server, and its seats, if the directory shows the room. */
  readonly count: (room: string) => RoomCount | undefined
}

/** The most rows of one write. */
const mostWrites = 256

const none: RoomCount = [0, 0]

/** Returns the content of a row; empty: there is none. */
const textOf = (of: RoomCount): string => {
  const [members, , taken = null] = of
  return members === 0 && (taken ?? 0) === 0 ? '' : JSON.stringify(of)
}

/** The content of a row whose write was not answered. */
const unknown = '?'

/** Writes the counts that have changed, all together and at most once in `countsMs`. One write is under way at a time. */
export const counts = ({ context, tables, lease, count }: CountsNeeds): Counts => {
  const { time, settings } = context
  const { countsMs } = settings.directory
  const touched = new Set<string>()
  /** The contents of the rows, by room. */
  const told = new Map<string, string>()
  let next: Cancel | undefined
  let writing: readonly string[] = []
  let isClosed = false

  const dropOf = (room: string): Write => ({ _tag: 'Drop', key: keyOfCount(room, lease.name()), cause: 'empty' })
  const writeOf = (room: string): readonly [room: string, value: string, write: Write] | undefined => {
    const value = textOf(count(room) ?? none)
    if (value === (told.get(room) ?? '')) return undefined
    const held = lease.name()
    const put: Write = { _tag: 'Put', key: keyOfCount(room, held), value, lease: held }
    return [room, value, value === '' ? dropOf(room) : put]
  }
  const later = (): void => {
    if (next || writing.length > 0 || isClosed || touched.size === 0) return
    next = time.after(countsMs, () => {
      next = undefined
      flush()
    }).cancel
  }
  const flush = (): void => {
    if (!lease.isHeld()) {
      lease.hold()
      later()
      return
    }
    const rooms = [...touched].slice(0, mostWrites)
    for (const room of rooms) touched.delete(room)
    const all = rooms.flatMap((room) => {
      const made = writeOf(room)
      return made ? [made] : []
    })
    if (all.length === 0) {
      later()
      return
    }
    writing = all.map(([room]) => room)
    context.engine(
      () =>
        tables.write(
          directoryTable,
          all.map(([, , write]) => write),
        ),
      (result) => {
        writing = []
        if (E.isLeft(result)) {
          context.fault({ where: 'engine', message: result.left })
          for (const [room] of all) {
            touched.add(room)
            told.set(room, unknown)
          }
        } else
          all.forEach(([room, value], at) => {
            if (result.right[at]?._tag !== 'Written') return
            if (value === '') told.delete(room)
            else told.set(room, value)
          })
        later()
      },
    )
  }
  return {
    touch: (room) => {
      touched.add(room)
      later()
    },
    isActive: () => told.size + touched.size > 0,
    again: () => {
      for (const room of told.keys()) touched.add(room)
      told.clear()
      later()
    },
    close: (isDrained) => {
      isClosed = true
      next?.()
      if (!isDrained) return
      const rooms = [...new Set([...told.keys(), ...writing])]
      for (let at = 0; at < rooms.length; at += mostWrites) {
        const drops = rooms.slice(at, at + mostWrites).map(dropOf)
        context.engine(
          () => tables.write(directoryTable, drops),
          // Rows that stay end with the lease.
          () => undefined,
        )
      }
    },
  }
}
