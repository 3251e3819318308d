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

export const bucket = ({ perSecond, burst }: Rate, start: number): Bucket => {
  let held = burst
  let filledAt = start
  const fill = (now: number): void => {
    held = Math.min(burst, held + ((now - filledAt) * perSecond) / 1_000)
    filledAt = now
  }
  const msFor = (amount: number): number => Math.ceil((amount * 1_000) / perSecond)
  return {
    take: (now, amount = 1) => {
      if (burst === Infinity) return 0
      fill(now)
      // A full bucket allows an amount above the burst, which leaves a debt.
      const needed = Math.min(amount, burst)
      if (held < needed) return msFor(needed - held)
      held -= amount
      return 0
    },
    charge: (now, amount) => {
      if (burst === Infinity) return 0
      fill(now)
      held -= amount
      return held < 0 ? msFor(-held) : 0
    },
    isEmpty: (now) => {
      if (burst === Infinity) return false
      fill(now)
      return held < 1
    },
    fullIn: (now) => {
      if (burst === Infinity) return 0
      fill(now)
      return msFor(burst - held)
    },
  }
}
