/** What an outbox holds, and what became of messages that were not delivered. */
export interface Totals {
  entries: number
  bytes: number
  /** Counts whatever can be seen of the messages. */
  version: number
  readonly fates: Record<Fate, number>
  readonly add: (bytes: number) => void
  readonly remove: (bytes: number) => void
}

/** Taken back by its caller; given up because it alone was in flight when links were closed for what was written. */
export type Fate = 'withdrawn' | 'quarantined'

export const settled = (): Totals => {
  const totals: Totals = {
    entries: 0,
    bytes: 0,
    version: 0,
    fates: { withdrawn: 0, quarantined: 0 },
    add: (bytes) => {
      totals.entries++
      totals.bytes += bytes
      totals.version++
    },
    remove: (bytes) => {
      totals.entries--
      totals.bytes -= bytes
      totals.version++
    },
  }
  return totals
}
