import { type Ranked, type Ranking, ranking, unranked } from './ranking.js'

/** A shared amount. Once it is exhausted, the group that holds the most gives up something first. */
export interface Pool {
  /** Joins a group. `end` gives up the share; it must call `leave` before it returns. */
  readonly join: (group: object, end: () => void) => Share
}

/** The part of a pool that one connection holds. */
export interface Share {
  /**
   * Takes an amount, after the largest group has given up something where needed. Returns false where the own group is
   * the largest.
   */
  readonly take: (amount: number) => boolean
  /** Changes the amount in any case; then the largest group gives up something, even if it is the own group. */
  readonly force: (amount: number) => void
  readonly give: (amount: number) => void
  readonly held: () => number
  /** Moves the share to another group. */
  readonly moveTo: (group: object) => void
  /** Returns everything to the pool. Later calls do nothing. */
  readonly leave: () => void
}

interface Group extends Ranked {
  readonly shares: Set<Held>
}

interface Held {
  group: Group | undefined
  amount: number
  readonly end: () => void
}

export const pool = (limit: number): Pool => {
  const groups = new WeakMap<object, Group>()
  const all: Ranking<Group> = ranking((group) => group)
  let total = 0
  let turn = 0

  const groupOf = (key: object): Group => {
    const known = groups.get(key)
    if (known) return known
    const fresh = { ...unranked(), shares: new Set<Held>() }
    groups.set(key, fresh)
    return fresh
  }
  const weigh = (group: Group, by: number): void => {
    total += by
    group.weight += by
    if (by > 0) group.turn = ++turn
    if (group.weight > 0) all.place(group)
    else all.remove(group)
  }
  const change = (held: Held, by: number): void => {
    if (!held.group || by === 0) return
    held.amount += by
    if (held.amount > 0) held.group.shares.add(held)
    else held.group.shares.delete(held)
    weigh(held.group, by)
  }
  /** Ends the largest share of a group. Returns false where none has left. */
  const giveUp = ({ shares }: Group): boolean => {
    let largest: Held | undefined
    for (const each of shares) if (each.amount > (largest?.amount ?? 0)) largest = each
    largest?.end()
    return largest !== undefined && largest.group === undefined
  }
  const shared: PoolOfShares = {
    groupOf,
    change,
    take: (held, amount) => {
      while (held.group && total + amount > limit) {
        const largest = all.first()
        const isOwn = !largest || largest === held.group || largest.weight <= held.group.weight + amount
        if (isOwn || !giveUp(largest)) return false
      }
      change(held, amount)
      return held.group !== undefined
    },
    force: (held, amount) => {
      change(held, amount)
      for (let largest = all.first(); total > limit && largest; largest = all.first()) if (!giveUp(largest)) break
    },
  }

  return {
    join: (key, end) => new PoolShare(shared, { group: groupOf(key), amount: 0, end }),
  }
}

/** The part of a pool that all of its shares use. */
interface PoolOfShares {
  readonly groupOf: (key: object) => Group
  readonly change: (held: Held, by: number) => void
  readonly take: (held: Held, amount: number) => boolean
  readonly force: (held: Held, amount: number) => void
}

/** A class, because each connection has several: its instances share their methods. */
class PoolShare implements Share {
  readonly #pool: PoolOfShares
  readonly #held: Held

  constructor(pool: PoolOfShares, held: Held) {
    this.#pool = pool
    this.#held = held
  }

  take(amount: number): boolean {
    return this.#pool.take(this.#held, amount)
  }

  force(amount: number): void {
    this.#pool.force(this.#held, amount)
  }

  give(amount: number): void {
    this.#pool.change(this.#held, -amount)
  }

  held(): number {
    return this.#held.amount
  }

  moveTo(key: object): void {
    const held = this.#held
    const { amount } = held
    if (!held.group) return
    this.#pool.change(held, -amount)
    held.group = this.#pool.groupOf(key)
    this.#pool.change(held, amount)
  }

  leave(): void {
    this.give(this.#held.amount)
    this.#held.group = undefined
  }
}
