/** Names the remembered lanes of each user: a base, and the number of the user's lanes lost since the base began. */
export interface Losses {
  /** Returns the name. It changes as soon as a lane of the user is lost before its time. */
  readonly name: (user: string) => string
  /** Counts a lost lane of the user. */
  readonly lose: (user: string) => void
  /** Assumes losses for every user. */
  readonly renew: () => void
  readonly base: () => string
  /** Losses by user. */
  readonly counts: ReadonlyMap<string, number>
  /** Users whose count is not yet recorded; the recorder removes them. */
  readonly unrecorded: Set<string>
  /** Restores a base, or a count. */
  readonly restore: (base: string) => void
  readonly restoreCount: (user: string, count: number) => void
}

/** Maximum number of users with losses; one more gives all users another base. */
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
