import { append, linkedList, type Node, node, unlink } from '../linked-list.js'
import { type CallChange, type CallFact, costOf, lost } from './fact.js'
import type { CallKey } from './ledger.js'
import { type Watcher, watchers } from './watchers.js'

/** A remembered command, with its last change. */
export type CallRecord = CallChange

/** Remembered commands, and their heap bytes. */
export interface Usage {
  readonly count: number
  readonly bytes: number
}

/** The commands of an engine, in memory. Has no timers. */
export interface CallBook {
  /** Returns the name of this memory. */
  readonly name: () => string
  /** Gives it a name; without one, the next reader of the name makes another. */
  readonly rename: (name: string | undefined) => void
  /** Returns the time of the book: that of the clock, continued from restored changes. */
  readonly now: () => number
  readonly find: (key: CallKey) => CallRecord | undefined
  /** The running commands by lease. */
  readonly running: ReadonlyMap<string, ReadonlySet<CallRecord>>
  readonly usage: (user: string) => Usage
  /** Returns the heap bytes of all commands. */
  readonly bytes: () => number
  /** Applies changes, and then tells their watchers. Returns the changed records. */
  readonly apply: (changes: readonly CallChange[]) => readonly CallRecord[]
  /** Forgets commands whose time is over. */
  readonly expire: () => void
  /** Emits the state now and each change. The returned function stops that. */
  readonly watch: (key: CallKey, to: Watcher) => () => void
  /** Continues the time of the book from this one. */
  readonly advance: (at: number) => void
  /** Restores a change; the last one of a command counts. Returns the record. */
  readonly restore: (change: CallChange) => CallRecord
  /** Forgets a restored command. */
  readonly forget: (key: CallKey) => void
  /** Ends the restoring: what was running is lost, and what is too old is forgotten. */
  readonly begin: () => void
}

/** A record with its place in the order of ends. */
interface Held extends CallRecord {
  fact: CallFact
  at: number
  readonly holder: Holder
  readonly end: Node<Held>
}

interface Holder {
  readonly user: string
  readonly records: Map<string, Held>
  bytes: number
}

/** `forgotten` is called with each record that the book forgets. */
export const callBook = (
  dedupeMs: number,
  clock: () => number,
  ids: () => string,
  forgotten: (record: CallRecord) => void = () => undefined,
): CallBook => {
  const holders = new Map<string, Holder>()
  const byLease = new Map<string, Set<Held>>()
  /** Commands that are over, in the order in which they are forgotten. */
  const ends = linkedList<Held>()
  let name: string | undefined
  let total = 0
  let ahead = 0

  const now = (): number => Math.floor(clock()) + ahead
  const find = ({ user, id }: CallKey): Held | undefined => holders.get(user)?.records.get(id)
  const count = (holder: Holder, more: number): void => {
    holder.bytes += more
    total += more
  }
  const add = ({ user, id, fact, at }: CallChange): Held => {
    const holder = holders.get(user) ?? { user, records: new Map<string, Held>(), bytes: 0 }
    holders.set(user, holder)
    const held: Held = { user: holder.user, id, fact, at, holder, end: node() }
    holder.records.set(id, held)
    count(holder, costOf(held))
    return held
  }
  const remove = (held: Held): void => {
    const { holder, id, end } = held
    unlink(end)
    noteStopped(held)
    holder.records.delete(id)
    count(holder, -costOf(held))
    if (holder.records.size === 0) holders.delete(holder.user)
    forgotten(held)
  }
  const noteRunning = (held: Held): void => {
    if (held.fact._tag !== 'Running') return
    const { lease } = held.fact
    byLease.set(lease, (byLease.get(lease) ?? new Set()).add(held))
  }
  const noteStopped = (held: Held): void => {
    if (held.fact._tag !== 'Running') return
    const { lease } = held.fact
    const others = byLease.get(lease)
    others?.delete(held)
    if (others?.size === 0) byLease.delete(lease)
  }
  const change = (given: CallChange): Held => {
    const known = find(given)
    const held = known ?? add(given)
    if (known) {
      noteStopped(known)
      count(known.holder, costOf(given) - costOf(known))
      known.fact = given.fact
      known.at = given.at
    }
    noteRunning(held)
    return held
  }
  const rank = (held: Held): void => {
    if (held.fact._tag === 'Running') unlink(held.end)
    else append(ends, held.end, held)
  }
  const { watch, tell } = watchers((key) => find(key)?.fact)
  const expire = (): void => {
    const oldest = now() - dedupeMs
    for (let first = ends.first?.item; first && first.at < oldest; first = ends.first?.item) remove(first)
  }

  return {
    name: () => (name ??= ids()),
    rename: (given) => {
      name = given
    },
    now,
    find,
    running: byLease,
    usage: (user) => {
      const holder = holders.get(user)
      return { count: holder?.records.size ?? 0, bytes: holder?.bytes ?? 0 }
    },
    bytes: () => total,
    apply: (changes) => {
      const changed = changes.map(change)
      for (const held of changed) rank(held)
      for (const each of changes) tell(each)
      return changed
    },
    expire,
    watch: (key, to) => {
      expire()
      return watch(key, to)
    },
    advance: (at) => {
      ahead = Math.max(ahead, at - Math.floor(clock()))
    },
    restore: change,
    forget: (key) => {
      const held = find(key)
      if (held) remove(held)
    },
    begin: () => {
      const at = now()
      for (const all of [...byLease.values()]) for (const { user, id } of [...all]) change({ user, id, fact: lost, at })
      const all = [...holders.values()].flatMap(({ records }) => [...records.values()])
      for (const held of all.sort((a, b) => a.at - b.at)) rank(held)
      expire()
    },
  }
}
