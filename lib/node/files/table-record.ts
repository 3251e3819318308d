import type { Row } from '../../server/tables/model.js'
import { costOfRow, type Decided, emptyTable, type Table } from '../../server/tables/table.js'

/** A row in JSON. An empty lease: none. */
type RowRecord = readonly [
  key: string,
  value: string,
  generation: number,
  lease: string,
  version: number,
  since: number,
]

/** A change of a table in JSON: a row, of which a put made the version or was without effect on it, or a dropped key. */
export type TableChange = RowRecord | readonly [key: string, cause: string, version: number]

/** The rows of a table in JSON. */
export interface TableCheckpoint {
  readonly epoch: string
  readonly version: number
  readonly rows: readonly RowRecord[]
}

export const changeOf = (change: Decided): TableChange => {
  if ('drop' in change) return [change.drop.key, change.drop.cause, change.drop.version]
  return recordOf('put' in change ? change.put : change.hold)
}

/** Restores the changes that a table of this version does not have. */
export const decidedFrom = (version: number, changes: readonly TableChange[]): readonly Decided[] => {
  let latest = version
  return changes.flatMap((change): readonly Decided[] => {
    if (change.length === 3) {
      const [key, cause, made] = change
      if (made <= latest) return []
      latest = made
      return [{ drop: { key, cause, version: made } }]
    }
    const row = rowOf(change)
    if (row.version <= latest) return [{ hold: row }]
    latest = row.version
    return [{ put: row }]
  })
}

export const checkpointOfTable = ({ epoch, version, rows }: Table): TableCheckpoint => ({
  epoch,
  version,
  rows: [...rows.values()].map(recordOf),
})

export const tableOf = ({ epoch, version, rows }: TableCheckpoint): Table => {
  const table = emptyTable(epoch)
  table.version = table.base = version
  for (const each of rows) {
    const row = rowOf(each)
    table.rows.set(row.key, row)
    table.bytes += costOfRow(row)
  }
  return table
}

const recordOf = ({ key, value, generation, lease = '', version, since }: Row): RowRecord => [
  key,
  value,
  generation,
  lease,
  version,
  since,
]

const rowOf = ([key, value, generation, lease, version, since]: RowRecord): Row => ({
  key,
  value,
  generation,
  version,
  since,
  ...(lease !== '' && { lease }),
})
