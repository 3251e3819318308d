import type { Decoder } from '../contract/mismatch.js'
import { Fanout } from '../core/fanout.js'
import type { Gap } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { Msg } from '../protocol/frame.js'
import type { Message } from './message.js'

/** Which events a subscription wants: how to read the payload of an event, `undefined` if it is not wanted. */
export interface Wish {
  (event: string): Decoder | undefined
  /** The one event that is wanted, and its decoder; absent where several are. */
  readonly one?: { readonly event: string; readonly decode: Decoder }
}

/** Two wishes for one event that is decoded in the same way are the same. */
export const isSameWish = (a: Wish, b: Wish): boolean =>
  a === b ||
  (a.one !== undefined && b.one !== undefined && a.one.event === b.one.event && a.one.decode === b.one.decode)

/** A message on its way to a sink. */
export interface Arrival {
  /** Of the log that it is of. */
  readonly epoch: string
  readonly frame: Msg
  readonly own: boolean
  readonly payload: (raw: unknown) => unknown
  readonly recovered: boolean
  readonly redelivered: boolean
  /** Its payload goes to others too, or is kept. */
  readonly shared: boolean
}

/** Stands between a room and a sink that does not just take what comes. */
export interface Gate {
  readonly take: (arrival: Arrival) => void
  /** Messages of the room are missing; `isFirst`: before where its first join began. */
  readonly gap: (missing: Gap, isFirst: boolean) => void
  /** Nobody takes anything any more. */
  readonly close: () => void
}

/** Where messages go that one kind of subscriber wants: decoded once, however many subscribers there are. */
export interface Sink {
  /** The same for all who want the same. */
  readonly wish: Wish
  readonly to: Fanout<Result<Message<unknown>>>
  gate: Gate | undefined
}

export const noSinks: readonly Sink[] = []

export const sink = (wish: Wish): Sink => ({ wish, to: new Fanout(), gate: undefined })

const nothing: Wish = () => undefined

/** A sink that keeps book of a room instead of telling anybody. */
export const service = (gate: Gate): Sink => ({ wish: nothing, to: new Fanout(), gate })

export const isService = ({ wish }: Sink): boolean => wish === nothing

/** A list of sinks with one more. */
export const withSink = (sinks: readonly Sink[], added: Sink): readonly Sink[] =>
  sinks.length === 0 ? [added] : [...sinks, added]

/** A list of sinks with one less. */
export const withoutSink = (sinks: readonly Sink[], removed: Sink): readonly Sink[] =>
  sinks.length === 1 && sinks[0] === removed ? noSinks : sinks.filter((other) => other !== removed)
