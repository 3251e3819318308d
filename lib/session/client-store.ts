import type { Store } from '../store/port.js'
import { persistence, type Persistence, type PersistenceNeeds } from './persistence.js'

/** A store for a client. It brings its own persistence code: clients without a store do not load that. */
export interface ClientStore extends Store {
  readonly persistence: (needs: Omit<PersistenceNeeds, 'store'>) => Persistence
}

/** Makes any store usable for a client. Stores of `rx-rooms/stores` and `rx-rooms/server` already are. */
export const clientStore = (store: Store): ClientStore => ({
  ...store,
  persistence: (needs) => persistence({ ...needs, store }),
})
