import type { PageRange, Row, TablePage } from './model.js'
import type { Table } from './table.js'

/** The order of keys: by their UTF-16 units, as in every engine. */
export const byKey = (a: Pick<Row, 'key'>, b: Pick<Row, 'key'>): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/** Returns the rows of a range, in the order of their keys. A table that does not exist has none. */
export const pageOf = (table: Table | undefined, { prefix = '', after, count }: PageRange): TablePage => {
  const rows = [...(table?.rows.values() ?? [])]
    .filter(({ key }) => key.startsWith(prefix) && (after === undefined || key > after))
    .sort(byKey)
  return { rows: rows.slice(0, count), more: rows.length > count }
}
