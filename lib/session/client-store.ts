import { type Checks, count, group, invalid, ms, optionFault, text, time } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import { filled, type Given } from '../core/filled.js'
import type { Kernel } from '../kernel/kernel.js'
import type { Store } from '../store/port.js'
import { type ClientNeeds, type ClientPersistence, clientPersistence } from './client-persistence.js'
import type { PersistenceOptions } from './persistence.js'

/** The options of a client that matter with a store alone. */
export interface StoreOptions {
  readonly identity?: unknown
  readonly storing?: unknown
}

/** A store for a client. It brings its own persistence code: clients without a store do not load that. */
export interface ClientStore extends Store {
  readonly persistence: (
    kernel: Kernel,
    needs: ClientNeeds,
    storing: Given<PersistenceOptions> | undefined,
  ) => ClientPersistence
  /** Makes the same of another view of the store. */
  readonly over: (view: (store: Store) => Store) => ClientStore
  /** Returns the fault of the client's options `identity` and `storing`, if they have one. */
  readonly optionsFault: (options: StoreOptions) => ConfigError | undefined
}

const defaults: PersistenceOptions = {
  openMs: 5_000,
  waitMs: 90_000,
  positionMs: 1_000,
  writeMs: 10_000,
  positions: 100_000,
  partitions: 16,
  damaged: 16,
}

const checks: Checks<keyof StoreOptions> = {
  identity: /*#__PURE__*/ text('text 1 256', 1, 256),
  storing: /*#__PURE__*/ group({
    openMs: time,
    waitMs: ms,
    positionMs: ms,
    writeMs: ms,
    positions: count,
    partitions: count,
    damaged: count,
  } satisfies Checks<keyof PersistenceOptions>),
}

/** Makes any store usable for a client. Stores of `rx-rooms/stores` and `rx-rooms/server` already are. */
export const clientStore = (store: Store): ClientStore => ({
  ...store,
  persistence: (kernel, needs, storing) => clientPersistence(store, kernel, needs, filled(defaults, storing)),
  over: (view) => clientStore(view(store)),
  optionsFault: ({ identity, storing }) =>
    optionFault({ identity, storing }, checks) ??
    (identity === undefined ? invalid('identity', 'identity') : undefined),
})
