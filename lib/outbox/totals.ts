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

/**
 * Taken back by its caller; without a place; given up for a newer one; replaced by one under the same key; given up because
 * it alone was in flight when links were closed for what was written.
 */
export type Fate = 'withdrawn' | 'rejected' | 'dropped' | 'superseded' | 'quarantined'

export const settled = (): Totals => {
  const totals: Totals = {
    entries: 0,
    bytes: 0,
    version: 0,
    fates: { withdrawn: 0, rejected: 0, dropped: 0, superseded: 0, quarantined: 0 },
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
