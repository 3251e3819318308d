import type { Life } from './life.js'

/** The lives that nobody uses at present: they are kept for a while, so that the next use costs nothing. */
export interface IdleLives {
  readonly add: (life: Life) => void
  readonly remove: (life: Life) => void
  readonly clear: () => void
}

/** A life without users is followed for so long, in ms, and at most so many of them. */
const idleMs = 30_000
const mostIdle = 1_000

/** `drop` is called for a life that was not used for long, at the next occasion: there is no timer for it. */
export const idleLives = (now: () => number, drop: (life: Life) => void): IdleLives => {
  /** The longest unused first, with the time since when. */
  const all = new Map<Life, number>()
  return {
    add: (life) => {
      all.set(life, now())
      for (const [each, since] of all) {
        if (all.size <= mostIdle && since + idleMs > now()) return
        all.delete(each)
        drop(each)
      }
    },
    remove: (life) => {
      all.delete(life)
    },
    clear: () => {
      all.clear()
    },
  }
}
