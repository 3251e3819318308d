/** Names what is remembered of each user's lanes: a base, and how many lanes of the user were lost since it began. */
export interface Losses {
  /** Another name as soon as a lane of the user was lost before its time. */
  readonly name: (user: string) => string
  /** A lane of the user was lost. */
  readonly lose: (user: string) => void
  /** Of every user anything may have been lost. */
  readonly renew: () => void
  readonly base: () => string
  /** Losses by user. */
  readonly counts: ReadonlyMap<string, number>
  /** Users whose count is not recorded yet; taken out by whoever records it. */
  readonly unrecorded: Set<string>
  /** Takes back a base, and a count. */
  readonly restore: (base: string) => void
  readonly restoreCount: (user: string, count: number) => void
}

/** Users with losses that are remembered; with one more all are given another base. */
const mostUsers = 10_000

export const losses = (ids: () => string): Losses => {
  const counts = new Map<string, number>()
  const unrecorded = new Set<string>()
  let base: string | undefined

  const begin = (name: string | undefined): void => {
    base = name
    counts.clear()
    unrecorded.clear()
  }
  const current = (): string => (base ??= ids())

  return {
    name: (user) => {
      const count = counts.get(user)
      return count === undefined ? current() : `${current()}.${count}`
    },
    lose: (user) => {
      if (base === undefined) return
      counts.set(user, (counts.get(user) ?? 0) + 1)
      unrecorded.add(user)
      if (counts.size > mostUsers) begin(undefined)
    },
    renew: () => {
      begin(undefined)
    },
    base: current,
    counts,
    unrecorded,
    restore: begin,
    restoreCount: (user, count) => {
      counts.set(user, count)
    },
  }
}
