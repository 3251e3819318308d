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

export const fifo = <T>(): Fifo<T> => new Queue<T>()

/** A class, because each connection has several: its instances share their methods. */
class Queue<T> implements Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  size(): number {
    return this.#items.length - this.#head
  }

  put(item: T): void {
    this.#items.push(item)
  }

  first(): T | undefined {
    return this.#items[this.#head]
  }

  items(): readonly T[] {
    return this.#items.slice(this.#head) as readonly T[]
  }

  take(): T | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head >= 64 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
