import { type Account, account, type Accounts, accounts } from './accounts.js'
import type { Budgets } from './budget.js'
import { owner, type Owner } from './owner.js'
import { pool, type Pool } from './pool.js'

export type UserAccount = Account<Budgets['user']>
export type AddressAccount = Account<Budgets['address']>

/** A connection as a holder of shared resources. */
export interface Holder {
  /** Ends the connection because its user or address holds the most of an exhausted resource. */
  readonly exhausted: (cause: 'server/memory' | 'server/busy') => void
}

/** The budgets of one server. */
export interface Treasury {
  readonly users: Accounts<Budgets['user']>
  /** The account of an unauthenticated client: its address stands for the user. */
  readonly visitor: (address: string) => UserAccount
  readonly addresses: Accounts<Budgets['address']>
  readonly server: Account<Budgets['server']>
  /** Owners of the event loop: a user and its address; before the welcome, all arriving clients too. */
  readonly owner: (user: UserAccount, address: AddressAccount) => Owner
  readonly arrival: (user: UserAccount, address: AddressAccount) => Owner
  /** Heap of connections, memberships and waiting messages, by user. */
  readonly memory: Pool<Holder>
  /** Bytes written but not yet sent by the network, by user. */
  readonly unsent: Pool<Holder>
  /** Open connections and clients with a pending token check, by address. */
  readonly connections: Pool<Holder>
  readonly greetings: Pool<Holder>
}

export const treasury = (limits: Budgets, now: () => number): Treasury => {
  const users = accounts(limits.user, now)
  const server = account(limits.server, now)
  const tooMuch = (holder: Holder): void => {
    holder.exhausted('server/memory')
  }
  const tooMany = (holder: Holder): void => {
    holder.exhausted('server/busy')
  }
  return {
    users,
    visitor: (address) => users.of(`address ${address}`),
    addresses: accounts(limits.address, now),
    server,
    owner: remembered((user, address) => owner(now, user.rate('work'), address.rate('work'))),
    arrival: remembered((user, address) =>
      owner(now, user.rate('work'), address.rate('work'), server.rate('arrivals')),
    ),
    memory: pool(limits.server.memory, tooMuch),
    unsent: pool(limits.server.unsentBytes, tooMuch),
    connections: pool(limits.server.connections, tooMany),
    greetings: pool(limits.server.greetings, tooMany),
  }
}

/** Returns one owner for each pair of accounts, as long as both exist. */
const remembered = (
  make: (user: UserAccount, address: AddressAccount) => Owner,
): ((user: UserAccount, address: AddressAccount) => Owner) => {
  const made = new WeakMap<UserAccount, WeakMap<AddressAccount, Owner>>()
  return (user, address) => {
    const ofUser = made.get(user) ?? new WeakMap<AddressAccount, Owner>()
    made.set(user, ofUser)
    const known = ofUser.get(address)
    if (known) return known
    const fresh = make(user, address)
    ofUser.set(address, fresh)
    return fresh
  }
}
