import { type Account, account, type Accounts, accounts } from './accounts.js'
import { type Budgets, costs } from './budget.js'
import type { Context } from './context.js'
import { owner, type Owner } from './owner.js'
import { pool, type Pool } from './pool.js'
import type { Cause } from './metrics.js'

export type UserAccount = Account<Budgets['user']>
export type AddressAccount = Account<Budgets['address']>

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
  readonly memory: Pool
  /** Bytes written but not yet sent by the network, by user. */
  readonly unsent: Pool
  /** Open connections and clients with a pending token check, by address. */
  readonly connections: Pool
  readonly greetings: Pool
}

export const treasury = (limits: Budgets, now: () => number): Treasury => {
  const users = accounts(limits.user, now)
  const server = account(limits.server, now)
  return {
    users,
    visitor: (address) => users.of(`address ${address}`),
    addresses: accounts(limits.address, now),
    server,
    owner: remembered((user, address) => owner(now, user.rate('work'), address.rate('work'))),
    arrival: remembered((user, address) =>
      owner(now, user.rate('work'), address.rate('work'), server.rate('arrivals')),
    ),
    memory: pool(limits.server.memory),
    unsent: pool(limits.server.unsentBytes),
    connections: pool(limits.server.connections),
    greetings: pool(limits.server.greetings),
  }
}

/** The budgets of one connection. */
export interface Meter {
  /** Returns the user's account; before the user is known, that of the visitor. */
  readonly user: () => UserAccount
  readonly owner: () => Owner
  readonly address: AddressAccount
  /** Counts the connection of its address. Returns the code of the refusal where there is no place for it. */
  readonly enter: () => 'server/connections' | 'server/busy' | 'server/memory' | undefined
  /** Sets the user, `undefined` without authentication. Returns false where the user has its maximum of connections. */
  readonly identify: (user: string | undefined) => boolean
  /** Counts a client with a pending token check, until `greeted`. Returns false where the maximum is reached. */
  readonly greet: () => boolean
  readonly greeted: () => void
  /** Charges a WebSocket message. */
  readonly received: (frames: number, bytes: number) => void
  /** Counts and charges a refused frame or connection. */
  readonly refused: (cause: Cause) => void
  /** Reserves heap for a membership or a waiting join. Returns false where there is none. */
  readonly reserve: (bytes: number) => boolean
  readonly release: (bytes: number) => void
  /** Sets the connection's bytes that the network has not sent. */
  readonly unsent: (bytes: number) => void
  /** Adds to the connection's bytes of waiting messages; negative to subtract. */
  readonly hold: (bytes: number) => void
  /** Sets the connection's bytes of an incomplete message. */
  readonly partial: (bytes: number) => void
  readonly close: () => void
}

/** Additional frames charged for a refusal, beside the refused frame. */
const refusalCost = 9

export interface MeterParts {
  readonly treasury: Treasury
  readonly address: string | undefined
  /** Reports that the connection and its user are so many ms above a rate. */
  readonly slow: (connectionMs: number, userMs: number) => void
  /** Ends the connection because its user or address holds the most of an exhausted resource. */
  readonly end: (cause: 'server/memory' | 'server/busy') => void
}

export const meter = ({ settings, now, count }: Context, { treasury, address, slow, end }: MeterParts): Meter => {
  const { budgets: limits } = settings
  const connection = account(limits.connection, now)
  const from = address === undefined ? account(limits.address, now) : treasury.addresses.of(address)
  let user = address === undefined ? account(limits.user, now) : treasury.visitor(address)
  let payer = treasury.arrival(user, from)
  let incomplete = 0
  let isCounted = false
  let isHere = false
  const tooMuch = (): void => {
    end('server/memory')
  }
  const tooMany = (): void => {
    end('server/busy')
  }
  const memory = treasury.memory.join(user, tooMuch)
  const unsent = treasury.unsent.join(user, tooMuch)
  const place = treasury.connections.join(from, tooMany)
  const check = treasury.greetings.join(from, tooMany)
  from.pin()
  user.pin()

  const charge = (frames: number, bytes: number): void => {
    const ofBytes = (by: Account<Budgets['connection']> | UserAccount): number =>
      bytes === 0 ? 0 : by.charge('bytes', bytes)
    slow(
      Math.max(connection.charge('frames', frames), ofBytes(connection)),
      Math.max(user.charge('frames', frames), ofBytes(user)),
    )
  }
  return {
    user: () => user,
    owner: () => payer,
    address: from,
    enter: () => {
      isHere = from.add('connections')
      if (!isHere) return 'server/connections'
      if (!place.take(1)) return 'server/busy'
      return memory.take(costs.connection) ? undefined : 'server/memory'
    },
    identify: (name) => {
      const visitor = user
      if (name !== undefined) user = treasury.users.of(`user ${name}`)
      user.pin()
      visitor.unpin()
      memory.moveTo(user)
      unsent.moveTo(user)
      payer = treasury.owner(user, from)
      isCounted = user.add('connections')
      return isCounted
    },
    greet: () => {
      if (!from.add('greetings')) return false
      const isLetIn = check.take(1)
      if (!isLetIn) from.remove('greetings')
      return isLetIn
    },
    greeted: () => {
      from.remove('greetings')
      check.give(check.held())
    },
    received: charge,
    refused: (cause) => {
      count.refusals++
      count.causes[cause] = (count.causes[cause] ?? 0) + 1
      charge(refusalCost, 0)
    },
    reserve: (bytes) => memory.take(bytes),
    release: (bytes) => {
      memory.give(bytes)
    },
    unsent: (bytes) => {
      unsent.force(bytes - unsent.held())
    },
    hold: (bytes) => {
      memory.force(bytes)
    },
    partial: (bytes) => {
      memory.force(bytes - incomplete)
      incomplete = bytes
    },
    close: () => {
      if (isCounted) user.remove('connections')
      if (isHere) from.remove('connections')
      isCounted = isHere = false
      user.unpin()
      from.unpin()
      for (const share of [memory, unsent, place, check]) share.leave()
    },
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
