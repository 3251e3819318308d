import type { CallKind } from '../core/call-kind.js'
import { compile } from './compile.js'
import type { EventCodec } from './event-codec.js'
import type { None } from './none.js'
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
export interface CallParts {
  /** The validator of the input. Default: none, the call has no input. */
  readonly input?: Validator
  /** The validator of the output, for a stream of each value. Default: none, the call answers without a value. */
  readonly output?: Validator
  /** The validators of the errors that the handler may return, by name. Default: none. */
  readonly errors?: DeclaredErrors
}

/** A validator of a call, or that of nothing. */
type Part<P extends CallParts, Name extends 'input' | 'output'> =
  P extends Readonly<Record<Name, infer Given extends Validator>> ? Given : Unchecked<undefined>

type ErrorsOf<P extends CallParts> =
  P extends Readonly<Record<'errors', infer Given extends DeclaredErrors>> ? Given : None

/** The type of the call that has these parts. */
export type CallTypeOf<K extends CallKind, P extends CallParts> = CallType<
  K,
  Part<P, 'input'>,
  Part<P, 'output'>,
  ErrorsOf<P>
>

const callType =
  <K extends CallKind>(kind: K) =>
  <P extends CallParts = { readonly input?: never }>(parts?: P): CallTypeOf<K, P> => {
    const {
      input = unchecked<undefined>(),
      output = unchecked<undefined>(),
      errors = Object.freeze({}),
    }: CallParts = parts ?? {}
    const values = compile({ input, output }, `${kind}.`)
    const declared = compile(errors, `${kind}.errors.`)
    const type: CallType = {
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
    }
    return Object.freeze(type) as CallTypeOf<K, P>
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
