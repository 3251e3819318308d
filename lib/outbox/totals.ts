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

/** Taken back by its caller. */
export type Fate = 'withdrawn'

export const settled = (): Totals => {
  const totals: Totals = {
    entries: 0,
    bytes: 0,
    version: 0,
    fates: { withdrawn: 0 },
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
