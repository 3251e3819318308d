import type { Context } from '../context.js'
import type { Member } from '../room.js'
import { keyOfMember } from './kinds.js'
import { nodeLease } from './lease.js'
import { type Announced, type MemberRow, memberRow } from './member-row.js'
import type { Cause, Tables } from './model.js'

/** The members of rooms that are connected to this server, as rows of the tables `members`. */
export interface Presence {
  /** Announces a membership of a client with this generation. */
  readonly announce: (member: Member, generation: number) => Announced
  /** Ends the rows of a user in a room, also those that wait for the return of a client. */
  readonly end: (room: string, user: string, cause: Cause) => void
  /** Somebody views members: those of servers that have stopped are to be dropped in time. */
  readonly watch: () => void
  readonly close: () => void
}

/** `isViewed` returns true while a session views the members of a room. */
export const presence = (context: Context, tables: Tables, isViewed: () => boolean): Presence => {
  const rows = new Map<string, MemberRow>()
  const lease = nodeLease(context, tables, {
    isNeeded: () => rows.size > 0 || isViewed(),
    granted: () => {
      for (const row of rows.values()) row.again()
    },
  })

  return {
    announce: (member, generation) => {
      const { outlet, room, since } = member
      const key = keyOfMember(outlet)
      const name = `${room.name}\n${key}`
      const before = rows.get(name)
      if (before && before.generation > generation) return unseen
      before?.yield()
      const row = memberRow({
        context,
        tables,
        lease,
        room: room.name,
        key,
        generation,
        since,
        ended: () => {
          if (rows.get(name) === row) rows.delete(name)
        },
      })
      rows.set(name, row)
      lease.hold()
      return row
    },
    end: (room, user, cause) => {
      const prefix = `${room}\n${user}\n`
      for (const [name, row] of [...rows]) if (name.startsWith(prefix)) row.leave(cause)
    },
    watch: lease.hold,
    close: () => {
      lease.close()
      for (const row of rows.values()) row.yield()
      rows.clear()
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
