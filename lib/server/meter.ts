import { account } from './accounts.js'
import { bucket, type Bucket } from './bucket.js'
import { costs } from './budget.js'
import type { Context } from './context.js'
import type { Cause } from './metrics.js'
import type { Owner, Payer } from './owner.js'
import type { Share } from './pool.js'
import type { AddressAccount, Holder, Treasury, UserAccount } from './treasury.js'

/** The budgets of one connection. */
export interface Meter extends Payer {
  /** Returns the user's account; before the user is known, that of the visitor. */
  readonly user: () => UserAccount
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

/** The connection of a meter. */
export interface Metered extends Holder {
  /** Reports that the connection and its user are so many ms above a rate. */
  readonly slow: (connectionMs: number, userMs: number) => void
}

export const meter = (context: Context, treasury: Treasury, address: string | undefined, connection: Metered): Meter =>
  new ConnectionMeter(context, treasury, address, connection)

/** A class, because each connection has one: its instances share their methods. */
class ConnectionMeter implements Meter {
  readonly #context: Context
  readonly #treasury: Treasury
  readonly #connection: Metered
  readonly address: AddressAccount
  readonly #memory: Share
  readonly #place: Share
  #unsent: Share | undefined
  #check: Share | undefined
  #frames: Bucket | undefined
  #bytes: Bucket | undefined
  #user: UserAccount
  #owner: Owner
  #incomplete = 0
  #isCounted = false
  #isHere = false

  constructor(context: Context, treasury: Treasury, address: string | undefined, connection: Metered) {
    const { settings, now } = context
    const { budgets } = settings
    const from = address === undefined ? account(budgets.address, now) : treasury.addresses.of(address)
    const user = address === undefined ? account(budgets.user, now) : treasury.visitor(address)
    this.#context = context
    this.#treasury = treasury
    this.#connection = connection
    this.address = from
    this.#user = user
    this.#owner = treasury.arrival(user, from)
    this.#memory = treasury.memory.join(user, connection)
    this.#place = treasury.connections.join(from, connection)
    from.pin()
    user.pin()
  }

  user(): UserAccount {
    return this.#user
  }

  owner(): Owner {
    return this.#owner
  }

  enter(): ReturnType<Meter['enter']> {
    this.#isHere = this.address.add('connections')
    if (!this.#isHere) return 'server/connections'
    if (!this.#place.take(1)) return 'server/busy'
    return this.#memory.take(costs.connection) ? undefined : 'server/memory'
  }

  identify(name: string | undefined): boolean {
    const visitor = this.#user
    const user = name === undefined ? visitor : this.#treasury.users.of(`user ${name}`)
    this.#user = user
    user.pin()
    visitor.unpin()
    this.#memory.moveTo(user)
    this.#unsent?.moveTo(user)
    this.#owner = this.#treasury.owner(user, this.address)
    this.#isCounted = user.add('connections')
    return this.#isCounted
  }

  greet(): boolean {
    if (!this.address.add('greetings')) return false
    this.#check = this.#treasury.greetings.join(this.address, this.#connection)
    const isLetIn = this.#check.take(1)
    if (!isLetIn) this.address.remove('greetings')
    return isLetIn
  }

  greeted(): void {
    this.address.remove('greetings')
    this.#check?.leave()
    this.#check = undefined
  }

  received(frames: number, bytes: number): void {
    const { settings, now } = this.#context
    const { connection } = settings.budgets
    const at = now()
    this.#frames ??= bucket(connection.frames, at)
    const framesMs = this.#frames.charge(at, frames)
    const userFramesMs = this.#user.charge('frames', frames)
    if (bytes === 0) {
      this.#connection.slow(framesMs, userFramesMs)
      return
    }
    this.#bytes ??= bucket(connection.bytes, at)
    this.#connection.slow(
      Math.max(framesMs, this.#bytes.charge(at, bytes)),
      Math.max(userFramesMs, this.#user.charge('bytes', bytes)),
    )
  }

  refused(cause: Cause): void {
    const { count } = this.#context
    count.refusals++
    count.causes.add(cause)
    this.received(refusalCost, 0)
  }

  reserve(bytes: number): boolean {
    return this.#memory.take(bytes)
  }

  release(bytes: number): void {
    this.#memory.give(bytes)
  }

  unsent(bytes: number): void {
    if (bytes > 0) this.#unsent ??= this.#treasury.unsent.join(this.#user, this.#connection)
    this.#unsent?.force(bytes - this.#unsent.held())
  }

  hold(bytes: number): void {
    this.#memory.force(bytes)
  }

  partial(bytes: number): void {
    this.#memory.force(bytes - this.#incomplete)
    this.#incomplete = bytes
  }

  close(): void {
    if (this.#isCounted) this.#user.remove('connections')
    if (this.#isHere) this.address.remove('connections')
    this.#isCounted = this.#isHere = false
    this.#user.unpin()
    this.address.unpin()
    for (const share of [this.#memory, this.#unsent, this.#place, this.#check]) share?.leave()
  }
}
