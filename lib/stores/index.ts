import { type ClientStore, clientStore } from '../session/client-store.js'
import { type IndexedDbOptions, indexedDb } from '../store/indexed-db.js'
import { memory } from '../store/memory.js'
import { webStorage, type WebStorageOptions } from '../store/web-storage.js'

/**
 * A store in IndexedDB: for pages and workers, as much as the origin may have. A write is answered once the browser says
 * that it is on the disk.
 */
export const indexedDbStore = (options?: IndexedDbOptions): ClientStore => clientStore(indexedDb(options))

/**
 * A store in Web Storage: small, and everywhere. Each write writes the whole partition, some 5 MB are all an origin has,
 * and a browser that crashes may lose the last seconds: prefer IndexedDB for more than a few messages.
 */
export const webStorageStore = (options?: WebStorageOptions): ClientStore => clientStore(webStorage(options))

/**
 * A store that lasts as long as the object: for tests, and for clients of one process that follow each other. A lease
 * lasts until it is given back.
 */
export const memoryStore = (): ClientStore => clientStore(memory())

export { clientStore }

export type { ClientStore } from '../session/client-store.js'
export type { IndexedDbOptions } from '../store/indexed-db.js'
export type { LeaseOptions } from '../store/platform.js'
export type { Change, Owner, Partition, Purpose, Scope, Store, Stored, StoreFailure } from '../store/port.js'
export type { WebStorage, WebStorageOptions } from '../store/web-storage.js'
