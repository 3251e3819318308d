import type { StepContext, Step } from '../../core/machine.js'

/** A step table as explorers and walkers see it: its states, its inputs, and the invariants that must always hold. */
export interface Model<S, I, O> {
  readonly name: string
  readonly initial: S
  readonly step: (state: S, input: I, at: StepContext) => Step<S, O>
  /** Returns the inputs that may occur in a state, with the moments that make a difference to it. */
  readonly inputs: (state: S) => readonly Happening<I>[]
  /** Describes a state. Explorers treat states with the same words as one, so there must be few different texts. */
  readonly words: (state: S) => string
  /** Returns the name of a state in diagrams, which omit counts and flags. */
  readonly place: (state: S) => string
  /** Describes an input. */
  readonly say: (input: I) => string
  /** Describes an input in diagrams: a word, and after a space the part of the input or state that makes a difference. */
  readonly arrow: (input: I, state: S) => string
  /** True if the state may have no way out. */
  readonly isFinal: (state: S) => boolean
  readonly invariants: readonly Invariant<S, I, O>[]
}

/** An input, with its time and its random value. */
export interface Happening<I> {
  readonly input: I
  readonly at: StepContext
  /** Frequency of the input in walks, relative to others. Default 1. */
  readonly weight?: number
}

/** One executed step. */
export interface Taken<S, I, O> extends Happening<I> {
  readonly before: S
  readonly after: S
  readonly outputs: readonly O[]
}

/** A condition that holds for every step. */
export interface Invariant<S, I, O> {
  readonly name: string
  readonly holds: (taken: Taken<S, I, O>) => boolean
}

/** Makes an input with a fixed time, 0, and a fixed random value, 0.5. */
export const anytime = <I>(input: I): Happening<I> => ({ input, at: { now: 0, chance: 0.5 } })
