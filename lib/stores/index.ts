import { type ClientStore, clientStore } from '../session/client-store.js'
import { type IndexedDbOptions, indexedDb } from '../store/indexed-db.js'
import { memory } from '../store/memory.js'
import { webStorage, type WebStorageOptions } from '../store/web-storage.js'

/**
 * Makes a store in IndexedDB: for pages and workers, up to the origin's quota. A write answers once the browser reports
 * the data on disk.
 */
export const indexedDbStore = (options?: IndexedDbOptions): ClientStore => clientStore(indexedDb(options))

/**
 * Makes a store in Web Storage: small, and available everywhere. Each write writes the whole partition, an origin has
 * some 5 MB in all, and a browser that crashes may lose the last seconds: prefer IndexedDB for more than a few
 * messages.
 */
export const webStorageStore = (options?: WebStorageOptions): ClientStore => clientStore(webStorage(options))

/**
 * Makes a store that lasts as long as the object: for tests, and for successive clients of one process. A lease lasts
 * until it is given back.
 */
export const memoryStore = (): ClientStore => clientStore(memory())

export { clientStore }

export type { ClientStore } from '../session/client-store.js'
export type { IndexedDbOptions } from '../store/indexed-db.js'
export type { LeaseOptions } from '../store/platform.js'
export type { Change, Owner, Partition, Purpose, Scope, Store, Stored, StoreFailure } from '../store/port.js'
export type { WebStorage, WebStorageOptions } from '../store/web-storage.js'
