/** Those who are to hear of the close of a server. */
export interface Closing {
  /** Calls `ended` at the close, unless the returned function is called before. */
  readonly until: (ended: () => void) => () => void
  readonly close: () => void
}

export const closing = (): Closing => {
  const waiting = new Set<() => void>()
  return {
    until: (ended) => {
      waiting.add(ended)
      return () => {
        waiting.delete(ended)
      }
    },
    close: () => {
      for (const ended of waiting) ended()
      waiting.clear()
    },
  }
}
