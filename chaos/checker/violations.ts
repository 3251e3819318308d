import type { Violation } from './evidence.js'

/** How many of one rule are kept; the rest is counted. */
const kept = 20

/** What was found so far. */
export interface Violations {
  readonly add: (rule: string, text: string) => void
  readonly list: () => readonly Violation[]
  readonly count: () => number
}

export const violations = (): Violations => {
  const counts = new Map<string, number>()
  const list: Violation[] = []
  return {
    add: (rule, text) => {
      const count = (counts.get(rule) ?? 0) + 1
      counts.set(rule, count)
      if (count <= kept) list.push({ rule, text })
    },
    list: () => list,
    count: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
  }
}
