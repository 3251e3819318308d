import type { Rate } from './budget.js'

/** A token bucket: a rate per second and a burst. */
export interface Bucket {
  /** Takes `amount` and returns 0, or takes nothing and returns the ms to wait. */
  readonly take: (now: number, amount?: number) => number
  /** Takes `amount` even beyond the content. Returns the ms until the debt is paid, 0 without a debt. */
  readonly charge: (now: number, amount: number) => number
  /** Returns true where less than one is left. */
  readonly isEmpty: (now: number) => boolean
  /** Returns the ms until the bucket is full again. */
  readonly fullIn: (now: number) => number
}

export const bucket = (rate: Rate, start: number): Bucket => new TokenBucket(rate, start)

/** A class, because each connection has several: its instances share their methods. */
class TokenBucket implements Bucket {
  readonly #rate: Rate
  #held: number
  #filledAt: number

  constructor(rate: Rate, start: number) {
    this.#rate = rate
    this.#held = rate.burst
    this.#filledAt = start
  }

  take(now: number, amount = 1): number {
    const { burst } = this.#rate
    if (burst === Infinity) return 0
    this.#fill(now)
    // A full bucket allows an amount above the burst, which leaves a debt.
    const needed = Math.min(amount, burst)
    if (this.#held < needed) return this.#msFor(needed - this.#held)
    this.#held -= amount
    return 0
  }

  charge(now: number, amount: number): number {
    if (this.#rate.burst === Infinity) return 0
    this.#fill(now)
    this.#held -= amount
    return this.#held < 0 ? this.#msFor(-this.#held) : 0
  }

  isEmpty(now: number): boolean {
    if (this.#rate.burst === Infinity) return false
    this.#fill(now)
    return this.#held < 1
  }

  fullIn(now: number): number {
    if (this.#rate.burst === Infinity) return 0
    this.#fill(now)
    return this.#msFor(this.#rate.burst - this.#held)
  }

  #fill(now: number): void {
    const { perSecond, burst } = this.#rate
    this.#held = Math.min(burst, this.#held + ((now - this.#filledAt) * perSecond) / 1_000)
    this.#filledAt = now
  }

  #msFor(amount: number): number {
    return Math.ceil((amount * 1_000) / this.#rate.perSecond)
  }
}
