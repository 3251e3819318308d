import { changed, type UserChange } from './identity.js'
import type { Identity } from './options.js'

/** A change of sessions, or their end, that an arrival has to obey. */
export type Order = UserChange | 'revoked'

/** A client whose claim the engine decides at present. */
export interface Arrival {
  /** Ends the waiting. Returns the identity after the orders of the meantime; `undefined`: the session was revoked. */
  readonly arrive: (session: string) => Identity | undefined
  /** Forgets the arrival. */
  readonly cancel: () => void
}

/** The clients whose claims the engine decides at present: orders for their user reach them too. */
export interface Arrivals {
  readonly expect: (identity: Identity) => Arrival
  /** Gives an order to all arrivals of a user, or to that of one session. */
  readonly order: (user: string, session: string | undefined, order: Order) => void
}

interface Given {
  readonly session: string | undefined
  readonly order: Order
}

export const arrivals = (): Arrivals => {
  const expected = new Map<string, Set<Given[]>>()
  return {
    expect: (identity) => {
      const { user } = identity
      const given: Given[] = []
      const all = expected.get(user) ?? new Set()
      expected.set(user, all.add(given))
      const cancel = (): void => {
        all.delete(given)
        if (all.size === 0 && expected.get(user) === all) expected.delete(user)
      }
      return {
        cancel,
        arrive: (id) => {
          cancel()
          let present: Identity | undefined = identity
          for (const { session, order } of given)
            if (present && (session === undefined || session === id))
              present = order === 'revoked' ? undefined : changed(present, order)
          return present
        },
      }
    },
    order: (user, session, order) => {
      for (const given of expected.get(user) ?? []) given.push({ session, order })
    },
  }
}
