import type { Meter } from './meter.js'

/** Tries of passwords, which count for the user and for its address until they turn out to be right. */
export interface PasswordTries {
  /** 0, or how many ms until another one may be tried. */
  readonly wait: () => number
  /** The same, and one is tried. */
  readonly take: () => number
  /** One was right. */
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
