import type { Context } from '../context.js'
import { ballot } from './ballot.js'
import type { CandidateId } from './candidates.js'
import { leaderTable } from './leader-row.js'
import type { NodeLease } from './lease.js'
import type { Cause, Tables } from './model.js'
import { replica } from './replica.js'
import { rowWriter } from './row-writer.js'

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

/**
 * Elects a leader where there is none: takes the next term, and then puts the leader, while that term is the last one.
 * Holds the row of a leader that is a candidate here, and drops that of one that has resigned.
 */
export const election = ({ context, tables, lease, room, ended }: ElectionNeeds): Election => {
  const { time, settings } = context
  const { quietMs, graceMs } = settings.presence
  const id = leaderTable(room)
  const own = ballot({
    lease: lease.name,
    wall: settings.wall,
    due: () => {
      writer.due()
    },
  })
  const { lose, all } = own.candidates
  const nothing = (): void => undefined
  const copy = replica(context, tables, id, () => {
    writer.due()
  })
  const writer = rowWriter({
    context,
    tables,
    id,
    isReady: lease.isHeld,
    isPaused: () => false,
    next: () => {
      const rows = copy.table()?.rows
      const wish = rows && own.next(rows)
      if (rows && !wish && all().length === 0) ended()
      return (
        wish && {
          writes: [wish.write],
          settle: ([outcome]) => {
            wish.settle(outcome)
          },
        }
      )
    },
    failed: nothing,
  })
  const resign = (who: CandidateId, cause: Cause): void => {
    if (own.resign(who, cause)) writer.due()
  }
  return {
    stand: (who) => {
      if (own.stand(who)) writer.due()
    },
    lose: (who, cause) => {
      const away = (): (() => void) =>
        time.after(quietMs + graceMs, () => {
          resign(who, cause)
        }).cancel
      lose(who, away)
    },
    resign,
    move: (who) => {
      if (own.move(who) && all().length === 0) ended()
    },
    all,
    again: () => {
      own.again()
      writer.due()
    },
    close: () => {
      copy.close()
      writer.stop()
      for (const each of all()) own.move(each)
    },
  }
}
