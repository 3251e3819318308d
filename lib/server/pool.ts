import { type Ranked, type Ranking, ranking, unranked } from './ranking.js'

/** A shared amount. Once it is exhausted, the group that holds the most gives up something first. */
export interface Pool<Holder> {
  /** Joins a group. */
  readonly join: (group: object, holder: Holder) => Share
}

/** The part of a pool that one holder has. */
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

interface Group<Holder> extends Ranked {
  readonly shares: Set<PoolShare<Holder>>
}

/** Creates a pool. `end` makes a holder give up its share; the holder must call `leave` before it returns. */
export const pool = <Holder>(limit: number, end: (holder: Holder) => void): Pool<Holder> => {
  const groups = new WeakMap<object, Group<Holder>>()
  const all: Ranking<Group<Holder>> = ranking((group) => group)
  let total = 0
  let turn = 0

  const groupOf = (key: object): Group<Holder> => {
    const known = groups.get(key)
    if (known) return known
    const fresh = { ...unranked(), shares: new Set<PoolShare<Holder>>() }
    groups.set(key, fresh)
    return fresh
  }
  const weigh = (group: Group<Holder>, by: number): void => {
    total += by
    group.weight += by
    if (by > 0) group.turn = ++turn
    if (group.weight > 0) all.place(group)
    else all.remove(group)
  }
  const change = (share: PoolShare<Holder>, by: number): void => {
    if (!share.group || by === 0) return
    share.amount += by
    if (share.amount > 0) share.group.shares.add(share)
    else share.group.shares.delete(share)
    weigh(share.group, by)
  }
  /** Ends the largest share of a group. Returns false where none has left. */
  const giveUp = ({ shares }: Group<Holder>): boolean => {
    let largest: PoolShare<Holder> | undefined
    for (const each of shares) if (each.amount > (largest?.amount ?? 0)) largest = each
    if (!largest) return false
    end(largest.holder)
    return largest.group === undefined
  }
  const shared: PoolOfShares<Holder> = {
    groupOf,
    change,
    take: (share, amount) => {
      while (share.group && total + amount > limit) {
        const largest = all.first()
        const isOwn = !largest || largest === share.group || largest.weight <= share.group.weight + amount
        if (isOwn || !giveUp(largest)) return false
      }
      change(share, amount)
      return share.group !== undefined
    },
    force: (share, amount) => {
      change(share, amount)
      for (let largest = all.first(); total > limit && largest; largest = all.first()) if (!giveUp(largest)) break
    },
  }

  return {
    join: (key, holder) => new PoolShare(shared, groupOf(key), holder),
  }
}

/** The part of a pool that all of its shares use. */
interface PoolOfShares<Holder> {
  readonly groupOf: (key: object) => Group<Holder>
  readonly change: (share: PoolShare<Holder>, by: number) => void
  readonly take: (share: PoolShare<Holder>, amount: number) => boolean
  readonly force: (share: PoolShare<Holder>, amount: number) => void
}

/** A class, because each connection has several: its instances share their methods. */
class PoolShare<Holder> implements Share {
  readonly #pool: PoolOfShares<Holder>
  readonly holder: Holder
  /** `undefined` after the share has left. */
  group: Group<Holder> | undefined
  amount = 0

  constructor(pool: PoolOfShares<Holder>, group: Group<Holder>, holder: Holder) {
    this.#pool = pool
    this.group = group
    this.holder = holder
  }

  take(amount: number): boolean {
    return this.#pool.take(this, amount)
  }

  force(amount: number): void {
    this.#pool.force(this, amount)
  }

  give(amount: number): void {
    this.#pool.change(this, -amount)
  }

  held(): number {
    return this.amount
  }

  moveTo(key: object): void {
    const { amount } = this
    if (!this.group) return
    this.#pool.change(this, -amount)
    this.group = this.#pool.groupOf(key)
    this.#pool.change(this, amount)
  }

  leave(): void {
    this.give(this.amount)
    this.group = undefined
  }
}
