import type { Broken, Renewal, ServerRecord, TableChange, TableRows, Valued } from '../history/record.js'
import { hearMs } from './delays.js'
import type { Violations } from './violations.js'

/** A row that was put into a table of a room, or dropped from it. */
export interface TableEvent {
  readonly at: number
  /** The place in all epochs of the table, as one number that grows. */
  readonly place: number
  readonly epoch: string
  readonly key: string
  /** The version of the row, and its value as JSON text; 0 and `null` where it was dropped. */
  readonly version: number
  readonly value: string | null
  /** The version of the row before; 0: there was none. */
  readonly before: number
  /** The cause of a drop; `?` where nobody saw it, because the server was killed. */
  readonly cause: string
  /** True for a change as it happened, false for one that a later reading of all rows has shown. */
  readonly isSeen: boolean
}

/** The tables of rooms, as the servers wrote them down. */
export interface Tables {
  readonly rooms: (of: string) => readonly string[]
  /** All changes, in order. */
  readonly events: (of: string, room: string) => readonly TableEvent[]
  /** The rows at the end. */
  readonly rows: (of: string, room: string) => ReadonlyMap<string, { readonly version: number; readonly value: string }>
  /** How many seats rooms have. */
  readonly capacities: ReadonlyMap<string, number>
  /** True where a server at which a user was at a time, or has come to since, was lost between then and another time. */
  readonly isLost: (user: string, from: number, until: number) => boolean
  /** True where such a server tried again and again to renew its lease, and the engine failed it each time. */
  readonly isFailed: (user: string, from: number, until: number) => boolean
}

/** A server tries at least so often to renew its lease before that ends. */
const triesMin = 6
/** Versions within an epoch stay far below. */
const span = 2 ** 40

/** A server at a time. */
interface Visit {
  readonly at: number
  readonly node: number
}

interface State {
  epoch: string
  ordinal: number
  version: number
  rows: Map<string, { readonly version: number; readonly value: string }>
  readonly events: TableEvent[]
}

export const readTables = (server: Iterable<ServerRecord>, broken: readonly Broken[], { add }: Violations): Tables => {
  const states = new Map<string, State>()
  const capacities = new Map<string, number>()
  const losses: Visit[] = []
  const visits = new Map<string, Visit[]>()
  const renewals = new Map<number, Renewal[]>()
  const stateOf = (of: string, room: string, epoch: string): State => {
    const key = `${of}\n${room}`
    const known = states.get(key) ?? { epoch, ordinal: 0, version: 0, rows: new Map(), events: [] }
    states.set(key, known)
    return known
  }
  const put = (state: State, at: number, [key, version, value]: Valued, isSeen: boolean): void => {
    const { epoch, ordinal, rows, events } = state
    const before = rows.get(key)?.version ?? 0
    rows.set(key, { version, value })
    events.push({ at, place: ordinal * span + version, epoch, key, version, value, before, cause: '', isSeen })
  }
  const drop = (state: State, at: number, key: string, cause: string, place: number): void => {
    const { epoch, ordinal, rows, events } = state
    const before = rows.get(key)?.version ?? 0
    rows.delete(key)
    events.push({ at, place: ordinal * span + place, epoch, key, version: 0, value: null, before, cause, isSeen: cause !== '?' }) // prettier-ignore
  }
  const read = ([, at, of, room, epoch, version, rows]: TableRows): void => {
    const state = stateOf(of, room, epoch)
    const where = `${of} of ${room}`
    if (state.epoch !== epoch) {
      if (state.rows.size > 0 && !broken.some(([, from, , , , entails]) => entails.includes('epoch') && from <= at))
        add('table/epoch', `${where} began anew as ${epoch} although nothing had made it: it was at ${state.version}`)
      Object.assign(state, { epoch, ordinal: state.ordinal + 1 })
    } else if (version < state.version)
      add('table/lost', `${where} was at ${state.version} and is at ${version} at ${at}`)
    state.version = version
    const now = new Map(rows.map((row) => [row[0], row]))
    for (const key of [...state.rows.keys()]) if (!now.has(key)) drop(state, at, key, '?', version)
    for (const row of rows) {
      const known = state.rows.get(row[0])
      if (known?.version !== row[1] || known.value !== row[2]) put(state, at, row, false)
    }
  }
  const changed = ([, at, of, room, epoch, version, puts, drops]: TableChange): void => {
    const state = stateOf(of, room, epoch)
    if (epoch !== state.epoch || version <= state.version)
      add('table/order', `${of} of ${room} went from ${state.epoch} ${state.version} to ${epoch} ${version} at ${at}`)
    state.version = version
    for (const [key, cause] of drops) drop(state, at, key, cause, version)
    for (const row of puts) put(state, at, row, true)
  }
  for (const record of server) {
    if (record[0] === 'table') read(record)
    else if (record[0] === 'changed') changed(record)
    else if (record[0] === 'capacity') capacities.set(record[2], record[3])
    else if (record[0] === 'serving') losses.push({ at: record[1], node: record[3] })
    else if (record[0] === 'stopped') losses.push({ at: record[1], node: record[2] })
    else if (record[0] === 'renewal') renewals.set(record[2], [...(renewals.get(record[2]) ?? []), record])
    else if (record[0] === 'greeted') {
      const [, at, node, user] = record
      visits.set(user, [...(visits.get(user) ?? []), { at, node }])
    }
  }
  /** The servers at which a user was at a time, or has come to since. */
  const nodesOf = (user: string, from: number, until: number): ReadonlySet<number> => {
    const mine = visits.get(user) ?? []
    // What an earlier link has said may come late.
    const nodes = new Set(mine.filter(({ at }) => at > from - hearMs && at <= until).map(({ node }) => node))
    return nodes.add(mine.filter(({ at }) => at <= from).at(-1)?.node ?? 0)
  }
  const hasFailed = (node: number, until: number): boolean => {
    const before = (renewals.get(node) ?? []).flatMap(([, at, , isDone]) => (at <= until ? [isDone] : []))
    return before.length - 1 - before.lastIndexOf(1) >= triesMin
  }
  return {
    rooms: (of) => [...states.keys()].filter((key) => key.startsWith(`${of}\n`)).map((key) => key.slice(of.length + 1)),
    events: (of, room) => states.get(`${of}\n${room}`)?.events ?? [],
    rows: (of, room) => states.get(`${of}\n${room}`)?.rows ?? new Map(),
    capacities,
    isLost: (user, from, until) => {
      const nodes = nodesOf(user, from, until)
      return losses.some(({ at, node }) => at >= from && at <= until && nodes.has(node))
    },
    isFailed: (user, from, until) => [...nodesOf(user, from, until)].some((node) => hasFailed(node, until)),
  }
}
