import type { Entry } from './entry.js'

/** Suspected poison messages: in flight when written data closed the link. They go alone until they are settled. */
export interface PoisonDetector {
  /**
   * Records such a close. `sole` is the cause, if only one message was in flight and has more than `beyondBytes` bytes;
   * the second such close convicts it.
   */
  readonly linkClosed: (flying: readonly Entry[], beyondBytes: number) => Verdict
  readonly isSuspect: (entry: Entry | undefined) => boolean
  /** Clears a message that was answered or settled. */
  readonly clear: (entry: Entry) => void
  readonly size: () => number
}

export interface Verdict {
  readonly sole: Entry | undefined
  readonly isConvicted: boolean
}

/** The number of closes with the same sole message that convict it. */
const proof = 2

export const poisonDetector = (): PoisonDetector => {
  const strikes = new Map<Entry, number>()
  return {
    linkClosed: (flying, beyondBytes) => {
      const [first] = flying
      const sole = first && flying.length === 1 && first.bytes > beyondBytes ? first : undefined
      for (const entry of flying) strikes.set(entry, (strikes.get(entry) ?? 0) + (entry === sole ? 1 : 0))
      return { sole, isConvicted: sole !== undefined && (strikes.get(sole) ?? 0) >= proof }
    },
    isSuspect: (entry) => entry !== undefined && strikes.has(entry),
    clear: (entry) => {
      strikes.delete(entry)
    },
    size: () => strikes.size,
  }
}
