/** The numbers from 1 that were used before. Takes little space where they are used about in order. */
export interface SeenNumbers {
  /** False if the number was used before, or so far behind the others that nobody remembers. */
  readonly add: (n: number) => boolean
}

/** How many numbers may be used ahead of their order before the gaps below their lower half are given up. */
const memory = 10_000

export const seenNumbers = (): SeenNumbers => {
  const ahead = new Set<number>()
  let below = 1
  const settle = (): void => {
    while (ahead.delete(below)) below++
  }
  return {
    add: (n) => {
      if (n < below || ahead.has(n)) return false
      ahead.add(n)
      settle()
      if (ahead.size > memory) {
        const [lower, middle] = lowerHalf(ahead)
        for (const given of lower) ahead.delete(given)
        below = middle ?? below
        settle()
      }
      return true
    },
  }
}

/** The lower half, and the lowest number of the upper half: one sort for each half of the memory that fills up. */
const lowerHalf = (numbers: ReadonlySet<number>): readonly [lower: readonly number[], middle: number | undefined] => {
  const sorted = Float64Array.from(numbers).sort()
  const half = sorted.length >> 1
  return [[...sorted.subarray(0, half)], sorted[half]]
}
