/** A binary heap with the first item by `before` on top. */
export interface Heap<T> {
  readonly push: (item: T) => void
  /** Returns the first item and keeps it. */
  readonly peek: () => T | undefined
  /** Removes the first item and returns it. */
  readonly pop: () => T | undefined
  /** Removes all unwanted items. */
  readonly keep: (wanted: (item: T) => boolean) => void
  readonly size: () => number
}

export const heap = <T>(before: (a: T, b: T) => boolean): Heap<T> => {
  let items: T[] = []

  const rise = (item: T): void => {
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = items[parent]
      if (above === undefined || !before(item, above)) break
      items[index] = above
      index = parent
    }
    items[index] = item
  }
  const sink = (item: T): void => {
    let index = 0
    for (;;) {
      const left = items[2 * index + 1]
      const right = items[2 * index + 2]
      if (left === undefined) break
      const down = right !== undefined && before(right, left) ? right : left
      if (!before(down, item)) break
      items[index] = down
      index = 2 * index + (down === left ? 1 : 2)
    }
    items[index] = item
  }

  return {
    push: rise,
    peek: () => items[0],
    pop: () => {
      const [first] = items
      const last = items.pop()
      if (last !== undefined && items.length > 0) sink(last)
      return first
    },
    keep: (wanted) => {
      // A sorted array is a heap.
      items = items.filter(wanted).sort((a, b) => (before(a, b) ? -1 : 1))
    },
    size: () => items.length,
  }
}
