import type { Meter } from './meter.js'

/** Returns 0, or the ms until another try with a password. */
export const waitForTry = (meter: Meter): number =>
  Math.max(meter.user().wait('passwords'), meter.address.wait('passwords'))

/** Returns the same, and counts a try where it is 0: for the user and its address, until it turns out to be right. */
export const takeTry = (meter: Meter): number => {
  const ms = waitForTry(meter)
  if (ms === 0) charge(meter, 1)
  return ms
}

/** Refunds a right password. */
export const returnTry = (meter: Meter): void => {
  charge(meter, -1)
}

const charge = (meter: Meter, amount: number): void => {
  meter.user().charge('passwords', amount)
  meter.address.charge('passwords', amount)
}
