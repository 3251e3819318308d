import { INFO, ROOM } from '../../protocol/room-info.js'
import { nameOf } from './kinds.js'
import type { Change, Changes, Dropped, Put, Row, Rows, TablePosition, Write, WriteOutcome } from './model.js'

/** A keyed collection with a version, and a bounded memory of its latest changes. */
export interface Table {
  readonly epoch: string
  version: number
  rows: Map<string, Row>
  /** The changes after the version `base`, the oldest first. */
  changes: Change[]
  base: number
  bytes: number
}

/** The bounds of one table. */
interface TableSize {
  readonly rows: number
  readonly bytes: number
}

/**
 * The bounds of a table. The tables `room` grow more slowly the more they have together, and the last tenth of their bytes
 * is for other rows than records: rooms that one user creates take neither the place of others, nor that of sanctions.
 * Those with a row for each member, `members`, `answers`, `seats` and `queue`, and the directory, have others. */
export interface TableBounds extends TableSize {
  readonly members: TableSize
  /** The heap bytes of all tables of one kind together. */
  readonly totalBytes: number
  /** The number of changes to remember, and their age in ms. */
  readonly changes: number
  readonly changesMs: number
}

export const defaultTableBounds: TableBounds = {
  rows: 2_000,
  bytes: 256 * 2 ** 10,
  members: { rows: 50_000, bytes: 32 * 2 ** 20 },
  totalBytes: 64 * 2 ** 20,
  changes: 1_024,
  changesMs: 60_000,
}

export const emptyTable = (epoch: string): Table => ({
  epoch,
  version: 0,
  rows: new Map(),
  changes: [],
  base: 0,
  bytes: tableBytes,
})

const large: ReadonlySet<string> = new Set(['members', 'answers', 'seats', 'queue', 'rooms', 'ends'])

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
  /** The most rows and bytes that the table may have, beside the other tables. */
  readonly most: TableSize
  /** The most bytes of the table after a put of a record of a room. */
  readonly recordBytes: number
  count: number
  /** The rows as they will be; `undefined`: dropped. */
  readonly rows: Map<string, Row | undefined>
  readonly changes: Decided[]
}

/** A decided change: the row that it puts, the row that only has another generation or lease, or the dropped one. */
export type Decided =
  | { readonly put: Row }
  | { readonly hold: Row }
  | { readonly drop: Dropped & { readonly version: number } }

/** `otherBytes`: those of all other tables. */
export const draftOf = (
  of: string,
  { version, bytes, rows }: Table,
  bounds: TableBounds,
  otherBytes: number,
): TableDraft => {
  const { totalBytes, members } = bounds
  const free = totalBytes - otherBytes
  const isRoom = of === ROOM
  return {
    version,
    bytes,
    most: sizeOf(large.has(of) ? members : bounds, isRoom ? free / roomShares : free),
    recordBytes: isRoom ? free - totalBytes / 10 : Infinity,
    count: rows.size,
    rows: new Map(),
    changes: [],
  }
}

/** A table `room` takes at most this part of the bytes that others of them leave: 250 full ones, as many as a user creates, leave a third of all. */
const roomShares = 256

const sizeOf = ({ rows, bytes }: TableSize, mostBytes: number): TableSize => ({
  rows,
  bytes: Math.min(bytes, mostBytes),
})

/** Returns a row as it will be after the writes of a draft. */
export const rowIn = ({ rows }: Table, draft: TableDraft | undefined, key: string): Row | undefined =>
  draft?.rows.has(key) ? draft.rows.get(key) : rows.get(key)

/**
 * Decides a write after those of the draft, and changes only the draft. `fence` returns the outcome of
 * a write whose term is not that of the present leader of the room.
 */
export const decideWrite = (
  table: Table,
  draft: TableDraft,
  write: Write,
  fence: (write: Write) => WriteOutcome | undefined,
): WriteOutcome => {
  const { key, generation, ifVersion } = write
  const fenced = fence(write)
  if (fenced) return fenced
  const row = rowIn(table, draft, key)
  const isKept =
    (row && generation !== undefined && generation < row.generation) ||
    (ifVersion !== undefined && ifVersion !== (row?.version ?? 0)) ||
    (write._tag === 'Put' && write.ifNew && row) ||
    (write._tag === 'Put' && write.ifFewer !== undefined && !row && !hasPlace(table, draft, key, write.ifFewer)) ||
    (write._tag === 'Put' && write.ifRow && write.ifRow.version !== rowIn(table, draft, write.ifRow.key)?.version) ||
    (write._tag === 'Drop' && write.ifLease !== undefined && write.ifLease !== row?.lease)
  if (isKept) return { _tag: 'Kept', row }
  if (write._tag === 'Put') return decidePut(draft, row, write)
  if (!row) return { _tag: 'Written', version: 0 }
  draft.version++
  draft.count--
  draft.bytes -= costOfRow(row)
  draft.rows.set(key, undefined)
  draft.changes.push({ drop: { key, cause: write.cause, version: draft.version } })
  return { _tag: 'Written', version: 0 }
}

