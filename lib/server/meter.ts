import { type Account, account, type Accounts, accounts } from './accounts.js'
import { type Budgets, costs } from './budget.js'
import type { Context } from './context.js'
import { owner, type Owner } from './owner.js'
import type { Cause } from './metrics.js'

export type UserAccount = Account<Budgets['user']>

/** The budgets of one server. */
export interface Treasury {
  readonly users: Accounts<Budgets['user']>
  /** Until it is known, a user is its address. */
  readonly visitor: (address: string) => UserAccount
  /** Whose share of the event loop is used: that of a user, and before it is known also that of all who arrive. */
  readonly owner: (account: UserAccount) => Owner
  readonly arrival: (account: UserAccount) => Owner
  readonly addresses: Accounts<Budgets['address']>
  readonly server: Account<Budgets['server']>
  /** Reserves heap for a connection. False where there is none: then the largest connection was ended. */
  readonly reserve: (holder: Holder, bytes: number) => boolean
  readonly release: (holder: Holder, bytes: number) => void
  /** A connection holds so many bytes that the network has not taken. */
  readonly unsent: (holder: Holder, bytes: number) => void
  /** A connection holds so many bytes more, or fewer, of messages that wait for their turn. */
  readonly hold: (holder: Holder, bytes: number) => void
  /** The connection is over. */
  readonly leave: (holder: Holder) => void
}

/** A connection that holds memory of the server. */
export interface Holder {
  memory: number
  unsent: number
  /** Ends it: it holds more than any other while the server has none left. */
  readonly end: () => void
}

export const treasury = (limits: Budgets, now: () => number): Treasury => {
  const server = account(limits.server, now)
  const users = accounts(limits.user, now)
  const holders = new Set<Holder>()
  const total = { memory: 0, unsent: 0 }
  const change = (holder: Holder, what: 'memory' | 'unsent', bytes: number): void => {
    total[what] += bytes
    holder[what] += bytes
    holders.add(holder)
  }
  const endLargest = (what: 'memory' | 'unsent'): void => {
    let largest: Holder | undefined
    for (const each of holders) if (each[what] > (largest?.[what] ?? 0)) largest = each
    largest?.end()
  }
  return {
    users,
    visitor: (address) => users.of(`address ${address}`),
    owner: remembered((account) => owner(now, account.rate('work'))),
    arrival: remembered((account) => owner(now, account.rate('work'), server.rate('arrivals'))),
    addresses: accounts(limits.address, now),
    server,
    reserve: (holder, bytes) => {
      const fits = total.memory + bytes <= limits.server.memory
      if (fits) change(holder, 'memory', bytes)
      else endLargest('memory')
      return fits
    },
    release: (holder, bytes) => {
      change(holder, 'memory', -bytes)
    },
    unsent: (holder, bytes) => {
      change(holder, 'unsent', bytes - holder.unsent)
      if (total.unsent > limits.server.unsentBytes) endLargest('unsent')
    },
    hold: (holder, bytes) => {
      change(holder, 'memory', bytes)
      if (total.memory > limits.server.memory) endLargest('memory')
    },
    leave: (holder) => {
      holders.delete(holder)
      total.memory -= holder.memory
      total.unsent -= holder.unsent
      holder.memory = holder.unsent = 0
    },
  }
}

/** The budgets that one connection draws on. */
export interface Meter {
  /** The account of the user, once it is known. */
  readonly user: () => UserAccount
  readonly owner: () => Owner
  readonly address: Account<Budgets['address']>
  /** Counts the connection of its address. False where there are as many as there may be. */
  readonly enter: () => boolean
  /** The user is known, `undefined` where nobody asks; false where it has as many connections as it may. */
  readonly identify: (user: string | undefined) => boolean
  /** Counts a client whose token is checked, until `greeted`. False where there are as many as there may be. */
  readonly greet: () => boolean
  readonly greeted: () => void
  /** A WebSocket message was taken. */
  readonly received: (frames: number, bytes: number) => void
  /** A frame or the connection was refused. */
  readonly refused: (cause: Cause) => void
  /** Reserves heap for a membership or a join that waits; false where there is none. */
  readonly reserve: (bytes: number) => boolean
  readonly release: (bytes: number) => void
  readonly unsent: (bytes: number) => void
  readonly hold: (bytes: number) => void
  readonly close: () => void
}

/** Frames that a refusal counts as, beside the one that was refused. */
const refusalCost = 9

export interface MeterParts {
  readonly treasury: Treasury
  readonly address: string | undefined
  /** The connection is so many ms above a rate. */
  readonly slow: (ms: number) => void
  /** It holds the most memory, and the server has none left. */
  readonly end: () => void
}

export const meter = ({ settings, now, count }: Context, { treasury, address, slow, end }: MeterParts): Meter => {
  const { budgets: limits } = settings
  const connection = account(limits.connection, now)
  const from = address === undefined ? account(limits.address, now) : treasury.addresses.of(address)
  const holder: Holder = {
    memory: 0,
    unsent: 0,
    end,
  }
  let user = address === undefined ? account(limits.user, now) : treasury.visitor(address)
  let payer = treasury.arrival(user)
  let isCounted = false
  let isHere = false

  const charge = (frames: number, bytes: number): void => {
    slow(
      Math.max(
        connection.charge('frames', frames),
        user.charge('frames', frames),
        bytes === 0 ? 0 : Math.max(connection.charge('bytes', bytes), user.charge('bytes', bytes)),
      ),
    )
  }
  return {
    user: () => user,
    owner: () => payer,
    address: from,
    enter: () => {
      isHere = from.add('connections')
      return isHere && treasury.reserve(holder, costs.connection)
    },
    identify: (name) => {
      if (name !== undefined) user = treasury.users.of(`user ${name}`)
      payer = treasury.owner(user)
      isCounted = user.add('connections')
      return isCounted
    },
    greet: () => {
      if (!from.add('greetings')) return false
      const isLetIn = treasury.server.add('greetings')
      if (!isLetIn) from.remove('greetings')
      return isLetIn
    },
    greeted: () => {
      from.remove('greetings')
      treasury.server.remove('greetings')
    },
    received: charge,
    refused: (cause) => {
      count.refusals++
      count.causes[cause] = (count.causes[cause] ?? 0) + 1
      charge(refusalCost, 0)
    },
    reserve: (bytes) => treasury.reserve(holder, bytes),
    release: (bytes) => {
      treasury.release(holder, bytes)
    },
    unsent: (bytes) => {
      treasury.unsent(holder, bytes)
    },
    hold: (bytes) => {
      treasury.hold(holder, bytes)
    },
    close: () => {
      if (isCounted) user.remove('connections')
      if (isHere) from.remove('connections')
      isCounted = isHere = false
      treasury.leave(holder)
    },
  }
}

/** One owner for each account, as long as there is the account. */
const remembered = (make: (account: UserAccount) => Owner): ((account: UserAccount) => Owner) => {
  const made = new WeakMap<UserAccount, Owner>()
  return (account) => {
    const known = made.get(account)
    if (known) return known
    const fresh = make(account)
    made.set(account, fresh)
    return fresh
  }
}
