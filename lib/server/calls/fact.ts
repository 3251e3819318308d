import { textBytes } from '../log.js'
import type { CallKey, CallState } from './ledger.js'

/** The remembered state of a command. */
export type CallFact =
  | { readonly _tag: 'Running'; readonly lease: string }
  | Extract<CallState, { readonly _tag: 'Done' | 'Cancelled' | 'Lost' }>

/** A decided change of a command. */
export interface CallChange extends CallKey {
  readonly fact: CallFact
  /** Its time, on the clock of the book. */
  readonly at: number
}

export const lost: CallFact = { _tag: 'Lost' }

/** Keys of different commands differ, whatever characters the names contain. */
export const keyOf = ({ user, id }: CallKey): string => `${id.length}:${id}${user}`

export const stateOf = (fact: CallFact | undefined): CallState => {
  if (!fact) return unclaimed
  return fact._tag === 'Running' ? running : fact
}

const unclaimed: CallState = { _tag: 'Unclaimed' }
const running: CallState = { _tag: 'Running' }

/** Heap bytes of a command without its texts, on 64 bits, with its share of its user: 290 of many of one user, 550 of one alone. */
const recordBytes = 500

export const costOf = ({ id, fact }: Pick<CallChange, 'id' | 'fact'>): number =>
  recordBytes + textBytes(id) + outcomeCost(fact)

const outcomeCost = (fact: CallFact): number =>
  fact._tag === 'Done' && fact.outcome !== undefined ? textBytes(fact.outcome) : 0
