/** A set of used numbers from 1, compact when they come about in order. */
export interface SeenNumbers {
  /** Returns false if the number was used before, or is so far behind the others that it is forgotten. */
  readonly add: (n: number) => boolean
}

/** Maximum number of entries out of order before the set gives up the gaps below their lower half. */
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

/** Returns the lower half, and the lowest number of the upper half: one sort for each half of the memory that fills up. */
const lowerHalf = (numbers: ReadonlySet<number>): readonly [lower: readonly number[], middle: number | undefined] => {
  const sorted = Float64Array.from(numbers).sort()
  const half = sorted.length >> 1
  return [[...sorted.subarray(0, half)], sorted[half]]
}
