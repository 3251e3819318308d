/** Numbers for the joins of one link: rooms by number. */
export interface Channels<T> {
  readonly get: (ch: number) => T | undefined
  /** Assigns the next number to an entry. Numbers are never used again. */
  readonly add: (entry: T) => number
  /** Assigns the next number without an entry. */
  readonly skip: () => number
  readonly delete: (ch: number) => void
  /** Removes all; later numbers are still higher. */
  readonly clear: () => void
}

/** Beyond this many empty places per entry a Map takes less memory than a list. */
const sparse = 4
const few = 4_096

/** A list while it is dense, which is fast and small; a Map once most of its numbers are over. */
export const channels = <T>(): Channels<T> => {
  let list: (T | undefined)[] | undefined = []
  let base = 1
  let last = 0
  let size = 0
  const map = new Map<number, T>()

  const spread = (from: readonly (T | undefined)[]): void => {
    from.forEach((entry, at) => {
      if (entry !== undefined) map.set(base + at, entry)
    })
    list = undefined
  }

  /** A number before the list would be looked up as a name, which is slow. */
  const get = (ch: number): T | undefined => (!list ? map.get(ch) : ch < base ? undefined : list[ch - base])

  return {
    get,
    add: (entry) => {
      last++
      size++
      if (list) list.push(entry)
      else map.set(last, entry)
      return last
    },
    skip: () => {
      last++
      list?.push(undefined)
      return last
    },
    delete: (ch) => {
      if (!list) {
        map.delete(ch)
        return
      }
      if (get(ch) === undefined) return
      list[ch - base] = undefined
      size--
      if (list.length > few + sparse * size) spread(list)
    },
    clear: () => {
      map.clear()
      list = []
      base = last + 1
      size = 0
    },
  }
}
