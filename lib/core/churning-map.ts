/**
 * A Map of entries that come and go all the time.
 *
 * V8 links each outgrown table of a Map to the next one. A dead table that has reached the old generation therefore keeps all
 * later ones, with their removed values, until a full collection: sending took 11 % more time, most of it in collections of
 * garbage that could not be freed. A new Map from time to time ends the chain.
 */
export class ChurningMap<K, V> {
  #entries = new Map<K, V>()
  /** The entries that were set since the table was new. */
  #sets = 0

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  set(key: K, value: V): void {
    if (++this.#sets > renewalFactor * this.#entries.size + leastSets) {
      this.#sets = 0
      this.#entries = new Map(this.#entries)
    }
    this.#entries.set(key, value)
  }

  delete(key: K): boolean {
    return this.#entries.delete(key)
  }

  values(): IterableIterator<V> {
    return this.#entries.values()
  }
}

/** A renewal copies all entries, once for so many times as many sets. */
const renewalFactor = 4
const leastSets = 64
