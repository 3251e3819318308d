import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { ROOM } from '../../protocol/room-info.js'
import type { EngineFailure } from '../answer.js'
import type { Drop, TableFeed, TableId, TablePosition } from './model.js'
import {
  applyDecided,
  type Decided,
  draftOf,
  emptyTable,
  since,
  type Table,
  type TableBounds,
  type TableDraft,
  trimChanges,
} from './table.js'

/** A table with its followers. */
export interface TableState extends TableId {
  table: Table
  readonly followers: Set<TableFollower>
  /** True once it was settled with rows. */
  hasBegun: boolean
  /** True while its followers are told, so that a change from within reaches them afterwards. */
  telling: boolean
  /** The number of writes under way, which need the table. */
  pins: number
}

/** A reader with a position in a table. */
export interface TableFollower {
  readonly to: Subscriber<Either<EngineFailure, TableFeed>>
  at: TablePosition | undefined
}

/** How long a lease lasts from its renewal, and its end on the engine's clock. */
export interface Lease {
  readonly forMs: number
  readonly end: number
}

/** The tables of an engine in memory, and their leases. Has no timers. */
export interface TableRegistry {
  readonly all: ReadonlyMap<string, TableState>
  /** Returns a table; an unknown one is empty. An empty table without followers is kept for a minute. */
  readonly open: (id: TableId) => TableState
  readonly find: (id: TableId) => TableState | undefined
  /** Returns the heap bytes of all tables. */
  readonly bytes: () => number
  /** Begins a draft of a table, within the bounds of all tables. */
  readonly draft: (state: TableState) => TableDraft
  /** Applies decided changes to a table, without a message to its followers. */
  readonly apply: (state: TableState, changes: readonly Decided[]) => void
  /** Puts a restored table in the place of another. */
  readonly replace: (state: TableState, table: Table) => void
  /** Tells followers the new changes, and forgets a table without rows and followers. */
  readonly settle: (state: TableState) => void
  /** Sends the difference from a position, and then each change. The returned function unfollows. */
  readonly follow: (id: TableId, from: TablePosition | undefined, to: TableFollower['to']) => () => void
  readonly leases: ReadonlyMap<string, Lease>
  /** Returns true for a lease that is in force. */
  readonly isHeld: (lease: string) => boolean
  /** Renews a lease, or ends it, and forgets those whose rows are dropped with it. Returns true if it was in force. */
  readonly renew: (lease: string, forMs: number, lapsed: Pick<Lapsed, 'leases'>) => boolean
  /** Returns true for each lease that will be over, or is unknown, once this one is renewed for so long. */
  readonly over: (lease: string, forMs: number) => (name: string) => boolean
  /** Returns what is over once this lease is renewed for so long. */
  readonly lapsed: (lease: string, forMs: number) => Lapsed
}

/** Leases that are over, with the drops of their rows, and of rows whose lease is unknown. */
export interface Lapsed {
  readonly leases: readonly string[]
  readonly drops: readonly (readonly [TableState, readonly Drop[]])[]
}

/** Returns true where the table `room` of a room has rows. */
export const hasLife = (registry: Pick<TableRegistry, 'find'>, room: string): boolean =>
  (registry.find({ of: ROOM, room })?.table.rows.size ?? 0) > 0

/** The most empty tables to keep. */
const mostIdle = 10_000

const keyOf = ({ of, room }: TableId): string => `${of}\n${room}`

