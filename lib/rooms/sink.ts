import type { Decoder } from '../contract/mismatch.js'
import { Fanout } from '../core/fanout.js'
import type { Result } from '../core/result.js'
import type { Message } from './message.js'

/** Which events a subscription wants: how to read the payload of an event, `undefined` if it is not wanted. */
export type Wish = (event: string) => Decoder | undefined

/** Where messages go that one kind of subscriber wants: decoded once, however many subscribers there are. */
export interface Sink {
  /** The same for all who want the same. */
  readonly wish: Wish
  readonly to: Fanout<Result<Message<unknown>>>
}

export const noSinks: readonly Sink[] = []

export const sink = (wish: Wish): Sink => ({ wish, to: new Fanout() })

/** A list of sinks with one more. */
export const withSink = (sinks: readonly Sink[], added: Sink): readonly Sink[] =>
  sinks.length === 0 ? [added] : [...sinks, added]

/** A list of sinks with one less. */
export const withoutSink = (sinks: readonly Sink[], removed: Sink): readonly Sink[] =>
  sinks.length === 1 && sinks[0] === removed ? noSinks : sinks.filter((other) => other !== removed)
