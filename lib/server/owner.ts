import type { Bucket } from './bucket.js'

/** The user, or the address before the user is known, that a share of the event loop belongs to. */
export interface Owner {
  /** Returns true where it has used more than its share. */
  readonly isHeavy: () => boolean
  /** Charges ms of work. Time beyond the share is free. */
  readonly pay: (ms: number) => void
}

/** Creates an owner with all of these shares. */
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
