/** A set of used numbers from 1, compact when they come about in order. */
export interface SeenNumbers {
  /** Returns false if the number was used before, or is so far behind the others that it is forgotten. */
  readonly add: (n: number) => boolean
}

/** Maximum number of entries out of order before the set gives up the gaps below their lower half. */
const memory = 10_000

export const seenNumbers = (): SeenNumbers => new NumberSet()

/** A class, because each connection has one: its instances share their methods. */
class NumberSet implements SeenNumbers {
  #ahead: Set<number> | undefined
  #below = 1

  add(n: number): boolean {
    if (n < this.#below || this.#ahead?.has(n)) return false
    if (n === this.#below) {
      this.#below++
      this.#settle()
      return true
    }
    this.#ahead ??= new Set()
    this.#ahead.add(n)
    if (this.#ahead.size > memory) {
      const [lower, middle] = lowerHalf(this.#ahead)
      for (const given of lower) this.#ahead.delete(given)
      this.#below = middle ?? this.#below
      this.#settle()
    }
    return true
  }

  #settle(): void {
    while (this.#ahead?.delete(this.#below)) this.#below++
  }
}

/** Returns the lower half, and the lowest number of the upper half: one sort for each half of the memory that fills up. */
const lowerHalf = (numbers: ReadonlySet<number>): readonly [lower: readonly number[], middle: number | undefined] => {
  const sorted = Float64Array.from(numbers).sort()
  const half = sorted.length >> 1
  return [[...sorted.subarray(0, half)], sorted[half]]
}
