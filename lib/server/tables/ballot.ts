import { type CandidateId, candidates, type Candidates } from './candidates.js'
import { keyOfMember } from './kinds.js'
import { LEADER, leaderIn, leaderValue, TERM } from './leader-row.js'
import type { Cause, Drop, Put, Row, Write, WriteOutcome } from './model.js'
import type { Table } from './table.js'

/** A write, with its outcome to settle. */
export interface Wish {
  readonly write: Write
  readonly settle: (outcome: WriteOutcome | undefined) => void
}

/** The candidates of a room on one server, and what to write for them. */
export interface Ballot {
  readonly candidates: Pick<Candidates, 'lose' | 'all'>
  /** Each returns false for a connection that is older than the known one. */
  readonly stand: (who: CandidateId) => boolean
  readonly resign: (who: CandidateId, cause: Cause) => boolean
  /** Forgets a candidate that goes on at another server. */
  readonly move: (who: CandidateId) => boolean
  /** Returns the next write to a table. */
  readonly next: (rows: Table['rows']) => Wish | undefined
  /** Writes again what may be gone. */
  readonly again: () => void
}

export interface BallotNeeds {
  /** Returns the name of this server's lease. */
  readonly lease: () => string
  readonly wall: () => number
  /** Another write follows at once. */
  readonly due: () => void
}

/** A granted term, and the version of its row. */
interface Grant {
  readonly term: number
  readonly version: number
}

/** Takes the next term. The first one is higher than any of a room whose table was lost. */
const raise = (last: Row | undefined, wall: number, granted: (grant: Grant) => void): Wish => {
  const term = last ? Number(last.value) + 1 : Math.max(1, Math.floor(wall / 1_000))
  return {
    write: { _tag: 'Put', key: TERM, value: String(term), ifVersion: last?.version ?? 0 },
    settle: (outcome) => {
      if (outcome?._tag === 'Written') granted({ term, version: outcome.version })
    },
  }
}

export const ballot = ({ lease, wall, due }: BallotNeeds): Ballot => {
  const standing = candidates()
  /** Candidates that have resigned, possibly as the leader. */
  const resigned = new Map<string, { readonly generation: number; readonly cause: Cause }>()
  const moved = new Set<string>()
  let grant: Grant | undefined
  /** The version of the leader's row about which nothing is left to write. */
  let settled = 0

  const settle =
    (version: number, then: () => void = () => undefined): Wish['settle'] =>
    (outcome) => {
      // A row that stays as it is belongs to a newer connection, or to another server.
      if (outcome?._tag !== 'Kept' || outcome.row?.version === version) settled = version
      then()
    }
  const hold = ({ value, version: ifVersion }: Row, { generation }: CandidateId): Wish => {
    const write: Put = { _tag: 'Put', key: LEADER, value, generation, lease: lease(), ifVersion }
    return { write, settle: settle(ifVersion) }
  }
  const drop = (
    { version: ifVersion }: Row,
    key: string,
    how: Pick<Drop, 'cause' | 'generation' | 'ifLease'>,
  ): Wish => ({
    write: { _tag: 'Drop', key: LEADER, ifVersion, ...how },
    settle: settle(ifVersion, () => resigned.delete(key)),
  })
  const keep = (row: Row): Wish | undefined => {
    const leader = leaderIn(row)
    const key = keyOfMember(leader)
    for (const other of [...resigned.keys()]) if (other !== key) resigned.delete(other)
    if (settled === row.version) return undefined
    const candidate = standing.of(leader)
    const gone = resigned.get(key)
    if (candidate) return hold(row, candidate)
    if (gone) return drop(row, key, gone)
    // Its write was not answered, and meanwhile it has resigned.
    if (row.lease === lease() && !moved.has(key)) return drop(row, key, { cause: 'left', ifLease: row.lease })
    return undefined
  }
  const elect = (last: Row | undefined): Wish | undefined => {
    resigned.clear()
    const first = standing.first()
    if (!first) return undefined
    if (!grant)
      return raise(last, wall(), (granted) => {
        grant = granted
        due()
      })
    const { user, session, generation } = first
    const { term, version } = grant
    // A put that is not answered may have been executed: the term is for nobody else.
    grant = undefined
    const value = leaderValue({ user, session, term })
    const ifRow = { key: TERM, version }
    return {
      write: { _tag: 'Put', key: LEADER, value, generation, lease: lease(), ifNew: true, ifRow },
      settle: (outcome) => {
        // The term was over, or there was a leader; the change that tells it may be known already.
        if (outcome?._tag === 'Kept') due()
      },
    }
  }
  return {
    candidates: standing,
    stand: (who) => {
      if (!standing.stand(who)) return false
      const key = keyOfMember(who)
      resigned.delete(key)
      moved.delete(key)
      settled = 0
      return true
    },
    resign: (who, cause) => {
      if (!standing.remove(who)) return false
      resigned.set(keyOfMember(who), { generation: who.generation, cause })
      settled = 0
      return true
    },
    move: (who) => {
      if (!standing.remove(who)) return false
      moved.add(keyOfMember(who))
      return true
    },
    next: (rows) => {
      const row = rows.get(LEADER)
      return row ? keep(row) : elect(rows.get(TERM))
    },
    again: () => {
      settled = 0
    },
  }
}
