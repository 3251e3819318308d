import { type Bucket, bucket } from './bucket.js'
import type { Rate } from './budget.js'

type RateOf<Limits> = { [K in keyof Limits]: Limits[K] extends Rate ? K : never }[keyof Limits]
type LevelOf<Limits> = { [K in keyof Limits]: Limits[K] extends Rate ? never : K }[keyof Limits]

/** One holder of a budget: a connection, a user, an address or the server. */
export interface Account<Limits> {
  /** Takes from a rate. Returns 0 on success, otherwise the ms to wait. */
  readonly take: (what: RateOf<Limits>, amount?: number) => number
  /** Returns the ms until a take of one succeeds. Takes nothing. */
  readonly wait: (what: RateOf<Limits>) => number
  /** Takes from a rate even beyond its content. Returns the ms until the debt is paid. */
  readonly charge: (what: RateOf<Limits>, amount: number) => number
  readonly rate: (what: RateOf<Limits>) => Bucket
  /** Adds to a level, even beyond its limit. */
  readonly put: (what: LevelOf<Limits>, amount: number) => void
  /** Adds to a level. Returns false and adds nothing where the sum exceeds the limit. */
  readonly add: (what: LevelOf<Limits>, amount?: number) => boolean
  /** Subtracts from a level. */
  readonly remove: (what: LevelOf<Limits>, amount?: number) => void
  readonly level: (what: LevelOf<Limits>) => number
  /** Counts a connection that holds the account. An account with pins is kept. */
  readonly pin: () => void
  readonly unpin: () => void
  /** Returns true where the account has no pins, all levels are 0 and all rates are full: it can be dropped. */
  readonly isIdle: () => boolean
}

export const account = <Limits extends object>(limits: Limits, now: () => number): Account<Limits> =>
  new Holder(limits, now)

/** A class, because each connection has one: its instances share their methods. */
class Holder<Limits extends object> implements Account<Limits> {
  readonly #limits: Limits
  readonly #now: () => number
  readonly #rates = new Map<PropertyKey, Bucket>()
  readonly #levels = new Map<PropertyKey, number>()
  #pins = 0

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  rate(what: RateOf<Limits>): Bucket {
    const known = this.#rates.get(what)
    if (known) return known
    const fresh = bucket(this.#limits[what] as Rate, this.#now())
    this.#rates.set(what, fresh)
    return fresh
  }

  take(what: RateOf<Limits>, amount?: number): number {
    return this.rate(what).take(this.#now(), amount)
  }

  wait(what: RateOf<Limits>): number {
    const rate = this.rate(what)
    const ms = rate.take(this.#now())
    if (ms === 0) rate.charge(this.#now(), -1)
    return ms
  }

  charge(what: RateOf<Limits>, amount: number): number {
    return this.rate(what).charge(this.#now(), amount)
  }

  level(what: LevelOf<Limits>): number {
    return this.#levels.get(what) ?? 0
  }

  put(what: LevelOf<Limits>, amount: number): void {
    this.#levels.set(what, this.level(what) + amount)
  }

  add(what: LevelOf<Limits>, amount = 1): boolean {
    const level = this.level(what) + amount
    if (level > (this.#limits[what] as number)) return false
    this.#levels.set(what, level)
    return true
  }

  remove(what: LevelOf<Limits>, amount = 1): void {
    this.#levels.set(what, Math.max(0, this.level(what) - amount))
  }

  pin(): void {
    this.#pins++
  }

  unpin(): void {
    this.#pins--
  }

  isIdle(): boolean {
    if (this.#pins > 0) return false
    for (const level of this.#levels.values()) if (level > 0) return false
    const at = this.#now()
    for (const rate of this.#rates.values()) if (rate.fullIn(at) > 0) return false
    return true
  }
}

/** Accounts by name. The map drops an account once it is idle. */
export interface Accounts<Limits> {
  readonly of: (name: string) => Account<Limits>
  readonly all: () => IterableIterator<Account<Limits>>
}

/** Number of least recently used accounts that each new account causes the map to check. */
const sweep = 4

export const accounts = <Limits extends object>(limits: Limits, now: () => number): Accounts<Limits> => {
  const known = new Map<string, Account<Limits>>()
  /** Checks up to four accounts for each new one, so that the map shrinks to the accounts in use. */
  const forget = (): void => {
    let looked = 0
    for (const [name, each] of known) {
      if (looked++ === sweep) return
      known.delete(name)
      if (!each.isIdle()) known.set(name, each)
    }
  }
  return {
    of: (name) => {
      const held = known.get(name)
      if (held) return held
      forget()
      const fresh = account(limits, now)
      known.set(name, fresh)
      return fresh
    },
    all: () => known.values(),
  }
}
