import { frozen } from '../../core/frozen.js'
import type { ListedRoom } from '../../protocol/listed-room.js'
import type { Context } from '../context.js'
import type { Change, Row, Tables } from '../tables/model.js'
import { replica } from '../tables/replica.js'
import { defaultTableBounds, dropRow, emptyTable, putRow, type Table, trimChanges } from '../tables/table.js'
import { occupantsOf } from './occupants.js'
import { directoryTable, factsIn, keyOfRoom, roomOfKey } from './row.js'

/** Called in a turn with the names of the rooms whose rows may have changed; `undefined`: all rows may have. */
export type ListingChanged = (names: ReadonlyMap<string, string> | undefined) => void

/**
 * The rooms of the directory on this server: a table with one row for each room, with its members on all servers. It has
 * the epoch and the versions of the engine's table, so that a client may go on with it at any server.
 */
export interface Listing {
  /** `undefined` before the first rows. */
  readonly table: () => Table | undefined
  /** Returns the room of a row, which is read once. */
  readonly roomIn: (row: Row) => ListedRoom
  readonly watch: (changed: ListingChanged) => () => void
  readonly close: () => void
}

/** Returns why a room is not listed. */
const causeOf = (row: Row | undefined): string => {
  const facts = row ? factsIn(row) : 'closed'
  return typeof facts === 'string' ? facts : 'view'
}

export const listing = (context: Context, tables: Tables): Listing => {
  const watchers = new Set<ListingChanged>()
  let derived: Table | undefined
  const known = new WeakMap<Row, ListedRoom>()
  /** The rows of counts by room and by lease. */
  let counts = new Map<string, Map<string, Row>>()

  const tell: ListingChanged = (names) => {
    for (const each of [...watchers]) each(names)
  }
  const count = (key: string, row: Row | undefined): void => {
    const { name, lease } = roomOfKey(key)
    if (lease === undefined) return
    const ofRoom = counts.get(name) ?? new Map<string, Row>()
    if (row) counts.set(name, ofRoom.set(lease, row))
    else if (ofRoom.delete(lease) && ofRoom.size === 0) counts.delete(name)
  }
  /** Returns the row of a room as it is now. */
  const rowOf = (source: Table, name: string): Row | undefined => {
    const facts = source.rows.get(keyOfRoom(name))
    const shown = facts ? factsIn(facts) : 'closed'
    if (!facts || typeof shown === 'string') return undefined
    const { members, users, taken } = occupantsOf(counts.get(name)?.values() ?? [])
    const seats = shown.capacity === undefined ? '' : `,"taken":${taken}`
    const value = `${facts.value.slice(0, -1)},"members":${members},"users":${users}${seats}}`
    return { key: name, value, generation: 0, version: source.version, since: 0 }
  }
  const rebuild = (source: Table): void => {
    counts = new Map()
    for (const row of source.rows.values()) count(row.key, row)
    const made = emptyTable(source.epoch)
    for (const key of source.rows.keys()) {
      const { name, lease } = roomOfKey(key)
      const row = lease === undefined ? rowOf(source, name) : undefined
      if (row) made.rows.set(name, row)
    }
    const changes = source.changes.map(({ key, version, cause, time, isNew }): Change => {
      const { name, lease } = roomOfKey(key)
      return { key: name, version, time, ...(cause !== undefined && { cause }), ...(!lease && isNew && { isNew }) }
    })
    derived = Object.assign(made, { version: source.version, base: source.base, changes })
    tell(undefined)
  }
  const advance = (source: Table, table: Table): void => {
    const names = new Map<string, string>()
    const time = context.now()
    for (const { key, version } of source.changes) {
      if (version <= table.version) continue
      count(key, source.rows.get(key))
      const { name } = roomOfKey(key)
      names.set(name, causeOf(source.rows.get(keyOfRoom(name))))
    }
    table.version = source.version
    for (const [name, cause] of names) {
      const row = rowOf(source, name)
      const before = table.rows.get(name)
      if (row?.value === before?.value) names.delete(name)
      else if (!row) dropRow(table, { key: name, cause }, source.version, time)
      else putRow(table, row, time)
    }
    trimChanges(table, defaultTableBounds, time)
    tell(names)
  }
  const copy = replica(context, tables, directoryTable, (keys) => {
    const source = copy.table()
    if (!source) return
    if (keys && derived?.epoch === source.epoch && source.base <= derived.version) advance(source, derived)
    else rebuild(source)
  })
  return {
    table: () => derived,
    roomIn: (row) => {
      const room = known.get(row) ?? frozen({ name: row.key, ...(JSON.parse(row.value) as Omit<ListedRoom, 'name'>) })
      known.set(row, room)
      return room
    },
    watch: (changed) => {
      watchers.add(changed)
      return () => watchers.delete(changed)
    },
    close: copy.close,
  }
}
