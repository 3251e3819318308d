import type { TableRegistry, TableState } from '../../server/tables/registry.js'
import { emptyTable, type Table } from '../../server/tables/table.js'
import type { JournalRecord } from './record.js'
import type { TableBases } from './table-bases.js'
import { decidedFrom, tableOf } from './table-record.js'

type TableRecord = Extract<JournalRecord, readonly ['t' | 'T' | 'e', ...unknown[]]>

/** No change up to this version is known. */
const unknownChanges = (version: number): Pick<Table, 'changes' | 'base'> => ({ changes: [], base: version })

/** Rebuilds tables and leases from a journal. */
export interface TableReplay {
  readonly take: (record: TableRecord, segment: number) => void
  /** Gives a new epoch to tables with missing changes, or to all, and forgets empty ones. Returns the number of the others. */
  readonly rotate: (isEach: boolean) => number
}

export const tableReplay = (registry: TableRegistry, bases: TableBases, epochs: () => string): TableReplay => {
  /** Tables of which changes are missing, unless a later record holds all of them. */
  const torn = new Set<TableState>()

  const change = ([, of, room, epoch, prev, changes]: Extract<TableRecord, readonly ['t', ...unknown[]]>): boolean => {
    const state = registry.open({ of, room })
    const isNew = state.table.epoch !== epoch
    // Rows of an epoch whose beginning is missing are kept: they may be old, which the next epoch tells.
    const isTorn = isNew && prev > 0
    if (isTorn) torn.add(state)
    // It begins here: changes of an earlier epoch, whose own beginning was removed with its segment, are none of its.
    else if (isNew) torn.delete(state)
    if (isNew)
      registry.replace(
        state,
        isTorn ? { ...state.table, epoch, version: prev, ...unknownChanges(prev) } : emptyTable(epoch),
      )
    const { table } = state
    if (prev > table.version) {
      torn.add(state)
      Object.assign(table, { version: prev, ...unknownChanges(prev) })
    }
    // After damage, two places may hold the same record.
    registry.apply(state, decidedFrom(table.version, changes))
    return isNew
  }
  return {
    take: (record, segment) => {
      switch (record[0]) {
        case 't':
          if (change(record)) bases.begin(registry.open({ of: record[1], room: record[2] }), segment)
          return
        case 'T': {
          const state = registry.open({ of: record[1], room: record[2] })
          registry.replace(state, tableOf(record[3]))
          torn.delete(state)
          bases.begin(state, segment)
          return
        }
        case 'e':
          for (const [lease, forMs] of record[1]) registry.renew(lease, forMs, { leases: forMs > 0 ? [] : [lease] })
      }
    },
    rotate: (isEach) => {
      let rotated = 0
      for (const state of [...registry.all.values()]) {
        if (state.table.rows.size > 0 && (isEach || torn.has(state))) {
          registry.replace(state, { ...state.table, epoch: epochs(), ...unknownChanges(state.table.version) })
          rotated++
        }
        registry.settle(state)
      }
      return rotated
    },
  }
}
