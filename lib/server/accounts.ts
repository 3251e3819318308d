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

export const account = <Limits extends object>(limits: Limits, now: () => number): Account<Limits> => {
  const rates = new Map<PropertyKey, Bucket>()
  const levels = new Map<PropertyKey, number>()
  let pins = 0
  const rateOf = (what: RateOf<Limits>): Bucket => {
    const known = rates.get(what)
    if (known) return known
    const fresh = bucket(limits[what] as Rate, now())
    rates.set(what, fresh)
    return fresh
  }
  const levelOf = (what: LevelOf<Limits>): number => levels.get(what) ?? 0
  return {
    take: (what, amount) => rateOf(what).take(now(), amount),
    wait: (what) => {
      const rate = rateOf(what)
      const ms = rate.take(now())
      if (ms === 0) rate.charge(now(), -1)
      return ms
    },
    charge: (what, amount) => rateOf(what).charge(now(), amount),
    rate: rateOf,
    put: (what, amount) => {
      levels.set(what, levelOf(what) + amount)
    },
    add: (what, amount = 1) => {
      const level = levelOf(what) + amount
      if (level > (limits[what] as number)) return false
      levels.set(what, level)
      return true
    },
    remove: (what, amount = 1) => {
      levels.set(what, Math.max(0, levelOf(what) - amount))
    },
    level: levelOf,
    pin: () => {
      pins++
    },
    unpin: () => {
      pins--
    },
    isIdle: () => {
      if (pins > 0) return false
      for (const level of levels.values()) if (level > 0) return false
      const at = now()
      for (const rate of rates.values()) if (rate.fullIn(at) > 0) return false
      return true
    },
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
