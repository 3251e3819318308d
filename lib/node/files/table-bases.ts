import type { TableId } from '../../server/tables/model.js'
import type { TableRegistry, TableState } from '../../server/tables/registry.js'
import type { JournalRecord } from './record.js'
import { checkpointOfTable } from './table-record.js'

/** The segment of a journal in which each table begins. */
export interface TableBases {
  /** Returns the heap bytes of all tables. */
  readonly bytes: () => number
  readonly begin: (state: TableId, segment: number) => void
  /** Returns the records that write the tables which begin before a segment again, and the known leases. */
  readonly rewrite: (goal: number) => readonly JournalRecord[]
  /** Confirms that those records were written to this segment. */
  readonly written: (segment: number) => void
}

export const tableBases = (registry: TableRegistry): TableBases => {
  const bases = new Map<TableId, number>()
  let planned: readonly TableState[] = []

  return {
    bytes: registry.bytes,
    begin: (state, segment) => {
      bases.set(state, segment)
    },
    rewrite: (goal) => {
      const live = new Set<TableId>(registry.all.values())
      for (const state of bases.keys()) if (!live.has(state)) bases.delete(state)
      planned = [...registry.all.values()].filter((state) => (bases.get(state) ?? goal) < goal)
      const leases = [...registry.leases].map(([lease, { forMs }]) => [lease, forMs] as const)
      return [
        ...planned.map((state): JournalRecord => ['T', state.of, state.room, checkpointOfTable(state.table)]),
        ...(leases.length > 0 ? [['e', leases] as const] : []),
      ]
    },
    written: (segment) => {
      for (const state of planned) bases.set(state, segment)
      planned = []
    },
  }
}
