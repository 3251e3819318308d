import type { Member } from '../room.js'
import type { Announced, MembershipEnd, RowAnswer } from './member-row.js'
import type { Cause } from './model.js'
import type { Presence } from './presence.js'

/** The memberships of one session that others see. */
export interface SessionMembers {
  /** Shows a membership with this state, JSON text. */
  readonly set: (member: Member, state: string, then: (answer: RowAnswer) => void) => void
  readonly withdraw: (member: Member) => void
  /** A membership ends. `grace`: the client may come back. */
  readonly leave: (ch: number, cause: Cause) => void
  readonly close: (how: MembershipEnd) => void
}

export const sessionMembers = (presence: Presence, generation: number): SessionMembers => {
  const all = new Map<number, Announced>()

  return {
    set: (member, state, then) => {
      const known = all.get(member.ch)
      const row = known && !known.isOver() ? known : presence.announce(member, generation)
      all.set(member.ch, row)
      row.set(state, then)
    },
    withdraw: (member) => {
      // Without an announcement on this connection, an earlier one may still be seen.
      const row = all.get(member.ch) ?? presence.announce(member, generation)
      row.leave('left')
      all.delete(member.ch)
    },
    leave: (ch, cause) => {
      if (cause === 'grace') all.get(ch)?.depart('lost')
      else all.get(ch)?.leave(cause)
      all.delete(ch)
    },
    close: (how) => {
      for (const row of all.values()) row.depart(how)
      all.clear()
    },
  }
}
