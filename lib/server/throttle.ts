import type { Deadlines } from '../core/deadlines.js'

/** Says if work may go on, by the ms that a rate asks to wait. Where it may not, `wake` is called when that time is over. */
export const throttle = (time: Pick<Deadlines, 'after'>, wake: () => void): ((waitMs: number) => boolean) => {
  let isWaiting = false
  return (waitMs) => {
    if (waitMs === 0) return true
    if (!isWaiting)
      time.after(waitMs, () => {
        isWaiting = false
        wake()
      })
    isWaiting = true
    return false
  }
}
