import type { Refusal } from '../../protocol/frame.js'
import { refusal } from '../refusal.js'
import type { Entry } from '../engine.js'
import type { Row, TableId } from './model.js'
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

/** Returns the term of the present leader of a room, after the writes of drafts. */
export const presentTerm = (
  registry: Pick<TableRegistry, 'find'>,
  room: string,
  drafts?: ReadonlyMap<TableState, TableDraft>,
): number | undefined => {
  const state = registry.find(leaderTable(room))
  const row = state && rowIn(state.table, drafts?.get(state), LEADER)
  return row && leaderIn(row).term
}

/** Builds the refusal of a term, with the present one. */
export const wrongTerm = (present: number | undefined): Refusal =>
  refusal('room/term', present === undefined ? {} : { data: { term: present } })

/** Returns an entry with the refusal of its term, unless that is the one of the present leader. */
export const fenced = (entry: Entry, presentTerm: () => number | undefined): Entry => {
  if (entry.term === undefined || entry.refusal) return entry
  const present = presentTerm()
  return entry.term === present ? entry : { ...entry, refusal: wrongTerm(present) }
}
