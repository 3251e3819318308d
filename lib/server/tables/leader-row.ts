import type { Refusal, Sender } from '../../protocol/frame.js'
import { refusal } from '../refusal.js'
import type { Entry } from '../engine.js'
import type { Row, TableId, Write, WriteOutcome } from './model.js'
import type { TableRegistry, TableState } from './registry.js'
import { rowIn, type TableDraft } from './table.js'

/** The leader of a room, as its row tells. */
export interface LeaderRow {
  readonly user: string
  readonly session: string
  readonly term: number
}

/** The key of the row of the leader. It needs the lease of the server that the leader is connected to. */
export const LEADER = 'leader'

/** The key of the row of the last granted term, which stays. */
export const TERM = 'term'

export const leaderTable = (room: string): TableId => ({ of: 'leader', room })

export const leaderIn = ({ value }: Pick<Row, 'value'>): LeaderRow => {
  const [user, session, term] = JSON.parse(value) as readonly [user: string, session: string, term: number]
  return { user, session, term }
}

export const leaderValue = ({ user, session, term }: LeaderRow): string => JSON.stringify([user, session, term])

/** Returns the present leader of a room, after the writes of drafts. */
export const presentLeader = (
  registry: Pick<TableRegistry, 'find'>,
  room: string,
  drafts?: ReadonlyMap<TableState, TableDraft>,
): LeaderRow | undefined => {
  const state = registry.find(leaderTable(room))
  const row = state && rowIn(state.table, drafts?.get(state), LEADER)
  return row && leaderIn(row)
}

/** True for the term of a leader, where it comes from that leader: any of its sessions; without authentication, this one. */
const isTermOf = (leader: LeaderRow | undefined, term: number, from: Sender | undefined): boolean =>
  leader?.term === term &&
  (from === undefined || (leader.user === from[0] && (leader.user !== 'anonymous' || leader.session === from[1])))

/** Builds the refusal of a term, with the present one. */
export const wrongTerm = (present: number | undefined): Refusal =>
  refusal('room/term', present === undefined ? {} : { data: { term: present } })

/** Returns the outcome of a write whose term is not that of the present leader, or comes from another. */
export const fence =
  (presentLeader: () => LeaderRow | undefined) =>
  ({ ifTerm, from }: Write): WriteOutcome | undefined => {
    if (ifTerm === undefined) return undefined
    const present = presentLeader()
    return isTermOf(present, ifTerm, from) ? undefined : { _tag: 'Fenced', term: present?.term }
  }

/** Returns an entry with the refusal of its term, unless that is the one of the present leader, who sends it. */
export const fenced = (entry: Entry, presentLeader: () => LeaderRow | undefined): Entry => {
  if (entry.term === undefined || entry.refusal) return entry
  const present = presentLeader()
  return isTermOf(present, entry.term, entry.from) ? entry : { ...entry, refusal: wrongTerm(present?.term) }
}
