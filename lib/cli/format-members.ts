import type { Member, Roster, RosterChange } from '../features/presence/index.js'
import { printable } from '../core/printable.js'
import { jsonLine, plural } from './text.js'

/** A change to print: a member that is there at first has none. */
interface Line {
  readonly what: string
  readonly member: Member
  readonly cause?: string
}

const linesOf = (roster: Roster, isFirst: boolean): readonly Line[] =>
  isFirst && 'members' in roster
    ? roster.members.map((member) => ({ what: 'here', member }))
    : roster.changes.map(({ _tag, member, cause }: RosterChange) => ({ what: _tag.toLowerCase(), member, cause }))

/** Formats a roster as JSON objects, one per line. */
export const changesJson = (room: string, roster: Roster, isFirst: boolean): readonly string[] =>
  'members' in roster
    ? linesOf(roster, isFirst).map(({ what, member: { user, session, since, state, leavingAt }, cause }) =>
        jsonLine({ room, change: what, user, session, since, state, leavingAt, cause }),
      )
    : [jsonLine({ room, ...roster.counts })]

/** Formats a roster as text, one member per line. */
export const changesLines = (room: string, roster: Roster, isFirst: boolean): readonly string[] =>
  'members' in roster
    ? linesOf(roster, isFirst).map(({ what, member: { user, state }, cause }) =>
        printable(
          [
            room,
            what,
            user,
            ...(state === undefined || what === 'left' ? [] : [JSON.stringify(state)]),
            ...(cause === undefined || cause === 'live' || cause === what ? [] : [`(${cause})`]),
          ].join(' '),
        ),
      )
    : [
        printable(
          `${room} ${plural(roster.counts?.members ?? 0, 'member')}, ${plural(roster.counts?.users ?? 0, 'user')}`,
        ),
      ]
