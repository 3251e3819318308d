import type { ListedRoom, ListedValue } from '../../protocol/listed-room.js'
import type { Context } from '../context.js'
import type { ChangedKeys } from '../tables/row-index.js'
import type { Row } from '../tables/model.js'
import { defaultTableBounds, dropRow, emptyTable, putRow, type Table, trimChanges } from '../tables/table.js'
import type { Listing } from './listing.js'

/** The rooms that a view shows. */
export interface Choice {
  /** The beginning of their names. */
  readonly prefix: string
  /** The values of listed members of their metadata. */
  readonly where: Readonly<Record<string, ListedValue>>
  /** The application's own choice for one session. */
  readonly mayList?: (room: ListedRoom) => boolean
}

/**
 * The chosen rooms of a listing, as a table with the versions of the listing, and with its epoch; where the application
 * chooses, with one of its own.
 */
export interface Selection {
  readonly table: () => Table | undefined
  readonly close: () => void
}

/** Returns true for a row that a choice wants. */
const isChosen = (row: Row, { prefix, where, mayList }: Choice, roomIn: Listing['roomIn']): boolean => {
  if (!row.key.startsWith(prefix)) return false
  const conditions = Object.entries(where)
  if (conditions.length === 0 && !mayList) return true
  const room = roomIn(row)
  return conditions.every(([name, value]) => room.metadata[name] === value) && (mayList?.(room) ?? true)
}

/** Selects rooms of a listing. `changed` is called in a turn, after each change. */
export const selection = (
  { now, settings }: Context,
  listed: Listing,
  choice: Choice,
  changed: (keys?: ChangedKeys) => void,
): Selection => {
  let table: Table | undefined
  let sourceEpoch = ''

  const rebuild = (source: Table): void => {
    // A client with rows of another selection begins with all rows: it may know of other rooms.
    const made = emptyTable(choice.mayList ? settings.ids() : source.epoch)
    sourceEpoch = source.epoch
    for (const [name, row] of source.rows) if (isChosen(row, choice, listed.roomIn)) made.rows.set(name, row)
    const { version } = source
    // A client that may not know of a room gets no name of it, so it begins with all rows.
    const isPublic = choice.mayList === undefined
    const changes = isPublic ? source.changes.filter(({ key }) => key.startsWith(choice.prefix)) : []
    table = Object.assign(made, { version, base: isPublic ? source.base : version, changes })
  }
  const advance = (source: Table, of: Table, names: ReadonlyMap<string, string>): void => {
    const [added, removed]: [string[], string[]] = [[], []]
    const { version } = source
    of.version = version
    for (const [name, cause] of names) {
      const row = source.rows.get(name)
      const before = of.rows.has(name)
      if (row && isChosen(row, choice, listed.roomIn)) {
        putRow(of, row, now())
        if (!before) added.push(name)
      } else if (before) {
        dropRow(of, { key: name, cause: row ? 'view' : cause }, version, now())
        removed.push(name)
      }
    }
    trimChanges(of, defaultTableBounds, now())
    changed({ added, removed })
  }
  const stop = listed.watch((names) => {
    const source = listed.table()
    if (!source) return
    if (names && table && sourceEpoch === source.epoch) advance(source, table, names)
    else {
      rebuild(source)
      changed()
    }
  })
  const source = listed.table()
  if (source) rebuild(source)
  return { table: () => table, close: stop }
}
