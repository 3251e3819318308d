import type { Deadlines } from '../core/deadlines.js'
import type { DeliveryError, WebSocketError } from '../core/error.js'
import type { KernelConfig } from '../kernel/config.js'
import type { PubFields, PubLane } from '../protocol/codec.js'
import type { Ack, Durability, Limits, Refused } from '../protocol/frame.js'
import type { Lane, Message, OutgoingMessage, Place, Waiter } from './message.js'
import type { Totals } from './totals.js'
import type { PersistenceTracker } from './tracker.js'

/** The bounds of an outbox. */
export interface OutboxConfig {
  /** Messages waiting or in flight; beyond, `Left(delivery/full)`. Default 1 000. */
  readonly entries: number
  /** Their bytes; beyond, `Left(delivery/full)`. Default 4 MiB. */
  readonly bytes: number
  /** Time to try a message, in ms; then `Left(delivery/timeout)`. Default 300 000. */
  readonly ageMs: number
  /** Messages in flight: written and not yet acknowledged. Default 256. */
  readonly inFlight: number
  /** Their bytes. Default 256 KiB. */
  readonly inFlightBytes: number
  /** High-water mark: the client stops writing while the socket holds so many bytes. Default 64 KiB. */
  readonly highWaterBytes: number
  /**
   * The rule for a full outbox: `'reject'` the new message, `dropOldest()` of the messages that the server certainly
   * does not have (`Left(delivery/dropped)`), or `coalesceByKey(key)`, which replaces waiting messages. Default
   * `'reject'`.
   */
  readonly overflow: Overflow
  /**
   * Time without any acknowledgement, in ms, after which the client probes the connection; after as long again it gives
   * the connection up. Default 10 000.
   */
  readonly ackMs: number
}

/** A message as input of a `coalesceByKey` key function. */
export interface Keyed {
  readonly room: string
  readonly event: string
  /** The payload as the caller gave it. */
  readonly data: unknown
}

/** A new message as an overflow strategy sees it. */
export interface Incoming {
  readonly key: string | undefined
  /** The server certainly does not have it. */
  readonly isSpare: boolean
  readonly lane: Lane
  /** True if there is a place for it without these messages. */
  readonly fits: (without: readonly Message[]) => boolean
  /** The messages waiting and in flight, of all lanes. */
  readonly held: () => readonly Message[]
}

/** A rule that gives up waiting messages for a new one: `dropOldest()` or `coalesceByKey(key)`. */
export interface OverflowStrategy {
  /** The key of a message. Called at the call, with the payload as the caller gave it; `failed` reports a fault. */
  readonly key?: ((message: Keyed, failed: (said: string) => void) => string | undefined) | undefined
  /** Returns the messages to give up; `undefined` if there is no place for the new one. */
  readonly giveUp: (fresh: Incoming) => readonly Message[] | undefined
  /** The counter of messages given up. */
  readonly fate: 'dropped' | 'superseded'
  readonly because: (message: Message) => DeliveryError
}

/** The rule for a message beyond the bounds of an outbox, or for the waiting ones. */
export type Overflow = 'reject' | OverflowStrategy

/** Writes publishes to a link. */
export interface Writer {
  readonly publish: (lane: PubLane, fields: PubFields, text: string) => void
  /** Bytes in flight to the network, and waiting. */
  readonly buffered: () => number
}

/** The parts of a welcome that affect sending. */
export interface NegotiatedLimits {
  /** The server's `lanes` id: see the retry flag in docs/protocol.md. */
  readonly lanes?: string
  readonly limits: Limits
  readonly durability: Durability
}

export interface OutboxNeeds extends Pick<KernelConfig, 'backoff' | 'wall' | 'random'> {
  readonly config: OutboxConfig
  /** Call in a turn. */
  readonly deadlines: Deadlines
  /** Identifies this outbox among those of its user. */
  readonly producer: string
  /** Keeps posted messages beyond the life of the client. Without it they end with the client. */
  readonly journal?: PersistenceTracker | undefined
  /** The user of adopted messages, before any welcome has named the user. */
  readonly user?: string | undefined
  /** True if a room's join waits for its answer: its lane waits too. */
  readonly isJoining: (room: string) => boolean
  /** Requests a connection for waiting messages. */
  readonly need: () => void
  /** Answers calls in the publishing phase. */
  readonly publish: (task: () => void) => void
  /** Reports overdue acks on this link; from the second time in a row with `again`. */
  readonly overdue: (again: boolean) => void
}

/** The outgoing messages: an ordered queue (lane) per room. Call in a turn. */
export interface Outbox {
  readonly config: OutboxConfig
  /**
   * Queues a message, or joins the waiting, answered or requeued message of the same room and id. Returns the queued
   * message; nothing if the call has its answer.
   */
  readonly put: (given: OutgoingMessage, waiter: Waiter, withinMs?: number) => Message | undefined
  /** Ends one call's wait, and returns its error. The last call withdraws a message that was never written. */
  readonly abandon: (
    message: Message,
    waiter: Waiter,
    because: (executed: 'no' | 'unknown') => WebSocketError,
  ) => WebSocketError
  /** Settles a message that the server cannot have; `false` if it is too late. */
  readonly withdraw: (message: Message, because: WebSocketError) => boolean
  /** Settles all remaining messages. */
  readonly close: () => void
  readonly totals: Totals
  /** The messages waiting and in flight. */
  readonly held: () => readonly Message[]
  /** Queues a message of an earlier run, in the lane of its producer. */
  readonly hold: (given: OutgoingMessage, producer: string, place: Omit<Place, 'lane'>, waiter: Waiter) => Message
  readonly sender: Sender
}

/** The part of an outbox that writes: each message at most once per link. Call in a turn. */
export interface Sender {
  /** A link is up, with its terms, for this user. */
  readonly up: (link: Writer, terms: NegotiatedLimits, user: string) => void
  /** The terms of the current link have changed. */
  readonly agree: (terms: NegotiatedLimits) => void
  /**
   * The link ended: messages in flight wait again. `beyondBytes` is set if written data closed the link: only a message
   * with more bytes can be the cause. Returns true if a single message in flight may be the cause; the second time it
   * is settled.
   */
  readonly down: (beyondBytes?: number) => boolean
  /** Starts no new publish on this link. */
  readonly pause: () => void
  /** Writes every message that may be written now. */
  readonly flush: () => void
  readonly ack: (frame: Ack) => void
  readonly refuse: (frame: Refused) => void
}
