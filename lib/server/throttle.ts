import type { Deadlines } from '../core/deadlines.js'

/** Says if work may go on, by the ms that a rate asks to wait. Where it may not, `wake` is called when that time is over, `delayed` at its beginning. */
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
