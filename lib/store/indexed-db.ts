import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb'
import { defer, from, map } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { leased } from './leased.js'
import { type LeaseOptions, platformLeases } from './platform.js'
import type { Owner, Scope, Store, Stored } from './port.js'
import {
  type Content,
  type Header,
  isHeader,
  type Judge,
  type Listed,
  type KeyValueBackend,
} from './key-value-backend.js'

/** Options of a store in IndexedDB. All are optional. */
export interface IndexedDbOptions extends LeaseOptions {
  /** The database. Default `rx-rooms`. */
  readonly name?: string | undefined
}

/** Makes a store in IndexedDB. A write answers once the browser reports the data on disk. */
export const indexedDb = ({ name = 'rx-rooms', ...options }: IndexedDbOptions = {}): Store =>
  leased(platformLeases(indexedDbShelf(name), `indexedDB ${name}`, options))

type PartitionKey = [url: string, user: string, instance: string]

interface Schema extends DBSchema {
  partitions: { key: PartitionKey; value: { key: PartitionKey; header: Header } }
  records: { key: [...PartitionKey, key: string]; value: string }
}
type Database = IDBPDatabase<Schema>
type Tables = ['partitions', 'records']

/** The version of the database; each version extends the previous ones. */
const version = 1

const open = (name: string, gone: () => void): Promise<Database> =>
  openDB<Schema>(name, version, {
    upgrade: (database, before) => {
      if (before >= 1) return
      database.createObjectStore('partitions', { keyPath: 'key' })
      database.createObjectStore('records')
    },
    // A later version of the page wants to upgrade: it must not wait for this one.
    blocking: (_before, _after, event) => {
      gone()
      ;(event.target as IDBDatabase).close()
    },
    terminated: gone,
  })

/** The error names of a lost connection, in any request; the transaction stored nothing then. */
const lostNames: ReadonlySet<unknown> = new Set([
  'UnknownError',
  'InvalidStateError',
  'AbortError',
  'TransactionInactiveError',
])
const nameOf = (thrown: unknown): unknown => (Object(thrown) as { readonly name?: unknown }).name
const isLost = (thrown: unknown): boolean => lostNames.has(nameOf(thrown))

export const indexedDbShelf = (name: string): KeyValueBackend => {
  let opening: Promise<Database> | undefined
  const database = (): Promise<Database> => {
    if (opening) return opening
    const mine = open(name, () => {
      gone(mine)
    })
    mine.catch(() => {
      gone(mine)
    })
    return (opening = mine)
  }
  const gone = (which: Promise<Database>): void => {
    if (opening === which) opening = undefined
  }
  /** Closes a connection that the browser dropped without an event, so that it does not block another version. */
  const drop = (which: Promise<Database>): void => {
    gone(which)
    which.then((at) => {
      at.close()
    }, ignored)
  }
  const attempt = async <T>(connection: Promise<Database>, mode: Mode, work: Work<T>): Promise<T> => {
    const transaction = (await connection).transaction(['partitions', 'records'], mode, { durability: 'strict' })
    try {
      const answer = await work(transaction as Transaction)
      await transaction.done
      return answer
    } catch (thrown) {
      // An error in a request would otherwise let the earlier work of the transaction commit.
      guard(() => {
        transaction.abort()
      })
      const cause: unknown = await transaction.done.then(
        () => undefined,
        (end: unknown) => end,
      )
      throw cause !== undefined && cause !== null && nameOf(cause) !== 'AbortError' ? cause : thrown
    }
  }
  /** Retries with another connection if the first is lost: steps may run twice. */
  const within = async <T>(mode: Mode, work: Work<T>): Promise<T> => {
    const connection = database()
    try {
      return await attempt(connection, mode, work)
    } catch (thrown) {
      if (!isLost(thrown)) throw thrown
      drop(connection)
      return await attempt(database(), mode, work)
    }
  }
  const stored = <T>(work: () => Promise<T>): Stored<T> =>
    defer(() => from(work())).pipe(map((answer) => E.right(answer)))

  return {
    step: (scope, judge) => stored(() => within('readwrite', (tables) => step(tables, scope, judge))),
    read: (scope) => stored(() => within('readonly', (tables) => read(tables, scope))),
    list: (owner) => stored(() => within('readonly', (tables) => list(tables, owner))),
    erase: (owner) =>
      stored(() =>
        within('readwrite', async (tables) => {
          await tables.objectStore('partitions').delete(rangeOf(owner.url, owner.user))
          await tables.objectStore('records').delete(rangeOf(owner.url, owner.user))
        }),
      ),
  }
}

type Mode = 'readonly' | 'readwrite'
type Transaction = IDBPTransaction<Schema, Tables, 'readwrite'>
type Work<T> = (tables: Transaction) => Promise<T>
const ignored = (): void => undefined

/** The range of keys with this prefix: lists sort after all texts. */
const rangeOf = (...start: readonly string[]): IDBKeyRange => IDBKeyRange.bound(start, [...start, []])

const keyOf = ({ url, user, instance }: Scope): PartitionKey => [url, user, instance]

const step = async (tables: Transaction, scope: Scope, judge: Judge): Promise<boolean> => {
  const [partitions, records] = [tables.objectStore('partitions'), tables.objectStore('records')]
  const key = keyOf(scope)
  const verdict = judge(headerOf(await partitions.get(key)))
  if (verdict._tag === 'Refuse') return false
  if (verdict._tag === 'Remove') {
    await Promise.all([partitions.delete(key), records.delete(rangeOf(...key))])
    return true
  }
  if (verdict.header) await partitions.put({ key, header: verdict.header })
  for (const change of verdict.changes) {
    if (change.text === undefined) await records.delete([...key, change.key])
    else await records.put(change.text, [...key, change.key])
  }
  return true
}

const read = async (tables: Transaction, scope: Scope): Promise<Content> => {
  const [records, range] = [tables.objectStore('records'), rangeOf(...keyOf(scope))]
  const [keys, texts] = await Promise.all([records.getAllKeys(range), records.getAll(range)])
  return { records: new Map(keys.map(([, , , key], at) => [key, texts[at] ?? ''])), damaged: [] }
}

/** Stored data is untrusted: an invalid header counts as lost. */
const headerOf = (row: unknown): Header | undefined => {
  const { header } = Object(row) as { readonly header?: unknown }
  return isHeader(header) ? header : undefined
}

/** Lists partitions with a header, and those with records only. */
const list = async (tables: Transaction, { url, user }: Owner): Promise<readonly Listed[]> => {
  const found = new Map<string, number>()
  for (const row of await tables.objectStore('partitions').getAll(rangeOf(url, user)))
    found.set(row.key[2], headerOf(row)?.openedAt ?? 0)
  const range = rangeOf(url, user)
  let cursor = await tables.objectStore('records').openKeyCursor(range)
  while (cursor) {
    const [, , instance] = cursor.key
    if (!found.has(instance)) found.set(instance, 0)
    // Lists sort after all texts: this is the first key of the next instance.
    cursor = await cursor.continue([url, user, instance, []] as unknown as typeof cursor.key)
  }
  return [...found].map(([instance, openedAt]) => ({ instance, openedAt }))
}
