// What the pages of the specs of stores run. Everything is called from outside.
import { anything, createClient, type Client, tokens } from '../../../lib/index.js'
import { outbox } from '../../../lib/features/observe/index.js'
import { type ClientStore, indexedDbStore, webStorageStore } from '../../../lib/stores/index.js'
import { storeSuite } from '../../../lib/testing/conformance/store.js'

/** The suite of stores over one of the browser's; gives what went wrong by the name of each case. */
const suite = async (kind: 'indexedDb' | 'webStorage'): Promise<Readonly<Record<string, string>>> => {
  const results: Record<string, string> = {}
  let count = 0
  const start = () => {
    const name = `suite ${++count}`
    if (kind === 'indexedDb') return { store: () => indexedDbStore({ name }) }
    localStorage.clear()
    return { store: () => webStorageStore() }
  }
  for (const { name, run } of storeSuite(start)) {
    await run().then(
      () => (results[name] = ''),
      (thrown: unknown) => (results[name] = String(thrown)),
    )
  }
  return results
}

interface Life {
  readonly client: Client
  readonly faults: string[]
  readonly undelivered: string[]
  state: string
  session: string
  pending: number
  /** Ids of messages that were shown as stored. */
  readonly stored: Set<string>
}
let life: Life | undefined

interface Options {
  readonly kind?: 'indexedDb' | 'webStorage'
  readonly leaseMs?: number
  /** Connects at `connect()` alone. */
  readonly waits?: boolean
}

/** Begins a life of ana's client on this page. */
const begin = (url: string, { kind = 'indexedDb', leaseMs = 60_000, waits = false }: Options = {}): void => {
  const store: ClientStore = kind === 'indexedDb' ? indexedDbStore({ leaseMs }) : webStorageStore({ leaseMs })
  const token = (): string => 'ana'
  const client = createClient({
    url,
    store,
    identity: 'ana',
    token: tokens(token),
    autoConnect: !waits,
    outbox: { ageMs: 86_400_000 },
  })
  const stored = new Set<string>()
  const begun: Life = { client, faults: [], undelivered: [], state: '', session: '', pending: 0, stored }
  client.faults$.subscribe(({ message }) => begun.faults.push(message))
  client.undelivered$.subscribe(({ error }) => begun.undelivered.push(error.code))
  client.state$.subscribe(({ _tag }) => (begun.state = _tag))
  client.session$.subscribe((session) => (begun.session = session._tag === 'Active' ? session.id : session._tag))
  client.with(outbox).outbox$.subscribe(({ entries }) => {
    begun.pending = entries.length
    for (const { id, stage } of entries) if (stage !== 'queued') stored.add(id)
  })
  if (!waits) client.connect()
  life = begun
}
const connect = (): void => void life?.client.connect()
const logout = (): void => void life?.client.logout()

/** Posts texts at once. */
const post = (room: string, texts: readonly string[]): void => {
  for (const text of texts) life?.client.room(room, anything).post('message', text)
}

const look = () => {
  if (!life) return undefined
  const { faults, undelivered, state, session, pending, stored } = life
  return { faults, undelivered, state, session, pending, stored: [...stored] }
}

/** What there is in IndexedDB. */
const inDatabase = async <T>(table: string, ask: (of: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
  const database = await new Promise<IDBDatabase>((opened, failed) => {
    const request = indexedDB.open('rx-rooms')
    request.onsuccess = () => opened(request.result)
    request.onerror = () => failed(new Error('no database'))
  })
  const request = ask(database.transaction(table).objectStore(table))
  return new Promise((found) => {
    request.onsuccess = () => {
      database.close()
      found(request.result)
    }
  })
}

/** The keys of all that is stored in IndexedDB of this kind. */
const keys = async (): Promise<readonly string[]> => {
  const all = (await inDatabase('records', (records) => records.getAllKeys())) as unknown as readonly string[][]
  return all.map((key) => key[3] ?? '')
}

interface Leased {
  readonly header: { readonly until: number }
}

/** How many leases there are in IndexedDB whose time has not ended. */
const leases = async (): Promise<number> => {
  const all: readonly Leased[] = await inDatabase('partitions', (partitions) => partitions.getAll())
  return all.filter(({ header }) => header.until > Date.now()).length
}

Object.assign(globalThis, { page: { suite, begin, connect, logout, post, look, keys, leases } })

export interface PageApi {
  readonly suite: typeof suite
  readonly begin: typeof begin
  readonly connect: typeof connect
  readonly logout: typeof logout
  readonly post: typeof post
  readonly look: typeof look
  readonly keys: typeof keys
  readonly leases: typeof leases
}
