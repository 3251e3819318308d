/** What an outbox holds, and what became of the rest. */
export interface Totals {
  entries: number
  bytes: number
  withdrawn: number
  readonly add: (bytes: number) => void
  readonly remove: (bytes: number) => void
}

export const settled = (): Totals => {
  const totals: Totals = {
    entries: 0,
    bytes: 0,
    withdrawn: 0,
    add: (bytes) => {
      totals.entries++
      totals.bytes += bytes
    },
    remove: (bytes) => {
      totals.entries--
      totals.bytes -= bytes
    },
  }
  return totals
}
