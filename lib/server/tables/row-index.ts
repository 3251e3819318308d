import { bounds, type Counts } from '../../protocol/frame.js'
import { nameOf } from './kinds.js'
import type { Row } from './model.js'
import { byKey } from './page.js'
import type { Table } from './table.js'

/** Finds rows of a table by their order and by their names. Computes each index at its first use after a change. */
export interface RowIndex {
  readonly counts: () => Counts
  /** Returns the rows after a key, in the order of the keys. */
  readonly page: (after: string | undefined, limit: number | undefined) => readonly Row[]
  /** Returns the rows with these names. */
  readonly named: (names: readonly string[]) => readonly Row[]
  /** Forgets the indexes of an earlier state of the table. */
  readonly changed: () => void
}

const defaultPageRows = 50

export const rowIndex = (table: () => Table | undefined): RowIndex => {
  let sorted: readonly Row[] | undefined
  let byName: ReadonlyMap<string, readonly Row[]> | undefined

  const rowsOf = (): Iterable<Row> => table()?.rows.values() ?? []
  const names = (): ReadonlyMap<string, readonly Row[]> => {
    if (byName) return byName
    const all = new Map<string, Row[]>()
    for (const row of rowsOf()) {
      const name = nameOf(row.key)
      const others = all.get(name)
      if (others) others.push(row)
      else all.set(name, [row])
    }
    byName = all
    return all
  }
  return {
    counts: () => ({ rows: table()?.rows.size ?? 0, names: names().size }),
    page: (after, limit = defaultPageRows) => {
      sorted ??= [...rowsOf()].sort(byKey)
      const first = after === undefined ? 0 : sorted.findIndex(({ key }) => key > after)
      return first < 0 ? [] : sorted.slice(first, first + Math.min(limit, bounds.viewRows))
    },
    named: (wanted) => [...new Set(wanted)].flatMap((name) => names().get(name) ?? []),
    changed: () => {
      sorted = byName = undefined
    },
  }
}
