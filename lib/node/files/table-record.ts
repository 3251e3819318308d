import type { Row } from '../../server/tables/model.js'
import { costOfRow, type Decided, emptyTable, type Table } from '../../server/tables/table.js'

/** A change of a table in JSON: a row that was put, or the key and the cause of a dropped one. */
export type TableChange =
  | readonly [key: string, value: string, generation: number, lease: string]
  | readonly [key: string, cause: string]

/** The rows of a table in JSON. */
export interface TableCheckpoint {
  readonly epoch: string
  readonly version: number
  /** An empty lease: none. */
  readonly rows: readonly (readonly [key: string, value: string, generation: number, lease: string, version: number])[]
}

export const changeOf = (change: Decided): TableChange => {
  if ('drop' in change) return [change.drop.key, change.drop.cause]
  const { key, value, generation, lease = '' } = change.put
  return [key, value, generation, lease]
}

/** Restores the changes that follow after a version. */
export const decidedFrom = (prev: number, changes: readonly TableChange[]): readonly Decided[] =>
  changes.map((change, at) => {
    if (change.length === 2) return { drop: { key: change[0], cause: change[1] } }
    const [key, value, generation, lease] = change
    return { put: rowOf(key, value, generation, lease, prev + at + 1) }
  })

export const checkpointOfTable = ({ epoch, version, rows }: Table): TableCheckpoint => ({
  epoch,
  version,
  rows: [...rows.values()].map((row) => [row.key, row.value, row.generation, row.lease ?? '', row.version]),
})

export const tableOf = ({ epoch, version, rows }: TableCheckpoint): Table => {
  const table = emptyTable(epoch)
  table.version = version
  for (const each of rows) {
    const row = rowOf(...each)
    table.rows.set(row.key, row)
    table.bytes += costOfRow(row)
  }
  return table
}

const rowOf = (key: string, value: string, generation: number, lease: string, version: number): Row => ({
  key,
  value,
  generation,
  version,
  ...(lease !== '' && { lease }),
})
