import type { Decoder } from '../contract/mismatch.js'
import { Fanout } from '../core/fanout.js'
import type { Gap } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { MessageFrame } from '../protocol/frame.js'
import type { Message } from './message.js'

/** Selects the events of a subscription: returns the decoder of an event, `undefined` for an unwanted one. */
export interface EventSelector {
  (event: string): Decoder | undefined
  /** The one wanted event, and its decoder; absent for several events. */
  readonly one?: { readonly event: string; readonly decode: Decoder }
}

/** Two selectors for one event with the same decoder are the same. */
export const isSameSelector = (a: EventSelector, b: EventSelector): boolean =>
  a === b ||
  (a.one !== undefined && b.one !== undefined && a.one.event === b.one.event && a.one.decode === b.one.decode)

/** A message on its way to a sink. */
export interface IncomingMessage {
  /** Epoch of the log this message belongs to. */
  readonly epoch: string
  readonly frame: MessageFrame
  readonly own: boolean
  /** The payload before its decoding. */
  readonly plain: unknown
  readonly recovered: boolean
  readonly redelivered: boolean
  /** Its payload goes to others too, or is cached. */
  readonly shared: boolean
}

/** Intercepts a room's messages before they reach a sink. */
export interface Interceptor {
  readonly take: (arrival: IncomingMessage) => void
  /** Messages of the room are missing; `isFirst`: before the start of its first join. */
  readonly gap: (missing: Gap, isFirst: boolean) => void
  /** Ends it: no message is accepted any longer. */
  readonly close: () => void
}

/** The target of messages for subscribers of one kind: each message is decoded once for any number of subscribers. */
export interface Sink {
  /** One object for all subscribers of the same events. */
  readonly wish: EventSelector
  readonly to: Fanout<Result<Message<unknown>>>
  gate: Interceptor | undefined
}

export const noSinks: readonly Sink[] = []

export const sink = (wish: EventSelector): Sink => ({ wish, to: new Fanout(), gate: undefined })

const nothing: EventSelector = () => undefined

/** A sink that records a room's messages without subscribers. */
export const internalSink = (gate: Interceptor): Sink => ({ wish: nothing, to: new Fanout(), gate })

export const isInternal = ({ wish }: Sink): boolean => wish === nothing

/** Returns a list of sinks with one more. */
export const withSink = (sinks: readonly Sink[], added: Sink): readonly Sink[] =>
  sinks.length === 0 ? [added] : [...sinks, added]

/** Returns a list of sinks with one fewer. */
export const withoutSink = (sinks: readonly Sink[], removed: Sink): readonly Sink[] =>
  sinks.length === 1 && sinks[0] === removed ? noSinks : sinks.filter((other) => other !== removed)
