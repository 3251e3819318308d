/** The numbers from 1 that were used before. Takes little space where they are used about in order. */
export interface Spent {
  /** False if the number was used before, or so far behind the others that nobody remembers. */
  readonly spend: (n: number) => boolean
}

/** How many numbers may be used ahead of their order before the lowest that were not are given up. */
const memory = 10_000

export const spent = (): Spent => {
  const ahead = new Set<number>()
  let below = 1
  const settle = (): void => {
    while (ahead.delete(below)) below++
  }
  return {
    spend: (n) => {
      if (n < below || ahead.has(n)) return false
      ahead.add(n)
      settle()
      if (ahead.size > memory) {
        below = Math.min(...ahead)
        settle()
      }
      return true
    },
  }
}
