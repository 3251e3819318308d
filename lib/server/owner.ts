import type { Bucket } from './bucket.js'

/** The user, or the address before the user is known, that a share of the event loop belongs to. */
export interface Owner {
  /** Returns true where it has used more than its share. */
  readonly isHeavy: () => boolean
  /** Charges ms of work. Time beyond the share is free. */
  readonly pay: (ms: number) => void
}

/** Names the owner that pays for the turn of an answer. */
export interface Payer {
  readonly owner: () => Owner
}

/** Creates an owner with all of these shares. */
export const owner = (now: () => number, ...shares: readonly Bucket[]): Owner => new Shareholder(now, shares)

/** A class, because each user has one: its instances share their methods. */
class Shareholder implements Owner {
  readonly #now: () => number
  readonly #shares: readonly Bucket[]

  constructor(now: () => number, shares: readonly Bucket[]) {
    this.#now = now
    this.#shares = shares
  }

  isHeavy(): boolean {
    for (const share of this.#shares) if (share.isEmpty(this.#now())) return true
    return false
  }

  pay(ms: number): void {
    if (!this.isHeavy()) for (const share of this.#shares) share.charge(this.#now(), ms)
  }
}
