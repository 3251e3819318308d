import type { Bucket } from './bucket.js'

/** The user, or before it is known the address, whose work is done: it has a share of the event loop. */
export interface Owner {
  /** It has used more than its share. */
  readonly isHeavy: () => boolean
  /** So many ms were worked for it. What it is given above its share is not charged. */
  readonly pay: (ms: number) => void
}

/** An owner with all of these shares. */
export const owner = (now: () => number, ...shares: readonly Bucket[]): Owner => {
  const isHeavy = (): boolean => {
    for (const share of shares) if (share.isEmpty(now())) return true
    return false
  }
  return {
    isHeavy,
    pay: (ms) => {
      if (!isHeavy()) for (const share of shares) share.charge(now(), ms)
    },
  }
}
