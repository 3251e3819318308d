import { type Check, sound, withMethods } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import type { Position } from '../core/position.js'
import { hasMethods } from '../core/shape.js'
import type { Message } from '../rooms/message.js'
import type { JoinAsk } from '../rooms/record.js'
import type { Interceptor } from '../rooms/sink.js'
import type { Subscribed } from '../rooms/sinks.js'
import type { Parts } from './parts.js'

/** The start of a subscription: a value that brings its own code, such as `last(50)` of `rx-rooms/history`. */
export interface Start {
  readonly _tag: string
  /** The fault of its options: each subscription answers it. */
  readonly fault?: ConfigError | undefined
  /** Its messages are committed, so none may be dropped. */
  readonly isCommitted: boolean
  /** Puts a gate before the sink of a subscription. Called in a turn, after the gate of a policy is set. */
  readonly begin: (parts: Parts, to: Subscribed) => void
  /** Returns the start of a subscription that goes on after a position, at another client. Default: `after(position)`. */
  readonly goOn?: (after: Position) => Start
}

/**
 * The rule for messages that arrive faster than a subscription needs them: a value that brings its own code, such as
 * `latestBy(key)` of `rx-rooms/conflation`. Drops only messages, and only older ones for a newer one. Gaps, refusals and
 * payloads that do not decode arrive at once, after the held messages. Order is kept.
 */
export interface Policy<in T = never> {
  readonly _tag: string
  readonly fault?: ConfigError | undefined
  readonly key?: ((message: Message<T>) => unknown) | undefined
  /** Makes the gate before the sink of a subscription. Called in a turn. */
  readonly intercept: (parts: Parts, to: Subscribed) => Interceptor
}

/**
 * The way into a room that does not let everybody in: a value that brings its own code, made by `admission` of
 * `rx-rooms/room-life`.
 */
export interface Admission {
  readonly fault?: ConfigError | undefined
  /** The join may wait without a limit of time. */
  readonly isPatient: boolean
  /** Returns the fields of the join. Called in a turn, before the join. */
  readonly begin: (parts: Parts) => JoinAsk
}

export const admissionCheck: Check = /*#__PURE__*/ sound(/*#__PURE__*/ withMethods('admission', 'begin'))

export const startCheck: Check = /*#__PURE__*/ sound({
  expected: 'start',
  is: (from) => from === 'live' || hasMethods(from, 'begin'),
})

export const policyCheck: Check = /*#__PURE__*/ sound({
  expected: 'policy',
  is: (policy) => policy === 'all' || hasMethods(policy, 'intercept'),
})
