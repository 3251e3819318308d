import type { Context } from '../context.js'
import type { Member } from '../room.js'
import { keyOfMember } from './kinds.js'
import type { NodeLease } from './lease.js'
import { type Announced, type MemberRow, memberRow } from './member-row.js'
import type { Cause, Tables } from './model.js'

/** Members of rooms that are connected to this server, as rows of the tables of one name. */
export interface Presence {
  /** Announces a membership of a client with this generation. */
  readonly announce: (member: Member, generation: number) => Announced
  /** Ends rows, also those that wait for the return of a client. */
  readonly end: (of: PresenceTarget, cause: Cause) => void
  /** Returns true while there are rows. */
  readonly isActive: () => boolean
  /** The lease of this server is new, or was lost meanwhile: writes the rows again. */
  readonly again: () => void
  readonly close: () => void
}

/** Memberships: those of a user, in one room, of one session. */
export interface PresenceTarget {
  readonly user?: string | undefined
  readonly session?: string | undefined
  readonly room?: string | undefined
}

/** Returns true for a session that is meant, in any room. */
export const isOf = (
  { user, session }: PresenceTarget,
  of: { readonly user: string; readonly session: string },
): boolean => (user ?? of.user) === of.user && (session ?? of.session) === of.session

/** A membership of a session, announced by one of its connections. */
interface Membership {
  readonly user: string
  readonly session: string
  readonly room: string
  readonly since: number
  readonly generation: number
}

/** A row with its owner. */
interface Owned extends Membership {
  readonly row: MemberRow
}

const nameOf = (room: string, key: string): string => `${room.length}:${room}${key}`

/** `of` is the name of the tables. */
export const presence = (context: Context, tables: Tables, lease: NodeLease, of = 'members'): Presence => {
  const rows = new Map<string, Owned>()
  /** The keys of rows with a write under way: a key has one write at a time, also over several connections. */
  const underWay = new Set<string>()

  /** Rows whose clients go on at another server, by name: until one is written there, it may be ended here. */
  const moved = new Map<string, Owned>()

  const own = ({ user, session, room, since, generation }: Membership): Owned => {
    const key = keyOfMember({ user, session })
    const name = nameOf(room, key)
    const row = memberRow({
      context,
      tables,
      lease,
      id: { of, room },
      key,
      generation,
      since,
      isReady: () => lease.isHeld() && !underWay.has(name),
      began: () => underWay.add(name),
      finished: () => {
        underWay.delete(name)
        rows.get(name)?.row.pump()
      },
      ended: () => {
        if (rows.get(name)?.row === row) rows.delete(name)
      },
    })
    const owned = { user, session, room, since, generation, row }
    rows.set(name, owned)
    lease.hold()
    return owned
  }

  return {
    announce: ({ outlet: { user, session }, room: { name: room }, since }, generation) => {
      const name = nameOf(room, keyOfMember({ user, session }))
      const before = rows.get(name)?.row
      if (before && before.generation > generation) return unseen
      before?.yield()
      moved.delete(name)
      const owned = own({ user, session, room, since, generation })
      return {
        ...owned.row,
        depart: (how) => {
          const wasOver = owned.row.isOver()
          owned.row.depart(how)
          if (how === 'moved' && !wasOver && owned.row.isOver()) moved.set(name, owned)
        },
      }
    },
    end: (target, cause) => {
      const isMeant = (each: Owned): boolean => isOf(target, each) && (target.room ?? each.room) === each.room
      for (const each of [...rows.values()]) if (isMeant(each)) each.row.leave(cause)
      for (const [name, each] of moved) {
        if (!isMeant(each)) continue
        moved.delete(name)
        // A row that was written elsewhere meanwhile has a later generation, and stays.
        if (!rows.has(name)) own(each).row.leave(cause)
      }
    },
    isActive: () => rows.size > 0,
    again: () => {
      for (const { row } of rows.values()) row.again()
    },
    close: () => {
      for (const { row } of rows.values()) row.yield()
      rows.clear()
      moved.clear()
    },
  }
}

/** A newer connection of the client has announced it. */
const unseen: Announced = {
  set: (_, then) => {
    then('written')
  },
  leave: () => undefined,
  isOver: () => false,
  depart: () => undefined,
}
