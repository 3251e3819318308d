import type { Observable } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { ConfigError } from '../core/error.js'
import type { GapCause, Position } from '../core/position.js'
import type { Logged } from '../protocol/codec.js'
import type { Claim, Durability, From, Refusal, Sender } from '../protocol/frame.js'

/** A publish as an engine decides on it. The lane is (room, user, producer). */
export interface Entry {
  readonly user: string
  readonly producer: string
  readonly seq: number
  readonly after: number
  /** It was written before: a server that does not know the lane refuses it. */
  readonly retry: boolean
  /** What all who it was written to called what they remember of lanes. While that is its name, `retry` does not count. */
  readonly lanes?: string
  readonly id: string
  readonly event: string
  readonly from: Sender
  /** The payload as JSON text. */
  readonly data: string
  /** The server has refused it for good: nothing is logged, and the lane holds this as the outcome. */
  readonly refusal?: Refusal
}

/** What became of an entry. A terminal refusal counts as decided; a retryable one leaves the lane as it was. */
export type Outcome =
  | { readonly _tag: 'Accepted'; readonly epoch: string; readonly offset: number; readonly at: number; readonly repeated: boolean }
  | { readonly _tag: 'Refused'; readonly refusal: Refusal } // prettier-ignore

/** Where a feed starts. `base` is the offset after which messages follow. */
export interface Base {
  readonly _tag: 'Base'
  readonly epoch: string
  readonly first: number
  readonly head: number
  readonly base: number
  /** Whether `base` is what was asked for; if not, why the messages between are missing. */
  readonly recovered: boolean
  readonly because?: GapCause
}

/** How much to read: at least one message, where there is one. */
export interface PageLimit {
  readonly count: number
  readonly bytes: number
}

/** A piece of a log. `base` says after which offset the messages follow. */
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

/** What is told to those who are in a room at the moment, and to nobody later. */
export interface Signal {
  readonly event: string
  readonly from: Sender
  /** The payload as JSON text. */
  readonly data: string
}

/** What a feed says: its base, then every message after it in order, or that some were lost or the log is another. */
export type Feed =
  | Base
  | { readonly _tag: 'Messages'; readonly epoch: string; readonly messages: readonly Logged[] }
  | { readonly _tag: 'Signal'; readonly signal: Signal }
  | { readonly _tag: 'Lost'; readonly from: Position; readonly to: Position; readonly because: GapCause }

/** What an engine failed with. All are worth another try. */
export interface EngineFailure {
  readonly message: string
}

/** What an engine answers: exactly one value, then completion. It may come at once or late. */
export type Answer<T> = Observable<Either<EngineFailure, T>>

/** A claim of an instance of a user's client to be the one that speaks. */
export interface SessionClaim extends Claim {
  readonly user: string
}

/** Whether a claim may speak: what its session is, or that a generation as high has claimed it before. */
export type ClaimOutcome = Granted | { readonly _tag: 'Superseded' }

/** A claim that may speak. */
export interface Granted {
  readonly _tag: 'Granted'
  /** The session's id, which others see. */
  readonly session: string
  /** The secret that continues the session. */
  readonly resume: string
  /** How long the secret does so. */
  readonly expiresInMs: number
  /** Whether it did now. */
  readonly resumed: boolean
}

/**
 * Where rooms live: logs, lanes, sessions. Every method is cold and answers once, except `follow`; nothing may be relied
 * on to come in the same turn or in order across rooms. Failures are values; an answer may be lost after a commit.
 */
export interface Engine {
  readonly durability: Durability
  /** How long it knows the outcome of a publish, in ms. */
  readonly dedupeMs: number
  /**
   * Names what it remembers of a user's lanes: another name as soon as it has lost a lane of that user that was used within
   * `dedupeMs`. Absent: it cannot tell.
   */
  readonly lanes?: (user: string) => string
  /**
   * Decides entries of one room in order: dedupe, offset and log in one atomic step. Accepted iff `after ≤ last < seq`
   * where `last` is the lane's last decided seq; `seq ≤ last` answers the stored outcome with `repeated`, or
   * `delivery/forgotten`; otherwise `delivery/order`. An unknown lane answers a retry with `delivery/unknown`,
   * unless the entry's `lanes` is the name at that moment, and else is one with `last` 0. Answers after the append has
   * reached `durability`, and before that tells no follower. The first entry that is decided makes the room.
   */
  readonly append: (room: string, entries: readonly Entry[]) => Answer<readonly Outcome[]>
  /**
   * The log from a position on, without a hole between what is read and what is live. First a `Base`. Stays open until
   * unsubscribed. A position in another epoch or ahead of the head is a changed epoch. Makes no room: one in which nobody
   * has published is at offset 0 of the epoch in which it will begin.
   */
  readonly follow: (room: string, from?: From) => Observable<Either<EngineFailure, Feed>>
  /**
   * Tells a signal to whoever follows the room now, on every node. Not logged, and lost where it cannot be told. Absent:
   * signals reach those on the same node alone.
   */
  readonly signal?: (room: string, signal: Signal) => Answer<void>
  /**
   * At most `count` messages and about `bytes` of payload after an offset, with the log's state; `undefined` where nobody
   * has published in the room.
   */
  readonly read: (room: string, after: Position, limit: PageLimit) => Answer<Page | undefined>
  /** Epoch, first and head of a room's log; `undefined` where nobody has published in it. */
  readonly head: (room: string) => Answer<Head | undefined>
  /** Compare-and-set of a session's generation: the highest claim of (user, instance) speaks. */
  readonly claim: (claim: SessionClaim) => Answer<ClaimOutcome>
  /** Its options are invalid: no server opens with it. Absent: they are valid. */
  readonly fault?: ConfigError
  /** What went wrong and has no caller to be told. Absent: nothing does. */
  readonly faults$?: Observable<EngineFailure>
  /** Releases what it holds of the platform: timers, files, sockets. */
  readonly close: () => void
}
