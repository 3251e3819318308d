import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import type { InputOf, OutputOf, Unchecked, Validator } from './validator.js'
import { unchecked } from './validator.js'

/** Event names with the validators of their payloads. */
export type Events = Readonly<Record<string, Validator>>

/** A request to the server or to a room, with its answer. */
export interface Call {
  readonly input: Validator
  readonly output: Validator
}
/** The calls of a contract, by name. */
export type Calls = Readonly<Record<string, Call>>

/** A contract without calls. */
export type NoCalls = Readonly<Record<symbol, never>>

/** The types of a room's traffic: its events, each member's synchronised state, its calls. */
export interface Contract<E extends Events, M extends Validator = Unchecked<undefined>, C extends Calls = NoCalls> {
  readonly events: E
  readonly member: M
  readonly calls: C
}

/** Any contract. */
export type AnyContract = Contract<Events, Validator, Calls>

/** Accepts every event, unchecked. */
export interface OpenContract extends Contract<Readonly<Record<string, Unchecked<unknown>>>, Unchecked<unknown>> {
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
 * Validators must answer at once: an asynchronous one is refused when it is used. Nothing throws: `faultsOf` lists the
 * faults of a contract, and everything that uses an invalid part is a `Left`.
 */
export const contract = <
  E extends Events,
  M extends Validator = Unchecked<undefined>,
  C extends Calls = NoCalls,
>(parts: {
  readonly events: E
  readonly member?: M
  readonly calls?: C
}): Contract<E, M, C> => {
  const read = guard(() => ({
    events: parts.events,
    member: parts.member ?? unchecked<undefined>(),
    calls: parts.calls ?? {},
  }))
  // The parts default to the defaults of the type parameters; invalid parts are kept for `faultsOf`.
  return Object.freeze(E.isRight(read) ? read.right : { events: undefined }) as unknown as Contract<E, M, C>
}

/** Any event with any payload, unchecked. For tools without knowledge of a room's contract. */
export const anything: OpenContract = /*#__PURE__*/ Object.freeze({
  open: true as const,
  events: /*#__PURE__*/ Object.freeze({}),
  member: /*#__PURE__*/ unchecked<unknown>(),
  calls: /*#__PURE__*/ Object.freeze({}),
})
