import type { CallKind } from '../protocol/call-frame.js'
import { compile } from './compile.js'
import type { EventCodec } from './event-codec.js'
import { type InputOf, type OutputOf, type Unchecked, unchecked, type Validator } from './validator.js'

/** The validators of the errors that a call declares, by name. */
export type DeclaredErrors = Readonly<Record<string, Validator>>

/** The types of one call. Made by `query`, `command` and `stream`. */
export interface CallType<
  K extends CallKind = CallKind,
  I extends Validator = Validator,
  O extends Validator = Validator,
  E extends DeclaredErrors = DeclaredErrors,
> {
  readonly kind: K
  readonly input: I
  readonly output: O
  readonly errors: E
  /** Returns the codec of `input`, `output`, or of a declared error. */
  readonly codecs: {
    readonly input: EventCodec
    readonly output: EventCodec
    readonly error: (name: string) => EventCodec
  }
  /** The faults of the validators, one sentence each. */
  readonly faults: readonly string[]
}

/** Calls by name. */
export type Calls = Readonly<Record<string, CallType>>

/** The type that the caller passes. */
export type CallInput<T extends CallType> = InputOf<T['input']>

/** The type that the handler gets. */
export type HandlerInput<T extends CallType> = OutputOf<T['input']>

/** The type that the handler returns. */
export type HandlerOutput<T extends CallType> = InputOf<T['output']>

/** The type that the caller gets. */
export type CallOutput<T extends CallType> = OutputOf<T['output']>

/** The parts of a call. All may be left out. */
export interface CallParts<I extends Validator, O extends Validator, E extends DeclaredErrors> {
  /** The validator of the input. Default: none, the call has no input. */
  readonly input?: I
  /** The validator of the output, for a stream of each value. Default: none, the call answers without a value. */
  readonly output?: O
  /** The validators of the errors that the handler may return, by name. Default: none. */
  readonly errors?: E
}

type Nothing = Unchecked<void>
type NoErrors = Readonly<Record<never, never>>

const callType =
  <K extends CallKind>(kind: K) =>
  <I extends Validator = Nothing, O extends Validator = Nothing, E extends DeclaredErrors = NoErrors>({
    input = unchecked<void>() as unknown as I,
    output = unchecked<void>() as unknown as O,
    errors = Object.freeze({}) as E,
  }: CallParts<I, O, E> = {}): CallType<K, I, O, E> => {
    const values = compile({ input, output }, `${kind}.`)
    const declared = compile(errors, `${kind}.errors.`)
    return Object.freeze({
      kind,
      input,
      output,
      errors,
      codecs: Object.freeze({
        input: values.codecOf('input'),
        output: values.codecOf('output'),
        error: declared.codecOf,
      }),
      faults: Object.freeze([...values.faults, ...declared.faults]),
    })
  }

/**
 * Describes a call that only reads: it may run more than once, so the client repeats it after a lost connection. It has
 * one answer.
 */
export const query = /*#__PURE__*/ callType('query')

/**
 * Describes a call that changes something: it runs at most once, also over reconnects and servers. It has one answer; a
 * lost one is `call/unknown`.
 */
export const command = /*#__PURE__*/ callType('command')

/** Describes a call with many answers: each value, in order, then the completion or an error. */
export const stream = /*#__PURE__*/ callType('stream')