/** Returns true where the table has the name of this key, or fewer names than `most`. */
const hasPlace = ({ rows }: Table, draft: TableDraft, key: string, most: number): boolean => {
  if (draft.count < most) return true
  const names = new Set<string>()
  for (const each of rows.keys()) if (!draft.rows.has(each)) names.add(nameOf(each))
  for (const [each, row] of draft.rows) if (row) names.add(nameOf(each))
  return names.size < most || names.has(nameOf(key))
}

const decidePut = (draft: TableDraft, row: Row | undefined, put: Put): WriteOutcome => {
  const { key, value, generation = row?.generation ?? 0, lease } = put
  const since = row?.since ?? put.since ?? 0
  const isSame = row?.value === value
  const version = isSame ? row.version : draft.version + 1
  const next: Row = { key, value, generation, version, since, ...(lease !== undefined && { lease }) }
  if (isSame) {
    if (row.generation !== generation || row.lease !== lease) {
      draft.rows.set(key, next)
      draft.changes.push({ hold: next })
    }
    return { _tag: 'Written', version }
  }
  const bytes = draft.bytes + costOfRow(next) - (row ? costOfRow(row) : 0)
  const { most, recordBytes } = draft
  const mostBytes = key === INFO ? Math.min(most.bytes, recordBytes) : most.bytes
  if ((!row && draft.count >= most.rows) || (bytes > mostBytes && bytes > draft.bytes)) return { _tag: 'Full' }
  if (!row) draft.count++
  draft.version = version
  draft.bytes = bytes
  draft.rows.set(key, next)
  draft.changes.push({ put: next })
  return { _tag: 'Written', version }
}

/** Puts a row into a table, and remembers the change. */
export const putRow = (table: Table, row: Row, time: number): void => {
  const { key, version } = row
  const before = table.rows.get(key)
  table.bytes += costOfRow(row) - (before ? costOfRow(before) : 0)
  table.rows.set(key, row)
  table.changes.push(before ? { key, version, time } : { key, version, time, isNew: true })
}

/** Drops a row of a table, and remembers the change. An unknown row has no effect. */
export const dropRow = (table: Table, { key, cause }: Dropped, version: number, time: number): void => {
  const before = table.rows.get(key)
  if (!before) return
  table.bytes -= costOfRow(before)
  table.rows.delete(key)
  table.changes.push({ key, version, cause, time })
}

/** Applies decided changes, in their order. */
export const applyDecided = (table: Table, changes: readonly Decided[], time: number): void => {
  for (const change of changes) {
    if ('hold' in change) {
      const { hold } = change
      if (table.rows.get(hold.key)?.version === hold.version) table.rows.set(hold.key, hold)
      continue
    }
    const { version } = 'put' in change ? change.put : change.drop
    table.version = version
    if ('put' in change) putRow(table, change.put, time)
    else dropRow(table, change.drop, version, time)
  }
}

/** Forgets changes beyond the bounds. */
export const trimChanges = (table: Table, { changes, changesMs }: TableBounds, now: number): void => {
  const { length } = table.changes
  let first = Math.max(0, length - changes)
  for (let at = table.changes[first]; at && at.time < now - changesMs; at = table.changes[first]) first++
  // Half at a time, so that the list is not copied for each change.
  if (first === 0 || (first < length && first * 2 <= changes)) return
  table.base = table.changes[first - 1]?.version ?? table.base
  table.changes = table.changes.slice(first)
}

/** Returns true where the changes after a position are remembered. */
export const canContinue = ({ epoch, version, base }: Table, from: TablePosition): boolean =>
  from.epoch === epoch && from.version <= version && from.version >= base

/** Returns the difference from a position to now; the whole table where its changes are forgotten. */
export const since = (table: Table, from: TablePosition | undefined): Rows | Changes => {
  const { epoch, version, rows, changes, base } = table
  if (!from || !canContinue(table, from))
    return { _tag: 'Rows', epoch, version, rows: [...rows.values()], changes: [...changes], base }
  let first = changes.length
  while (first > 0 && (changes[first - 1]?.version ?? 0) > from.version) first--
  const latest = new Map<string, Pick<Change, 'cause' | 'isNew'>>()
  for (const { key, cause, isNew } of changes.slice(first)) {
    const wasNew = latest.has(key) ? latest.get(key)?.isNew : isNew
    latest.set(key, { ...(cause !== undefined && { cause }), ...(wasNew && { isNew: true }) })
  }
  const puts: Row[] = []
  const drops: Dropped[] = []
  for (const [key, { cause = '', isNew }] of latest) {
    const row = rows.get(key)
    if (row) puts.push(row)
    // A row that came and went meanwhile was never seen.
    else if (!isNew) drops.push({ key, cause })
  }
  return { _tag: 'Changes', epoch, prev: from.version, version, puts, drops }
}
