import type { Context } from '../context.js'
import { type EngineFeed, engineFeed } from '../engine-feed.js'
import type { ChangedKeys } from './row-index.js'
import type { Row, Rows, TableFeed, TableId, Tables } from './model.js'
import { costOfRow, defaultTableBounds, dropRow, emptyTable, putRow, type Table, trimChanges } from './table.js'

/** A copy of an engine's table on this node, with the changes that the engine remembers. */
export interface Replica extends EngineFeed {
  /** `undefined` before the first rows. */
  readonly table: () => Table | undefined
}

/** Follows a table. Calls `changed` in a turn, after each change of the copy; without keys, the copy is another one. */
export const replica = (
  context: Context,
  tables: Tables,
  id: TableId,
  changed: (keys?: ChangedKeys) => void,
): Replica => {
  let table: Table | undefined

  const take = (item: TableFeed): void => {
    if (item._tag === 'Rows') {
      table = copyOf(item)
      changed()
    } else if (table && item.version !== item.prev) {
      const { rows } = table
      const added = item.puts.filter(({ key }) => !rows.has(key)).map(({ key }) => key)
      const removed = item.drops.filter(({ key }) => rows.has(key)).map(({ key }) => key)
      const time = context.now()
      table.version = item.version
      for (const row of [...item.puts].sort(byVersion)) putRow(table, row, time)
      for (const drop of item.drops) dropRow(table, drop, item.version, time)
      trimChanges(table, defaultTableBounds, time)
      changed({ added, removed })
    }
  }
  const feed = engineFeed<TableFeed>(context, {
    room: id.room,
    follow: () => tables.follow(id, table && { epoch: table.epoch, version: table.version }),
    take,
  })
  return { table: () => table, close: feed.close }
}

const byVersion = (a: Row, b: Row): number => a.version - b.version

const copyOf = ({ epoch, version, rows, changes, base }: Rows): Table => {
  const table = emptyTable(epoch)
  for (const row of rows) {
    table.rows.set(row.key, row)
    table.bytes += costOfRow(row)
  }
  return Object.assign(table, { version, changes: [...changes], base })
}
