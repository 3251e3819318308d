import type { Entry } from './entry.js'

/** Messages that were in flight when the link was closed for what was written on it: they go alone until they are settled. */
export interface Suspects {
  /**
   * Takes note of such a close. `sole` is the one that is to blame, if only one was in flight, and has more bytes than
   * that; it is convicted at the second such close.
   */
  readonly accuse: (flying: readonly Entry[], beyondBytes: number) => Verdict
  readonly has: (entry: Entry | undefined) => boolean
  /** It was answered, or is settled. */
  readonly acquit: (entry: Entry) => void
  readonly size: () => number
}

export interface Verdict {
  readonly sole: Entry | undefined
  readonly isConvicted: boolean
}

/** So many closes with the same sole message convict it. */
const proof = 2

export const suspects = (): Suspects => {
  const strikes = new Map<Entry, number>()
  return {
    accuse: (flying, beyondBytes) => {
      const [first] = flying
      const sole = first && flying.length === 1 && first.bytes > beyondBytes ? first : undefined
      for (const entry of flying) strikes.set(entry, (strikes.get(entry) ?? 0) + (entry === sole ? 1 : 0))
      return { sole, isConvicted: sole !== undefined && (strikes.get(sole) ?? 0) >= proof }
    },
    has: (entry) => entry !== undefined && strikes.has(entry),
    acquit: (entry) => {
      strikes.delete(entry)
    },
    size: () => strikes.size,
  }
}
