import { Subject } from 'rxjs'
import type { Decoder } from '../contract/mismatch.js'
import type { Result } from '../core/result.js'
import type { Message } from './message.js'

/** Where messages go that one kind of subscriber wants: decoded once, however many subscribers there are. */
export interface Sink {
  /** Equal for sinks that decode the same events in the same way. */
  readonly key: unknown
  /** How to read the payload of an event; `undefined` if the event is not wanted. */
  readonly decoder: (event: string) => Decoder | undefined
  readonly to: Subject<Result<Message<unknown>>>
  /** The list of just this sink, shared by all rooms that have no other. */
  readonly alone: readonly Sink[]
  /** How many subscriptions share it. */
  sharers: number
}

export const noSinks: readonly Sink[] = []

export const sink = (key: unknown, decoder: Sink['decoder']): Sink => {
  const alone: Sink[] = []
  const made: Sink = { key, decoder, to: new Subject(), alone, sharers: 0 }
  alone.push(made)
  return made
}

/** A list of sinks with one more. */
export const withSink = (sinks: readonly Sink[], added: Sink): readonly Sink[] =>
  sinks.length === 0 ? added.alone : [...sinks, added]

/** A list of sinks with one less. */
export const withoutSink = (sinks: readonly Sink[], removed: Sink): readonly Sink[] =>
  sinks.length === 1 && sinks[0] === removed ? noSinks : sinks.filter((other) => other !== removed)
