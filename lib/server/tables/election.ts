import type { Context } from '../context.js'
import { type CandidateId, candidates } from './candidates.js'
import { keyOfMember } from './kinds.js'
import { LEADER, leaderIn, leaderTable, leaderValue, TERM } from './leader-row.js'
import type { NodeLease } from './lease.js'
import type { Cause, Drop, Put, Row, Tables } from './model.js'
import { replica } from './replica.js'
import { rowWriter, type RowWriterNeeds } from './row-writer.js'

/** The election of the leader of one room, by a server with candidates of it. */
export interface Election {
  readonly stand: (who: CandidateId) => void
  /** The connection of a candidate is lost: it has resigned if it does not come back in time. */
  readonly lose: (who: CandidateId, cause: Cause) => void
  readonly resign: (who: CandidateId, cause: Cause) => void
  /** A candidate goes on at another server, or at the next one. */
  readonly move: (who: CandidateId) => void
  readonly all: () => readonly CandidateId[]
  /** Writes again what may be gone. */
  readonly again: () => void
  readonly close: () => void
}

export interface ElectionNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly lease: Pick<NodeLease, 'name' | 'isHeld'>
  readonly room: string
  /** Nothing is left to do. */
  readonly ended: () => void
}

/** A granted term, and the version of its row. */
interface Grant {
  readonly term: number
  readonly version: number
}

type Wish = NonNullable<ReturnType<RowWriterNeeds['next']>>
type Settle = Wish['settle']

/**
 * Elects a leader where there is none: takes the next term, and then puts the leader, while that term is the last one.
 * Holds the row of a leader that is a candidate here, and drops that of one that has resigned.
 */
export const election = ({ context, tables, lease, room, ended }: ElectionNeeds): Election => {
  const { time, settings } = context
  const { quietMs, graceMs } = settings.presence
  const standing = candidates()
  /** Candidates that have resigned, possibly as the leader. */
  const resigned = new Map<string, { readonly generation: number; readonly cause: Cause }>()
  const moved = new Set<string>()
  let grant: Grant | undefined
  /** The version of the leader's row about which nothing is left to write. */
  let settled = 0

  const changed = (): void => {
    settled = 0
    writer.due()
  }
  const settle =
    (version: number, then: Settle = () => undefined): Settle =>
    (outcome) => {
      // A row that stays as it is belongs to a newer connection, or to another server.
      if (outcome?._tag !== 'Kept' || outcome.row?.version === version) settled = version
      then(outcome)
    }
  const hold = ({ value, version: ifVersion }: Row, { generation }: CandidateId): Wish => {
    const write: Put = { _tag: 'Put', key: LEADER, value, generation, lease: lease.name(), ifVersion }
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
  const wishFor = (row: Row): Wish | undefined => {
    const leader = leaderIn(row)
    const key = keyOfMember(leader)
    for (const other of [...resigned.keys()]) if (other !== key) resigned.delete(other)
    if (settled === row.version) return undefined
    const candidate = standing.of(leader)
    const gone = resigned.get(key)
    if (candidate) return hold(row, candidate)
    if (gone) return drop(row, key, gone)
    // Its write was not answered, and meanwhile it has resigned.
    if (row.lease === lease.name() && !moved.has(key)) return drop(row, key, { cause: 'left', ifLease: row.lease })
    return undefined
  }
  const elect = (last: Row | undefined): Wish | undefined => {
    resigned.clear()
    const first = standing.first()
    if (!first) return undefined
    if (!grant) return raise(last)
    const { user, session, generation } = first
    const { term, version } = grant
    const value = leaderValue({ user, session, term })
    const ifRow = { key: TERM, version }
    return {
      write: { _tag: 'Put', key: LEADER, value, generation, lease: lease.name(), ifNew: true, ifRow },
      settle: () => {
        grant = undefined
      },
    }
  }
  /** Takes the next term. The first one is higher than any of a room whose table was lost. */
  const raise = (last: Row | undefined): Wish => {
    const term = last ? Number(last.value) + 1 : Math.max(1, Math.floor(settings.wall() / 1_000))
    return {
      write: { _tag: 'Put', key: TERM, value: String(term), ifVersion: last?.version ?? 0 },
      settle: (outcome) => {
        if (outcome?._tag !== 'Written') return
        grant = { term, version: outcome.version }
        writer.due()
      },
    }
  }
  const next = (): Wish | undefined => {
    const rows = copy.table()?.rows
    if (!rows) return undefined
    const row = rows.get(LEADER)
    const wish = row ? wishFor(row) : elect(rows.get(TERM))
    if (!wish && standing.all().length === 0) ended()
    return wish
  }
  const nothing = (): void => undefined
  const copy = replica(context, tables, leaderTable(room), () => {
    writer.due()
  })
  const writer = rowWriter({
    context,
    tables,
    id: leaderTable(room),
    isReady: lease.isHeld,
    isPaused: () => false,
    next,
    failed: nothing,
    began: nothing,
    finished: nothing,
  })
  const resign = (who: CandidateId, cause: Cause): void => {
    if (!standing.remove(who)) return
    resigned.set(keyOfMember(who), { generation: who.generation, cause })
    changed()
  }
  return {
    stand: (who) => {
      if (!standing.stand(who)) return
      const key = keyOfMember(who)
      resigned.delete(key)
      moved.delete(key)
      changed()
    },
    lose: (who, cause) => {
      standing.lose(
        who,
        () =>
          time.after(quietMs + graceMs, () => {
            resign(who, cause)
          }).cancel,
      )
    },
    resign,
    move: (who) => {
      if (!standing.remove(who)) return
      moved.add(keyOfMember(who))
      if (standing.all().length === 0) ended()
    },
    all: standing.all,
    again: changed,
    close: () => {
      copy.close()
      writer.stop()
      for (const each of standing.all()) standing.remove(each)
    },
  }
}
