import { type Bucket, bucket } from './bucket.js'
import type { Rate } from './budget.js'

type RateOf<Limits> = { [K in keyof Limits]: Limits[K] extends Rate ? K : never }[keyof Limits]
type LevelOf<Limits> = { [K in keyof Limits]: Limits[K] extends Rate ? never : K }[keyof Limits]

/** One holder of a budget: a connection, a user, an address or the server. */
export interface Account<Limits> {
  /** Takes from a rate; 0, or how many ms to wait. */
  readonly take: (what: RateOf<Limits>, amount?: number) => number
  /** How many ms to wait until one may be taken. Takes nothing. */
  readonly wait: (what: RateOf<Limits>) => number
  /** Takes from a rate also what is not there; gives how many ms to wait until that is paid. */
  readonly charge: (what: RateOf<Limits>, amount: number) => number
  readonly rate: (what: RateOf<Limits>) => Bucket
  /** Adds to a level, also beyond its limit. */
  readonly put: (what: LevelOf<Limits>, amount: number) => void
  /** Adds to a level. False, and nothing is added, where it would be above its limit. */
  readonly add: (what: LevelOf<Limits>, amount?: number) => boolean
  /** Gives back. */
  readonly remove: (what: LevelOf<Limits>, amount?: number) => void
  readonly level: (what: LevelOf<Limits>) => number
  /** Is held by a connection more, or fewer: it is not forgotten as long as one holds it. */
  readonly pin: () => void
  readonly unpin: () => void
  /** Nothing is held, and every rate is full: it may be forgotten. */
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

/** Accounts by name. One that holds nothing and has paid is forgotten. */
export interface Accounts<Limits> {
  readonly of: (name: string) => Account<Limits>
  readonly all: () => IterableIterator<Account<Limits>>
}

/** Accounts looked at when a new one comes, the one used longest ago first. */
const sweep = 4

export const accounts = <Limits extends object>(limits: Limits, now: () => number): Accounts<Limits> => {
  const known = new Map<string, Account<Limits>>()
  /** Two leave for each that comes, so that those which are in use alone stay. */
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
