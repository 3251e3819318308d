import type { Backoff } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import type { PubFields, PubLane } from '../protocol/codec.js'
import type { Ack, Durability, Limits, Refused } from '../protocol/frame.js'
import type { Entry } from './entry.js'
import type { Journal, Posted } from './journal.js'
import type { Overflow } from './overflow.js'
import type { Totals } from './totals.js'

/** The bounds of an outbox. */
export interface OutboxConfig {
  /** Messages that wait or are in flight; beyond, `Left(delivery/full)`. Default 1 000. */
  readonly entries: number
  /** Their bytes; beyond, `Left(delivery/full)`. Default 4 MiB. */
  readonly bytes: number
  /** How long a message is tried, in ms; then `Left(delivery/timeout)`. Default 300 000. */
  readonly ageMs: number
  /** Messages written and not yet acknowledged. Default 256. */
  readonly inFlight: number
  /** Their bytes. Default 256 KiB. */
  readonly inFlightBytes: number
  /** Nothing more is written while the socket holds so many bytes. Default 64 KiB. */
  readonly highWaterBytes: number
  /**
   * What to do where there is no place: `'reject'` the new message, `'dropOldest'` of those that the server certainly does
   * not have (`Left(delivery/dropped)`), or `coalesceByKey`, which replaces what waits. Default `'reject'`.
   */
  readonly overflow: Overflow
  /** Without any acknowledgement for so long, in ms, the link is probed, and after as long again given up. Default 10 000. */
  readonly ackMs: number
}

/** Where publishes are written. */
export interface Writer {
  readonly publish: (lane: PubLane, fields: PubFields, text: string) => void
  /** Bytes on their way to the network, and waiting. */
  readonly buffered: () => number
}

/** What a welcome says that matters for sending. */
export interface Terms {
  /** What the server calls its memory of lanes: see the retry flag in docs/protocol.md. */
  readonly lanes?: string
  readonly limits: Limits
  readonly durability: Durability
}

export interface OutboxNeeds {
  readonly config: OutboxConfig
  readonly backoff: Backoff
  readonly deadlines: Deadlines
  readonly now: () => number
  /** The calendar's time, in ms. */
  readonly wall: () => number
  readonly random: () => number
  /** Names this outbox among those of its user. */
  readonly producer: string
  /** Keeps what is posted. Without it posts end with the client. */
  readonly journal?: Journal
  /** Whose messages they are that are taken over before any welcome has said who the user is. */
  readonly user?: string
  /** Whether a room's join waits for its answer: its lane waits too. */
  readonly isJoining: (room: string) => boolean
  /** Something waits: a connection is needed. */
  readonly need: () => void
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
  /** Acks are overdue on this link; for the second time in a row with `again`. */
  readonly overdue: (again: boolean) => void
}

/** Messages on their way out: a lane per room, in order, each written at most once per link. To be called in a turn. */
export interface Outbox {
  /** Takes an entry, or settles it with `Left` at once. */
  readonly put: (entry: Entry, withinMs?: number) => void
  /** Takes over what an earlier life of this client has posted: under its own producer and seq, before what is new. */
  readonly adopt: (entry: Entry, posted: Posted) => void
  /** Takes an entry back that the server cannot have taken; `false` if it is too late. */
  readonly withdraw: (entry: Entry) => boolean
  /** There is a link, and this is what holds on it, in the name of this user. */
  readonly up: (link: Writer, terms: Terms, user: string) => void
  /** The terms have changed on the present link. */
  readonly agree: (terms: Terms) => void
  /**
   * The link is gone: what was in flight waits again. With `beyondBytes` it was closed for what was written on it, by a
   * message of more bytes than that. Answers whether a single one was in flight that may be to blame; the second time it
   * is settled.
   */
  readonly down: (beyondBytes?: number) => boolean
  /** Starts no new publish on this link. */
  readonly pause: () => void
  /** Writes what may be written now. */
  readonly flush: () => void
  readonly ack: (frame: Ack) => void
  readonly refuse: (frame: Refused) => boolean
  /** Calls back once nothing waits and nothing is in flight. */
  readonly whenEmpty: (then: () => void) => void
  /** Settles everything that is left. */
  readonly close: () => void
  readonly totals: Totals
  /** What waits and what is in flight. */
  readonly held: () => readonly Entry[]
}
