import type { FromAttacker, FromGood, FromServer } from './talk.js'

/** Tells the process that started this one; a message that it is no longer there for is dropped. */
export const say = (message: FromServer | FromGood | FromAttacker): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}
