import { frozen } from './frozen.js'

/** Counts by cause. At most 128 causes have a count of their own: further ones count as `other`. */
export type Causes = Readonly<Record<string, number>>

/** Counts events by cause, without growing with the causes that a peer makes up. */
export interface CauseCounter {
  readonly add: (cause: string) => void
  /** Returns the present counts. */
  readonly counts: () => Causes
}

const most = 128

export const causeCounter = (): CauseCounter => {
  const all = new Map<string, number>()
  return {
    add: (cause) => {
      const name = all.has(cause) || all.size < most ? cause : 'other'
      all.set(name, (all.get(name) ?? 0) + 1)
    },
    counts: () => frozen(Object.fromEntries(all)),
  }
}
