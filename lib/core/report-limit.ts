import type { Deadlines } from './deadlines.js'

/** The most calls of a kind within `withinMs`. */
const most = 20
const withinMs = 1_000
/** The most kinds to remember. */
const mostKinds = 100

interface Burst {
  readonly until: number
  calls: number
  /** Reports the last call. */
  last: (more: string) => void
}

/**
 * Limits calls to twenty of a kind within a second. The last of the suppressed calls runs when the second is over; its
 * `more` is the text for the number of the others.
 */
export const reportLimit = (
  now: () => number,
  at: Deadlines['at'],
): ((kind: string, tell: (more: string) => void) => void) => {
  const kinds = new Map<string, Burst>()
  return (kind, tell) => {
    let burst = kinds.get(kind)
    if (!burst || now() >= burst.until) {
      if (kinds.size === mostKinds) kinds.clear()
      burst = { until: now() + withinMs, calls: 0, last: tell }
      kinds.set(kind, burst)
    }
    const current = burst
    current.last = tell
    if (++current.calls <= most) tell('')
    else if (current.calls === most + 1)
      at(current.until, () => {
        const others = current.calls - most - 1
        current.last(others > 0 ? ` (${others} more like this one were left out)` : '')
      })
  }
}
