import type { Meter } from './meter.js'

/** Password tries. Each counts for the user and its address until it turns out to be right. */
export interface PasswordTries {
  /** Returns 0, or the ms until another try. */
  readonly wait: () => number
  /** Returns the same, and counts a try where it is 0. */
  readonly take: () => number
  /** Refunds a right password. */
  readonly returned: () => void
}

export const passwordTries = ({ user, address }: Pick<Meter, 'user' | 'address'>): PasswordTries => {
  const wait = (): number => Math.max(user().wait('passwords'), address.wait('passwords'))
  const charge = (amount: number): void => {
    user().charge('passwords', amount)
    address.charge('passwords', amount)
  }
  return {
    wait,
    take: () => {
      const ms = wait()
      if (ms === 0) charge(1)
      return ms
    },
    returned: () => {
      charge(-1)
    },
  }
}
