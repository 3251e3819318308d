import * as E from '#fp/Either'
import { excerpt } from '../core/error.js'
import { guard } from '../core/guard.js'
import { isPlain } from '../core/plain.js'
import type { Calls } from './call-type.js'
import { compile } from './compile.js'
import type { EventCodec } from './event-codec.js'
import { trusted } from './sendable.js'
import type { None } from './none.js'
import type { InputOf, OutputOf, Unchecked, Validator } from './validator.js'

/** Event names with the validators of their payloads. */
export type Events = Readonly<Record<string, Validator>>

/** The types of a room's traffic. Made by `contract`. */
export interface Contract<E extends Events, P extends Calls = None> {
  readonly events: E
  /** The calls, for `rx-rooms/calls`. */
  readonly calls: P
  /** Returns the decoder and the encoder of an event, for rooms. */
  readonly codecOf: (event: string) => EventCodec
  /** The faults of the contract, one sentence each; empty for a valid contract. */
  readonly faults: readonly string[]
}

/** Any contract. */
export type AnyContract = Contract<Events, Calls>

/** Accepts every event, unchecked. */
export interface OpenContract extends Contract<Readonly<Record<string, Unchecked<unknown>>>> {
  readonly open: true
}

/** The names of a contract's events. */
export type EventOf<C extends AnyContract> = keyof C['events'] & string

/** The payload type that `send` and `post` accept for an event. */
export type Sent<C extends AnyContract, K extends EventOf<C>> = InputOf<C['events'][K]>

/** The payload type that `on` emits for an event. */
export type Received<C extends AnyContract, K extends EventOf<C>> = OutputOf<C['events'][K]>

/** The arguments after an event's name: none for a void payload. */
export type Args<C extends AnyContract, K extends EventOf<C>> = Payload<Sent<C, K>>

type Payload<T> = unknown extends T
  ? [data: T]
  : Within<T, never> extends true
    ? [data: T]
    : Within<T, void> extends true
      ? []
      : [data: T]

type Within<T, U> = [T] extends [U] ? true : false

/**
 * Describes the traffic of a room. io-ts codecs and Standard Schema validators, mixed as you like, check payloads in
 * both directions; `t.void` is an event without payload, `unchecked<T>()` one whose payload is not checked.
 *
 * `calls` are those of `query`, `command` and `stream` of `rx-rooms/calls`; a contract of calls alone needs no events.
 *
 * Validators must answer at once: an asynchronous one is refused when it is used. Nothing throws: `faults` lists the
 * faults of the contract, and everything that uses an invalid part is a `Left`.
 */
export const contract = <E extends Events = None, P extends Calls = None>(
  parts: ContractParts<E, P>,
): Contract<E, P> => {
  const events = E.getOrElse((): unknown => undefined)(guard((): unknown => eventsOf(parts)))
  const calls = E.getOrElse((): unknown => undefined)(guard((): unknown => parts.calls)) ?? noCalls
  const compiled = compile(events)
  const faults = [...compiled.faults, ...callFaults(calls)]
  // Invalid parts are kept: whoever reads them sees what was given.
  return Object.freeze({ events, calls, ...compiled, faults: Object.freeze(faults) }) as Contract<E, P>
}

/** The parts of a contract. */
type ContractParts<E extends Events, P extends Calls> =
  | { readonly events: E; readonly calls?: P }
  | { readonly events?: E; readonly calls: P }

const noCalls: None = /*#__PURE__*/ Object.freeze({})

const eventsOf = (parts: ContractParts<Events, Calls>): unknown => parts.events ?? (parts.calls ? noCalls : undefined)

/** Returns the faults of calls, which `query`, `command` and `stream` have found in each. */
const callFaults = (calls: unknown): readonly string[] =>
  E.getOrElse((thrown: string): readonly string[] => [`the calls of the contract throw: ${thrown}`])(
    guard(() =>
      Object.entries(isPlain(calls) ? calls : { '': calls }).flatMap(([name, type]) => {
        const faults = isPlain(type) ? type['faults'] : undefined
        return Array.isArray(faults)
          ? faults.map((fault) => `calls.${name.slice(0, 64)}: ${String(fault)}`)
          : [`calls.${name.slice(0, 64)}: expected a query, a command or a stream, not ${excerpt(type)}`]
      }),
    ),
  )

/** Any event with any payload, unchecked. For tools without knowledge of a room's contract. */
export const anything: OpenContract = /*#__PURE__*/ Object.freeze({
  open: true as const,
  events: /*#__PURE__*/ Object.freeze({}),
  calls: noCalls,
  codecOf: () => trusted,
  faults: /*#__PURE__*/ Object.freeze([]),
})
