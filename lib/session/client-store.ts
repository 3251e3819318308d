import type { Store } from '../store/port.js'
import { persistence, type Persistence, type PersistenceNeeds } from './persistence.js'

/** A store that a client can be given. It brings along what keeps a client in a store: clients without one do not load that. */
export interface ClientStore extends Store {
  readonly persistence: (needs: Omit<PersistenceNeeds, 'store'>) => Persistence
}

/** Any store, for a client. Those of `rx-rooms/stores` and `rx-rooms/server` are already. */
export const clientStore = (store: Store): ClientStore => ({
  ...store,
  persistence: (needs) => persistence({ ...needs, store }),
})
