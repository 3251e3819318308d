import type { Kernel } from '../kernel/kernel.js'
import type { Store } from '../store/port.js'
import { type ClientNeeds, type ClientPersistence, clientPersistence } from './client-persistence.js'

/** A store for a client. It brings its own persistence code: clients without a store do not load that. */
export interface ClientStore extends Store {
  readonly persistence: (kernel: Kernel, needs: ClientNeeds) => ClientPersistence
}

/** Makes any store usable for a client. Stores of `rx-rooms/stores` and `rx-rooms/server` already are. */
export const clientStore = (store: Store): ClientStore => ({
  ...store,
  persistence: (kernel, needs) => clientPersistence(store, kernel, needs),
})
