/** A queue whose cost per item does not depend on its length. */
export interface Fifo<T> {
  readonly size: () => number
  readonly put: (item: T) => void
  readonly first: () => T | undefined
  /** Returns all items, the oldest first. */
  readonly items: () => readonly T[]
  readonly take: () => T | undefined
  readonly clear: () => void
}

export const fifo = <T>(): Fifo<T> => {
  let items: (T | undefined)[] = []
  let head = 0
  const clear = (): void => {
    items = []
    head = 0
  }
  return {
    size: () => items.length - head,
    put: (item) => {
      items.push(item)
    },
    first: () => items[head],
    items: () => items.slice(head) as readonly T[],
    take: () => {
      if (head === items.length) return undefined
      const item = items[head]
      items[head++] = undefined
      if (head === items.length) clear()
      else if (head >= 64 && head * 2 >= items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
    clear,
  }
}
