import { bounds, type Counts } from '../../protocol/frame.js'
import { nameOf as memberNameOf } from './kinds.js'
import type { Row } from './model.js'
import type { Table } from './table.js'

/** Finds rows of a table by their order and by their names. */
export interface RowIndex {
  readonly counts: () => Counts
  /** Returns the rows after a key, in the order of the keys. */
  readonly page: (after: string | undefined, limit: number | undefined) => readonly Row[]
  /** Returns true where there is a row with this name. */
  readonly has: (name: string) => boolean
  /** Returns the rows with these names. */
  readonly named: (names: readonly string[]) => readonly Row[]
  /** Takes the keys that came and went; without them, the table is another one. */
  readonly changed: (keys?: ChangedKeys) => void
}

/** The keys of rows that came and went. A row that has another value is in neither. */
export interface ChangedKeys {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

const defaultPageRows = 50

export const rowIndex = (table: () => Table | undefined, nameOf = memberNameOf): RowIndex => {
  let byName = new Map<string, Set<string>>()
  /** Made at the first use after a change of the keys. */
  let sorted: readonly string[] | undefined

  const add = (key: string): void => {
    const name = nameOf(key)
    const keys = byName.get(name) ?? new Set()
    byName.set(name, keys.add(key))
  }
  const remove = (key: string): void => {
    const name = nameOf(key)
    const keys = byName.get(name)
    keys?.delete(key)
    if (keys?.size === 0) byName.delete(name)
  }
  const rowsOf = (keys: Iterable<string>): readonly Row[] => {
    const rows = table()?.rows
    return [...keys].flatMap((key) => rows?.get(key) ?? [])
  }
  return {
    counts: () => ({ rows: table()?.rows.size ?? 0, names: byName.size }),
    page: (after, limit = defaultPageRows) => {
      sorted ??= [...(table()?.rows.keys() ?? [])].sort()
      const first = after === undefined ? 0 : sorted.findIndex((key) => key > after)
      return first < 0 ? [] : rowsOf(sorted.slice(first, first + Math.min(limit, bounds.viewRows)))
    },
    has: (name) => byName.has(name),
    named: (wanted) => [...new Set(wanted)].flatMap((name) => rowsOf(byName.get(name) ?? [])),
    changed: (keys) => {
      if (!keys) {
        byName = new Map()
        for (const key of table()?.rows.keys() ?? []) add(key)
      }
      for (const key of keys?.added ?? []) add(key)
      for (const key of keys?.removed ?? []) remove(key)
      if (!keys || keys.added.length + keys.removed.length > 0) sorted = undefined
    },
  }
}
