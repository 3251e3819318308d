import type { Deadlines } from './deadlines.js'

/** How many of a kind are told within `withinMs`. */
const most = 20
const withinMs = 1_000
/** How many kinds are remembered. */
const mostKinds = 100

interface Burst {
  readonly until: number
  told: number
  leftOut: number
  /** Tells the last one that was left out. */
  last: (more: string) => void
}

/**
 * Tells at most twenty of a kind within a second. Of those beyond, the last is told when the second is over, with `more`, the
 * words for how many others were left out.
 */
export const bursts = (
  now: () => number,
  at: Deadlines['at'],
): ((kind: string, tell: (more: string) => void) => void) => {
  const kinds = new Map<string, Burst>()
  return (kind, tell) => {
    let burst = kinds.get(kind)
    if (!burst || now() >= burst.until) {
      if (kinds.size === mostKinds) kinds.clear()
      burst = { until: now() + withinMs, told: 0, leftOut: 0, last: tell }
      kinds.set(kind, burst)
    }
    const current = burst
    if (current.told < most) {
      current.told++
      tell('')
      return
    }
    current.last = tell
    if (current.leftOut++ > 0) return
    at(current.until, () => {
      const others = current.leftOut - 1
      current.last(others > 0 ? ` (${others} more like this one were left out)` : '')
    })
  }
}
