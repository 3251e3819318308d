import type { Observable } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { ConfigError } from '../core/error.js'
import type { GapCause, Position } from '../core/position.js'
import type { Logged } from '../protocol/codec.js'
import type { Claim, Durability, From, Refusal, Sender } from '../protocol/frame.js'
import type { Answer, EngineFailure } from './answer.js'
import type { CallLedger } from './calls/ledger.js'
import type { Tables } from './tables/model.js'

/** A publish for the engine to decide. The lane is (room, user, producer). */
export interface Entry {
  readonly user: string
  readonly producer: string
  readonly seq: number
  readonly after: number
  /** True where the entry was sent before: a server that does not know the lane refuses it. */
  readonly retry: boolean
  /**
   * The common name under which every server that received the entry remembered lanes. While it is the current name,
   * `retry` does not count.
   */
  readonly lanes?: string
  readonly id: string
  readonly event: string
  readonly from: Sender
  /** The payload as JSON text. */
  readonly data: string
  /** The term of a leader: any other than that of the room's present leader refuses the entry with `room/term`. */
  readonly term?: number
  /** A terminal refusal by the server: the engine logs nothing, and the lane holds the refusal as the outcome. */
  readonly refusal?: Refusal
}

/** The outcome of an entry. A terminal refusal counts as decided; a retryable one leaves the lane unchanged. */
export type Outcome =
  | {
      readonly _tag: 'Accepted'
      readonly epoch: string
      readonly offset: number
      readonly at: number
      readonly repeated: boolean
    }
  | { readonly _tag: 'Refused'; readonly refusal: Refusal }

/** The start of a feed. Messages follow after the offset `base`. */
export interface Base {
  readonly _tag: 'Base'
  readonly epoch: string
  readonly first: number
  readonly head: number
  readonly base: number
  /** True where `base` is the requested position; otherwise `because` says why messages between are missing. */
  readonly recovered: boolean
  readonly because?: GapCause
  /**
   * True where the table `room` of the room has rows. False: it has none, and the feed tells its first one by `Life`.
   * Absent: the engine has no tables, or the base is not that of a feed.
   */
  readonly hasLife?: boolean
}

/** The size of a page: at least one message, where there is one. */
export interface PageLimit {
  readonly count: number
  readonly bytes: number
}

/** A piece of a log. The messages follow after the offset `base`. */
export interface Page {
  readonly base: Base
  readonly messages: readonly Logged[]
}

/** The state of a log: it holds the offsets `first` to `head`, or nothing where `first` is `head + 1`. */
export interface Head {
  readonly epoch: string
  readonly first: number
  readonly head: number
}

/** An event for the present members of a room, and for nobody later. */
export interface Signal {
  readonly event: string
  readonly from: Sender
  /** The payload as JSON text. */
  readonly data: string
}

/** The items of a feed: its base, then every message after it in order, or a notice of lost messages or another log. */
export type Feed =
  | Base
  | { readonly _tag: 'Messages'; readonly epoch: string; readonly messages: readonly Logged[] }
  | { readonly _tag: 'Signal'; readonly signal: Signal }
  /** The table `room` of the room, which was empty, has a row now. */
  | { readonly _tag: 'Life' }
  | { readonly _tag: 'Lost'; readonly from: Position; readonly to: Position; readonly because: GapCause }

export type { Answer, EngineFailure } from './answer.js'

/** The claim of a client instance to be the active one. */
export interface SessionClaim extends Claim {
  readonly user: string
}

/**
 * The outcome of a claim: the granted session, or a refusal, because an equal or higher generation has claimed it, or
 * because the secret is that of a revoked session.
 */
export type ClaimOutcome = Granted | { readonly _tag: 'Superseded' } | { readonly _tag: 'Revoked' }

/** A granted claim. */
export interface Granted {
  readonly _tag: 'Granted'
  /** The session's id, visible to others. */
  readonly session: string
  /** The secret that resumes the session. */
  readonly resume: string
  /** Lifetime of the secret, in ms. */
  readonly expiresInMs: number
  /** True where this claim resumed the session. */
  readonly resumed: boolean
  /** The start of the session, by the wall clock in ms. Absent: unknown. */
  readonly since?: number
}

/**
 * The store of rooms: logs, lanes, sessions. Every method is cold and answers once, except `follow`; callers must not
 * rely on an answer in the same turn or on an order across rooms. Failures are values; an answer may be lost after a
 * commit.
 */
export interface Engine {
  readonly durability: Durability
  /** How long the engine remembers the outcome of a publish, in ms. */
  readonly dedupeMs: number
  /**
   * Returns the name of the remembered lanes of a user. The name changes as soon as the engine has lost a lane of that
   * user that was used within `dedupeMs`. Absent: the engine cannot tell.
   */
  readonly lanes?: (user: string) => string
  /**
   * Decides entries of one room in order: dedupe, offset and log in one atomic step. Accepts iff `after ≤ last < seq`,
   * where `last` is the lane's last decided seq; answers `seq ≤ last` with the stored outcome and `repeated`, or with
   * `delivery/forgotten`; otherwise with `delivery/order`. Answers a retry in an unknown lane with `delivery/unknown`,
   * unless the entry's `lanes` is the name at that moment; any other unknown lane has `last` 0. Answers after the
   * append has reached `durability`, and tells no follower earlier. The first decided entry creates the room.
   */
  readonly append: (room: string, entries: readonly Entry[]) => Answer<readonly Outcome[]>
  /**
   * Follows the log from a position on, without a gap between stored and live messages. Emits a `Base` first. Stays
   * open until unsubscribed. Treats a position in another epoch or ahead of the head as a changed epoch. Creates no
   * room: a room without a publish is at offset 0 of the epoch in which it will begin.
   */
  readonly follow: (room: string, from?: From) => Observable<Either<EngineFailure, Feed>>
  /**
   * Sends a signal to the present followers of the room, on every node. The signal is not logged, and is lost where it
   * cannot be delivered. Absent: signals reach only followers on the same node.
   */
  readonly signal?: (room: string, signal: Signal) => Answer<void>
  /**
   * Reads at most `count` messages and about `bytes` of payload after an offset, with the log's state. Answers
   * `undefined` for a room without a publish.
   */
  readonly read: (room: string, after: Position, limit: PageLimit) => Answer<Page | undefined>
  /** Reads epoch, first and head of a room's log. Answers `undefined` for a room without a publish. */
  readonly head: (room: string) => Answer<Head | undefined>
  /** Compares and sets a session's generation: the highest claim of (user, instance) wins. */
  readonly claim: (claim: SessionClaim) => Answer<ClaimOutcome>
  /**
   * Revokes the sessions of a user, or the one with this id: a claim with the secret of a revoked session is `Revoked`,
   * one without it is granted another session. Absent: sessions end with their connections alone.
   */
  readonly revoke?: (user: string, session?: string) => Answer<void>
  /** The tables of rooms: members, shared state. Absent: the engine has none, and the server offers nothing that needs them. */
  readonly tables?: Tables
  /** The memory of commands. Absent: the server runs no commands. */
  readonly calls?: CallLedger
  /** The fault of invalid options: no server opens with it. Absent: the options are valid. */
  readonly fault?: ConfigError
  /** Failures that no caller receives. Absent: there are none. */
  readonly faults$?: Observable<EngineFailure>
  /** Releases platform resources: timers, files, sockets. */
  readonly close: () => void
}