/** `began` is called where a table that was empty has rows. */
export const tableRegistry = (
  bounds: TableBounds,
  now: () => number,
  epochs: () => string,
  began: (id: TableId) => void = () => undefined,
): TableRegistry => {
  const all = new Map<string, TableState>()
  const leases = new Map<string, Lease>()
  const isHeld = (lease: string): boolean => (leases.get(lease)?.end ?? -Infinity) > now()
  const over =
    (lease: string, forMs: number) =>
    (name: string): boolean =>
      name === lease ? forMs <= 0 : !isHeld(name)
  /** Heap bytes by kind of table: one kind leaves the place of another alone. */
  const bytes = new Map<string, number>()
  const count = (of: string, more: number): void => {
    bytes.set(of, (bytes.get(of) ?? 0) + more)
  }
  /** Empty tables without followers, with the time since when, the longest first. */
  const idle = new Map<TableState, number>()

  const open = (id: TableId): TableState => {
    const key = keyOf(id)
    const known = all.get(key)
    if (known) {
      idle.delete(known)
      return known
    }
    const made: TableState = {
      of: id.of,
      room: id.room,
      table: emptyTable(epochs()),
      followers: new Set(),
      hasBegun: false,
      telling: false,
      pins: 0,
    }
    all.set(key, made)
    count(id.of, made.table.bytes)
    return made
  }
  /** Keeps an empty table for a while, so that its followers come back to the same one. */
  const forgetEmpty = (state: TableState): void => {
    if (state.table.rows.size + state.followers.size + state.pins > 0) return
    idle.delete(state)
    idle.set(state, now())
    for (const [oldest, since] of idle) {
      if (idle.size <= mostIdle && since > now() - bounds.changesMs) return
      idle.delete(oldest)
      all.delete(keyOf(oldest))
      count(oldest.of, -oldest.table.bytes)
    }
  }
  const settle = (state: TableState): void => {
    const hadBegun = state.hasBegun
    state.hasBegun = state.table.rows.size > 0
    tell(state)
    if (state.hasBegun && !hadBegun) began(state)
    trimChanges(state.table, bounds, now())
    forgetEmpty(state)
  }
  return {
    all,
    open,
    find: (id) => all.get(keyOf(id)),
    bytes: () => [...bytes.values()].reduce((sum, each) => sum + each, 0),
    draft: ({ of, table }) => draftOf(of, table, bounds, (bytes.get(of) ?? 0) - table.bytes),
    apply: ({ of, table }, changes) => {
      const before = table.bytes
      applyDecided(table, changes, now())
      count(of, table.bytes - before)
    },
    replace: (state, table) => {
      count(state.of, table.bytes - state.table.bytes)
      state.table = table
    },
    settle,
    follow: (id, from, to) => {
      const state = open(id)
      const follower: TableFollower = { to, at: undefined }
      state.followers.add(follower)
      send(state, follower, from)
      tell(state)
      return () => {
        state.followers.delete(follower)
        forgetEmpty(state)
      }
    },
    leases,
    isHeld,
    over,
    renew: (lease, forMs, { leases: ended }) => {
      const wasHeld = isHeld(lease)
      leases.set(lease, { forMs, end: now() + forMs })
      for (const name of ended) if ((leases.get(name)?.end ?? Infinity) <= now()) leases.delete(name)
      return wasHeld
    },
    lapsed: (lease, forMs) => {
      const isOver = over(lease, forMs)
      // Rows with an unknown lease are looked for when a lease is new: a node has started.
      const ended = [...new Set([...leases.keys(), lease])].filter(isOver)
      if (leases.has(lease) && ended.length === 0) return { leases: [], drops: [] }
      const lost = [...all.values()].map((state) => {
        const rows = [...state.table.rows.values()].filter(({ lease: of }) => of !== undefined && isOver(of))
        const drops = rows.map(({ key, version, lease: ifLease }): Drop => {
          const drop = { _tag: 'Drop', key, ifVersion: version, cause: 'node' } as const
          return ifLease === undefined ? drop : { ...drop, ifLease }
        })
        return [state, drops] as const
      })
      return { leases: ended, drops: lost.filter(([, drops]) => drops.length > 0) }
    },
  }
}

const send = (
  { table }: TableState,
  follower: TableFollower,
  from: TablePosition | undefined,
  item = since(table, from),
): void => {
  follower.at = { epoch: item.epoch, version: item.version }
  follower.to.next(E.right(item))
}

/** Sends every follower its outstanding changes: those of the table now, and those made meanwhile. */
const tell = (state: TableState): void => {
  if (state.telling) return
  state.telling = true
  for (let again = true; again;) {
    again = false
    // Followers at the same version get the same item, which a server encodes once.
    let shared: TableFeed | undefined
    for (const follower of state.followers) {
      const { at } = follower
      const { epoch, version } = state.table
      if (!at || (at.epoch === epoch && at.version === version)) continue
      const isShared =
        shared?._tag === 'Changes' &&
        shared.epoch === epoch &&
        shared.version === version &&
        shared.prev === at.version &&
        at.epoch === epoch
      shared = isShared ? shared : since(state.table, at)
      send(state, follower, at, shared)
      again = true
    }
  }
  state.telling = false
}
