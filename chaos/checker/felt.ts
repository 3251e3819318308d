import type { Broken, Consequence } from '../history/record.js'

/** Whether a client felt a fault, in whichever of its lives: `c3.2` is the second life of `c3`. */
export const feels = ([, , , , whom]: Broken, life: string): boolean => whom.includes(life.split('.')[0] ?? life)

/** Whether a fault may have led to this for that client. */
export const excuses = (fault: Broken, life: string, what: Consequence): boolean =>
  fault[5].includes(what) && feels(fault, life)
