import type { Changes, Dropped, Put, Row, Rows, TablePosition, Write, WriteOutcome } from './model.js'

/** A keyed collection with a version, and a bounded memory of its latest changes. */
export interface Table {
  readonly epoch: string
  version: number
  rows: Map<string, Row>
  /** The latest changes, the oldest first. Their versions are consecutive and end with `version`. */
  changes: Change[]
  bytes: number
}

/** One change: the key of the row, and the cause if the row was dropped. */
export interface Change {
  readonly key: string
  readonly cause?: string
  readonly time: number
}

/** The bounds of a table. */
export interface TableBounds {
  readonly rows: number
  readonly bytes: number
  /** The heap bytes of all tables of an engine together. */
  readonly totalBytes: number
  /** The number of changes to remember, and their age in ms. */
  readonly changes: number
  readonly changesMs: number
}

export const defaultTableBounds: TableBounds = {
  rows: 2_000,
  bytes: 256 * 2 ** 10,
  totalBytes: 64 * 2 ** 20,
  changes: 1_024,
  changesMs: 60_000,
}

export const emptyTable = (epoch: string): Table => ({
  epoch,
  version: 0,
  rows: new Map(),
  changes: [],
  bytes: tableBytes,
})

/** Heap bytes of a row without its texts, on 64 bits. */
const rowBytes = 160
/** Heap bytes of a table without its rows. */
const tableBytes = 600

export const costOfRow = ({ key, value }: Pick<Row, 'key' | 'value'>): number =>
  rowBytes + 2 * (key.length + value.length)

/** Writes that were decided after those of the table, and are not applied yet. */
export interface TableDraft {
  version: number
  bytes: number
  /** The most bytes that the table may have, beside the other tables. */
  readonly mostBytes: number
  count: number
  /** The rows as they will be; `undefined`: dropped. */
  readonly rows: Map<string, Row | undefined>
  readonly changes: Decided[]
}

/** A decided change: the row that it puts, or the dropped one. */
export type Decided = { readonly put: Row } | { readonly drop: Dropped }

/** `otherBytes`: those of all other tables. */
export const draftOf = ({ version, bytes, rows }: Table, bounds: TableBounds, otherBytes: number): TableDraft => ({
  version,
  bytes,
  mostBytes: Math.min(bounds.bytes, bounds.totalBytes - otherBytes),
  count: rows.size,
  rows: new Map(),
  changes: [],
})

/** Decides a write after those of the draft, and changes only the draft. */
export const decideWrite = (table: Table, draft: TableDraft, write: Write, bounds: TableBounds): WriteOutcome => {
  const { key, generation, ifVersion } = write
  const row = draft.rows.has(key) ? draft.rows.get(key) : table.rows.get(key)
  const isKept =
    (row && generation !== undefined && generation < row.generation) ||
    (ifVersion !== undefined && ifVersion !== (row?.version ?? 0)) ||
    (write._tag === 'Put' && write.ifNew && row)
  if (isKept) return { _tag: 'Kept', row }
  if (write._tag === 'Put') return decidePut(draft, row, write, bounds)
  if (!row) return { _tag: 'Written', version: 0 }
  draft.version++
  draft.count--
  draft.bytes -= costOfRow(row)
  draft.rows.set(key, undefined)
  draft.changes.push({ drop: { key, cause: write.cause } })
  return { _tag: 'Written', version: 0 }
}

const decidePut = (draft: TableDraft, row: Row | undefined, put: Put, bounds: TableBounds): WriteOutcome => {
  const { key, value, generation = row?.generation ?? 0, lease } = put
  const isSame = row && row.value === value && row.generation === generation && row.lease === lease
  if (isSame) return { _tag: 'Written', version: row.version }
  const version = draft.version + 1
  const next: Row = { key, value, generation, version, ...(lease !== undefined && { lease }) }
  const bytes = draft.bytes + costOfRow(next) - (row ? costOfRow(row) : 0)
  if ((!row && draft.count >= bounds.rows) || (bytes > draft.mostBytes && bytes > draft.bytes)) return { _tag: 'Full' }
  if (!row) draft.count++
  draft.version = version
  draft.bytes = bytes
  draft.rows.set(key, next)
  draft.changes.push({ put: next })
  return { _tag: 'Written', version }
}

/** Applies decided changes, in their order. */
export const applyDecided = (table: Table, changes: readonly Decided[], time: number): void => {
  for (const change of changes) {
    const key = 'put' in change ? change.put.key : change.drop.key
    const before = table.rows.get(key)
    if (before) table.bytes -= costOfRow(before)
    table.version++
    if ('put' in change) {
      table.rows.set(key, change.put)
      table.bytes += costOfRow(change.put)
      table.changes.push({ key, time })
    } else {
      table.rows.delete(key)
      table.changes.push({ key, cause: change.drop.cause, time })
    }
  }
}

/** Forgets changes beyond the bounds. */
export const trimChanges = (table: Table, { changes, changesMs }: TableBounds, now: number): void => {
  const { length } = table.changes
  let first = Math.max(0, length - changes)
  for (let at = table.changes[first]; at && at.time < now - changesMs; at = table.changes[first]) first++
  // Half at a time, so that the list is not copied for each change.
  if (first > 0 && (first === length || first * 2 > changes)) table.changes = table.changes.slice(first)
}

/** Returns the difference from a position to now; the whole table where its changes are forgotten. */
export const since = (table: Table, from: TablePosition | undefined): Rows | Changes => {
  const { epoch, version, rows, changes } = table
  const missing = from && from.epoch === epoch ? version - from.version : -1
  if (!from || missing < 0 || missing > changes.length)
    return { _tag: 'Rows', epoch, version, rows: [...rows.values()] }
  const latest = new Map<string, Change>()
  for (const change of changes.slice(changes.length - missing)) latest.set(change.key, change)
  const puts: Row[] = []
  const drops: Dropped[] = []
  for (const { key, cause } of latest.values()) {
    const row = rows.get(key)
    if (row) puts.push(row)
    else drops.push({ key, cause: cause ?? '' })
  }
  return { _tag: 'Changes', epoch, prev: from.version, version, puts, drops }
}
