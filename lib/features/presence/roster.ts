import * as E from '#fp/Either'
import type { Decoder } from '../../contract/mismatch.js'
import type { WebSocketError } from '../../core/error.js'
import { frozen } from '../../core/frozen.js'
import type { Result } from '../../core/result.js'
import { unescaped } from '../../protocol/payload.js'
import { unreadable } from '../../rooms/error.js'
import type { Copy, Difference, Dropped, Row } from '../../tables/copy.js'
import type { TableView } from '../../tables/tables.js'

/** A member of a room: one session of a user. */
export interface Member<S = unknown> {
  readonly user: string
  /** The session's id: a user with two tabs has two. */
  readonly session: string
  /** The offset of the room's log at the join: the member could see every later message. */
  readonly since: number
  /** The state that the member has set; `undefined` where it has none, or one that does not decode. */
  readonly state: S | undefined
  /** True for the session of this client. */
  readonly isMe: boolean
  /** The connection of the member is lost: the time, in ms of the wall clock, at which it is expected to leave. */
  readonly leavingAt?: number
}

/** A change of one member. `cause`: `live`, or `reconcile` where this client was away meanwhile. */
export type RosterChange<S = unknown> =
  | {
      readonly _tag: 'Joined' | 'Updated' | 'Leaving' | 'Back'
      readonly member: Member<S>
      readonly cause: 'live' | 'reconcile'
    }
  /**
   * The cause is `left`, `grace` (it did not come back), `kicked`, `forbidden`, `expired` (its token), `node` (its server
   * stopped), `reconcile`, or `view` (it is still there, but no longer in this view).
   */
  | { readonly _tag: 'Left'; readonly member: Member<S>; readonly cause: string }

interface RosterFacts<S> {
  /** All members and their users; `undefined` while the server has told neither. */
  readonly counts: { readonly members: number; readonly users: number } | undefined
  /** The changes since the roster before. The first roster has none. */
  readonly changes: readonly RosterChange<S>[]
  /** False while the client is offline: then the roster is the last known one. */
  readonly isLive: boolean
}

/** The members of a room in the present view. A view of all members is a `count` while there are too many. */
export type Roster<S = unknown> =
  | (RosterFacts<S> & {
      readonly view: 'all' | 'page' | 'only'
      readonly members: readonly Member<S>[]
      /** False while more of these members are on their way. */
      readonly isComplete: boolean
    })
  | (RosterFacts<S> & { readonly view: 'count' | 'none' })

/** Builds rosters from a copy of the table of members. */
export interface RosterBuilder<S> {
  /** Takes a change of the copy. Returns the roster, after an error for each state that does not decode. */
  readonly take: (copy: Copy, difference: Difference, isLive: boolean) => readonly Result<Roster<S>>[]
}

/** The context of a roster. */
export interface RosterNeeds {
  readonly room: string
  readonly decode: Decoder
  readonly view: () => TableView['view']
  /** Returns the id of this client's session. */
  readonly session: () => string | undefined
  readonly wall: () => number
}

export const rosterBuilder = <S>({ room, decode, view, session, wall }: RosterNeeds): RosterBuilder<S> => {
  let members: ReadonlyMap<string, Member<S>> = new Map()
  let errors: WebSocketError[] = []
  let isFirst = true
  /** A row of a page is one of the complete copy later. */
  const known = new WeakMap<Row, Member<S>>()

  const memberOf = (row: Row): Member<S> => {
    const { key, number, value, leavingInMs } = row
    const end = key.lastIndexOf('\n')
    const id = key.slice(end + 1)
    const decoded = value === null ? E.right(undefined) : decode(unescaped(value))
    if (E.isLeft(decoded)) errors.push(unreadable(room, 'state', decoded.left))
    const member: Member<S> = {
      user: key.slice(0, end),
      session: id,
      since: number,
      state: E.isRight(decoded) ? (decoded.right as S | undefined) : undefined,
      isMe: id === session(),
      ...(leavingInMs !== undefined && { leavingAt: wall() + leavingInMs }),
    }
    known.set(row, member)
    return member
  }
  const put = (all: Map<string, Member<S>>, row: Row, isReconciled: boolean): RosterChange<S> => {
    const before = all.get(row.key)
    const member = known.get(row) ?? memberOf(row)
    all.set(row.key, member)
    return { _tag: tagOf(before, member), member, cause: isReconciled ? 'reconcile' : 'live' }
  }
  const drop = (all: Map<string, Member<S>>, { key, cause }: Dropped): readonly RosterChange<S>[] => {
    const member = all.get(key)
    all.delete(key)
    return member ? [{ _tag: 'Left', member, cause }] : []
  }
  const rosterOf = (copy: Copy, changes: readonly RosterChange<S>[], isLive: boolean): Roster<S> => {
    const wanted = view()
    const isPartial = !copy.at && copy.pages.length > 0
    const own = wanted === 'all' && copy.at ? countsOf(members) : undefined
    const { counts } = copy
    const facts = { counts: own ?? (counts && { members: counts.rows, users: counts.names }), changes, isLive }
    if (wanted === 'none' || wanted === 'count' || !(copy.at || isPartial))
      return { view: wanted === 'none' ? 'none' : 'count', ...facts }
    return { view: wanted, members: [...members.values()], isComplete: !isPartial, ...facts }
  }
  return {
    take: (copy, { puts, drops, isReconciled }, isLive) => {
      errors = []
      isFirst ||= !copy.at
      const isEmpty = !(copy.at ?? copy.counts) && copy.pages.length === 0
      if (isEmpty && view() !== 'none') return []
      const all = new Map(isFirst ? [] : members)
      const rows = isFirst ? [...(copy.at ? copy.rows.values() : copy.pages)] : puts
      const changes = [...drops.flatMap((each) => drop(all, each)), ...rows.map((row) => put(all, row, isReconciled))]
      members = all
      const roster = rosterOf(copy, isFirst ? [] : changes, isLive)
      isFirst = !copy.at
      return [...errors.map((each) => E.left(each)), E.right(frozen(roster))]
    },
  }
}

const tagOf = (before: Member | undefined, now: Member): 'Joined' | 'Updated' | 'Leaving' | 'Back' => {
  if (!before) return 'Joined'
  const [was, is] = [before.leavingAt !== undefined, now.leavingAt !== undefined]
  return was === is ? 'Updated' : is ? 'Leaving' : 'Back'
}

const countsOf = (members: ReadonlyMap<string, Member>): { readonly members: number; readonly users: number } => ({
  members: members.size,
  users: new Set([...members.values()].map(({ user }) => user)).size,
})
