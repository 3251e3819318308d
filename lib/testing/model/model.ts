import type { Moment, Step } from '../../core/machine.js'

/** What a step table is, to those who walk through it: its states, what may be said to it, and what must always hold. */
export interface Model<S, I, O> {
  readonly name: string
  readonly initial: S
  readonly step: (state: S, input: I, at: Moment) => Step<S, O>
  /** What may happen in a state, with the moments that make a difference to it. */
  readonly inputs: (state: S) => readonly Happening<I>[]
  /** What is told of a state: states with the same words are one to a walker, so there must be few. */
  readonly words: (state: S) => string
  /** The name of a state in drawings, which leave out counts and flags. */
  readonly place: (state: S) => string
  /** What is told of an input. */
  readonly say: (input: I) => string
  /** The same in drawings: a word, and after a space what of the input or the state makes the difference. */
  readonly arrow: (input: I, state: S) => string
  /** Whether a state may be one that nothing leads out of. */
  readonly isFinal: (state: S) => boolean
  readonly invariants: readonly Invariant<S, I, O>[]
}

/** An input, and when and with what luck it comes. */
export interface Happening<I> {
  readonly input: I
  readonly at: Moment
  /** How often it comes in walks, against others. Default 1. */
  readonly weight?: number
}

/** One step, as it was taken. */
export interface Taken<S, I, O> extends Happening<I> {
  readonly before: S
  readonly after: S
  readonly outputs: readonly O[]
}

/** What is so of every step. */
export interface Invariant<S, I, O> {
  readonly name: string
  readonly holds: (taken: Taken<S, I, O>) => boolean
}

/** An input that comes at any time, with the same luck. */
export const anytime = <I>(input: I): Happening<I> => ({ input, at: { now: 0, chance: 0.5 } })
