import type { Step } from '../../core/machine.js'

/**
 * The stage of a call. `Waiting`: never written. `Asked`: written on the present link. `Repeating`: written on an earlier
 * link, and to be written again.
 */
export type Stage = 'Waiting' | 'Asked' | 'Repeating' | 'Over'

/** The events of a call. */
export type Input =
  /** The call was written on the present link. */
  | 'Written'
  /** The last answer came: a value, an error, the end of a stream, a refusal. */
  | 'Answered'
  | 'LinkLost'
  /** Its time is over, or the connection has stopped. */
  | 'Failed'
  /** The caller has unsubscribed. */
  | 'GivenUp'

/** The actions of a step, in order. */
export type Output =
  /** Queue the call for writing. */
  | 'Queue'
  /** Remove the call from the queue. */
  | 'Withdraw'
  /** End its number on the link. */
  | 'Retire'
  /** Write `cancel` on this link, or on the next one. */
  | 'Cancel'
  /** Give the caller the answer, or the error. */
  | 'Settle'

type On = Step<Stage, Output>

/** A cell for every stage and input, checked by type. */
export type Table = Readonly<Record<Stage, Readonly<Record<Input, On>>>>

const to = (stage: Stage, ...outputs: Output[]): On => Object.freeze([stage, Object.freeze(outputs)])

/** `stay…` ignores the input. */
const makeTable = (): Table => {
  const [stayWaiting, stayAsked, stayRepeating, stayOver] = [to('Waiting'), to('Asked'), to('Repeating'), to('Over')]
  return {
    Waiting: {
      Written: to('Asked'),
      Answered: stayWaiting,
      LinkLost: stayWaiting,
      Failed: to('Over', 'Withdraw', 'Settle'),
      GivenUp: to('Over', 'Withdraw'),
    },
    Asked: {
      Written: stayAsked,
      Answered: to('Over', 'Retire', 'Settle'),
      LinkLost: to('Repeating', 'Retire', 'Queue'),
      Failed: to('Over', 'Retire', 'Cancel', 'Settle'),
      GivenUp: to('Over', 'Retire', 'Cancel'),
    },
    Repeating: {
      Written: to('Asked'),
      Answered: stayRepeating,
      LinkLost: stayRepeating,
      Failed: to('Over', 'Withdraw', 'Cancel', 'Settle'),
      GivenUp: to('Over', 'Withdraw', 'Cancel'),
    },
    Over: {
      Written: stayOver,
      Answered: stayOver,
      LinkLost: stayOver,
      Failed: stayOver,
      GivenUp: stayOver,
    },
  }
}

const table = /*#__PURE__*/ makeTable()

/** Returns the next stage and its actions. A step that changes nothing has no outputs. */
export const step = (stage: Stage, input: Input): On => table[stage][input]
