import type { Rate } from './budget.js'

/** Allows so many takes a second, and a burst. */
export interface Bucket {
  /** 0 if so many may be taken now, and are; else how many ms to wait. */
  readonly take: (now: number, amount?: number) => number
  /** Takes so many, also more than there are; gives how many ms it takes until the debt is paid, 0 without a debt. */
  readonly charge: (now: number, amount: number) => number
  /** Less than one is left. */
  readonly isEmpty: (now: number) => boolean
  /** How many ms until it is full again. */
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
      // More than the burst is taken from a full bucket, and leaves a debt.
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
