import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { compile } from './compile.js'
import type { EventCodec } from './event-codec.js'
import { trusted } from './sendable.js'
import type { InputOf, OutputOf, Unchecked, Validator } from './validator.js'

/** Event names with the validators of their payloads. */
export type Events = Readonly<Record<string, Validator>>

/** The types of a room's traffic. Made by `contract`. */
export interface Contract<E extends Events> {
  readonly events: E
  /** Returns the decoder and the encoder of an event, for rooms. */
  readonly codecOf: (event: string) => EventCodec
  /** The faults of the contract, one sentence each; empty for a valid contract. */
  readonly faults: readonly string[]
}

/** Any contract. */
export type AnyContract = Contract<Events>

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
 * Validators must answer at once: an asynchronous one is refused when it is used. Nothing throws: `faults` lists the
 * faults of the contract, and everything that uses an invalid part is a `Left`.
 */
export const contract = <E extends Events>(parts: { readonly events: E }): Contract<E> => {
  const events = E.getOrElse((): unknown => undefined)(guard((): unknown => parts.events))
  // Invalid events are kept: whoever reads them sees what was given.
  return Object.freeze({ events, ...compile(events) }) as Contract<E>
}

/** Any event with any payload, unchecked. For tools without knowledge of a room's contract. */
export const anything: OpenContract = /*#__PURE__*/ Object.freeze({
  open: true as const,
  events: /*#__PURE__*/ Object.freeze({}),
  codecOf: () => trusted,
  faults: /*#__PURE__*/ Object.freeze([]),
})
