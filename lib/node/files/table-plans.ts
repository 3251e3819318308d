import type { TableId, Write, WriteOutcome } from '../../server/tables/model.js'
import type { TableRegistry, TableState } from '../../server/tables/registry.js'
import { fence, presentLeader } from '../../server/tables/leader-row.js'
import { decideWrite } from '../../server/tables/table.js'
import type { Plan } from './append-plans.js'
import type { Drafts } from './commits.js'
import type { JournalRecord } from './record.js'
import type { TableBases } from './table-bases.js'
import { changeOf } from './table-record.js'

/** Plans writes to tables, and leases. */
export interface TablePlans {
  /** Decides writes after the drafts of earlier plans. */
  readonly write: (id: TableId, writes: readonly Write[], drafts: Drafts) => Plan<readonly WriteOutcome[]>
  readonly lease: (lease: string, forMs: number, drafts: Drafts) => Plan<boolean>
}

export interface TablePlansNeeds {
  readonly registry: TableRegistry
  readonly bases: TableBases
  /** Returns the number of the segment that is written now. */
  readonly segment: () => number
}

export const tablePlans = ({ registry, bases, segment }: TablePlansNeeds): TablePlans => {
  const release = (state: TableState): void => {
    state.pins--
    registry.settle(state)
  }
  const writeTo = (state: TableState, writes: readonly Write[], drafts: Drafts): Plan<readonly WriteOutcome[]> => {
    const { of, room, table } = state
    const draft = drafts.tables.get(state) ?? registry.draft(state)
    drafts.tables.set(state, draft)
    const before = draft.changes.length
    const prev = draft.version
    const outcomes = writes.map((each) =>
      decideWrite(
        table,
        draft,
        each,
        fence(() => presentLeader(registry, room, drafts.tables)),
      ),
    )
    const changes = draft.changes.slice(before)
    state.pins++
    return {
      records: changes.length === 0 ? [] : [['t', of, room, table.epoch, prev, changes.map(changeOf)]],
      undo: () => {
        release(state)
      },
      result: () => {
        if (table.version === 0 && changes.length > 0) bases.begin(state, segment())
        registry.apply(state, changes)
        release(state)
        return outcomes
      },
    }
  }
  return {
    write: (id, writes, drafts) => writeTo(registry.open(id), writes, drafts),
    lease: (lease, forMs, drafts) => {
      const lapsed = registry.lapsed(lease, forMs)
      const plans = lapsed.drops.map(([state, drops]) => writeTo(state, drops, drafts))
      const known = registry.leases.get(lease)?.forMs
      const isRecorded = forMs > 0 ? known === forMs : known === undefined
      const record: readonly JournalRecord[] = isRecorded ? [] : [['e', [[lease, forMs]]]]
      return {
        records: [...record, ...plans.flatMap(({ records }) => records)],
        undo: () => {
          for (const { undo } of plans) undo?.()
        },
        result: () => {
          // A lease whose time is over since is left to the next renewal: its rows are not dropped with this one.
          const wasHeld = registry.renew(lease, forMs, lapsed)
          for (const { result } of plans) result()
          return wasHeld
        },
      }
    },
  }
}
