/** An item of a ranking. */
export interface Ranked {
  weight: number
  /** The turn of its last rise. Of two with one weight, the one that rose longer ago comes first. */
  turn: number
  /** Its index in the ranking. */
  at: number
}

/** Items by weight, the heaviest first: a heap, so that a change takes O(log n). */
export interface Ranking<T> {
  readonly first: () => T | undefined
  readonly size: () => number
  /** Adds an item, or moves it according to its weight. */
  readonly place: (item: T) => void
  readonly remove: (item: T) => void
}

/** Creates a ranking. `rankOf` returns an item's `Ranked` for this ranking; an item may be in several. */
export const ranking = <T>(rankOf: (item: T) => Ranked): Ranking<T> => {
  const heap: T[] = []

  const isBefore = (one: T, other: T): boolean => {
    const [a, b] = [rankOf(one), rankOf(other)]
    return a.weight === b.weight ? a.turn < b.turn : a.weight > b.weight
  }
  const put = (item: T, at: number): void => {
    heap[at] = item
    rankOf(item).at = at
  }
  const rise = (item: T): void => {
    let { at } = rankOf(item)
    while (at > 0) {
      const up = (at - 1) >> 1
      const above = heap[up]
      if (above === undefined || !isBefore(item, above)) break
      put(above, at)
      at = up
    }
    put(item, at)
  }
  const sink = (item: T): void => {
    let { at } = rankOf(item)
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
      const below = left !== undefined && right !== undefined && isBefore(right, left) ? right : left
      if (below === undefined || !isBefore(below, item)) break
      const down = rankOf(below).at
      put(below, at)
      at = down
    }
    put(item, at)
  }
  const has = (item: T): boolean => heap[rankOf(item).at] === item
  const place = (item: T): void => {
    if (!has(item)) put(item, heap.length)
    rise(item)
    sink(item)
  }

  return {
    first: () => heap[0],
    size: () => heap.length,
    place,
    remove: (item) => {
      if (!has(item)) return
      const { at } = rankOf(item)
      const last = heap.pop()
      if (last === undefined || last === item) return
      put(last, at)
      place(last)
    },
  }
}

export const unranked = (): Ranked => ({ weight: 0, turn: 0, at: -1 })
