import type { Deadlines } from '../core/deadlines.js'

/** Returns true where a rate with this wait lets work go on; otherwise calls `delayed` now and `wake` after the wait. */
export const throttle = (
  time: Pick<Deadlines, 'after'>,
  wake: () => void,
  delayed: () => void,
): ((waitMs: number) => boolean) => {
  let isWaiting = false
  return (waitMs) => {
    if (waitMs === 0) return true
    if (!isWaiting) {
      delayed()
      time.after(waitMs, () => {
        isWaiting = false
        wake()
      })
    }
    isWaiting = true
    return false
  }
}
