import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import type { InputOf, OutputOf, Unchecked, Validator } from './validator.js'
import { unchecked } from './validator.js'

/** Event names and what describes their payloads. */
export type Events = Readonly<Record<string, Validator>>

/** A question to the server or to a room: what is asked and what is answered. */
export interface Call {
  readonly input: Validator
  readonly output: Validator
}
/** The calls of a contract, by name. */
export type Calls = Readonly<Record<string, Call>>

/** A contract without calls. */
export type NoCalls = Readonly<Record<symbol, never>>

/** What goes through a room: its events, each member's synchronised state, its calls. */
export interface Contract<E extends Events, M extends Validator = Unchecked<undefined>, C extends Calls = NoCalls> {
  readonly events: E
  readonly member: M
  readonly calls: C
}

/** Some contract. */
export type AnyContract = Contract<Events, Validator, Calls>

/** Takes every event, unchecked. */
export interface OpenContract extends Contract<Readonly<Record<string, Unchecked<unknown>>>, Unchecked<unknown>> {
  readonly open: true
}

/** The names of a contract's events. */
export type EventOf<C extends AnyContract> = keyof C['events'] & string

/** The payload of an event as you pass it to `send` and `post`. */
export type Sent<C extends AnyContract, K extends EventOf<C>> = InputOf<C['events'][K]>

/** The payload of an event as `on` gives it to you. */
export type Received<C extends AnyContract, K extends EventOf<C>> = OutputOf<C['events'][K]>

/** The arguments after an event's name: none where the payload is void. */
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
 * Describes what goes through a room. Payloads are checked on both ways by io-ts codecs and Standard Schema validators,
 * mixed as you like; `t.void` is an event without payload, `unchecked<T>()` one that is not looked at.
 *
 * Validators must answer at once: an asynchronous one is refused when it is used. Nothing throws: what is wrong with a
 * contract is told by `faultsOf`, and everything that would go through it is a `Left`.
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
  // The defaults of the parts are those of the type parameters; nonsense is kept for `faultsOf` to tell.
  return Object.freeze(E.isRight(read) ? read.right : { events: undefined }) as unknown as Contract<E, M, C>
}

/** Any event with any payload, unchecked. For tools that do not know what goes through a room. */
export const anything: OpenContract = /*#__PURE__*/ Object.freeze({
  open: true as const,
  events: /*#__PURE__*/ Object.freeze({}),
  member: /*#__PURE__*/ unchecked<unknown>(),
  calls: /*#__PURE__*/ Object.freeze({}),
})
