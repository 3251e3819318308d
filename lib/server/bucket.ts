/** Allows so many takes a second, and a burst of one second's worth. */
export interface Bucket {
  /** 0 if it may be taken now; else how many ms to wait. */
  readonly take: (now: number) => number
}

export const bucket = (perSecond: number, burst: number, start: number): Bucket => {
  let held = burst
  let filledAt = start
  return {
    take: (now) => {
      held = Math.min(burst, held + ((now - filledAt) * perSecond) / 1_000)
      filledAt = now
      if (held < 1) return Math.ceil(((1 - held) * 1_000) / perSecond)
      held--
      return 0
    },
  }
}
