import type { Kind } from '../core/error.js'
import { payloadDepth } from '../core/plain.js'
import type { GapCause, Position } from '../core/position.js'

/** Version of the wire; the WebSocket subprotocol is this and the codec's name. */
export const version = 'rx-rooms.v1'

/** Where a join continues: after a position, or with the last so many messages. Absent: with what comes next. */
export type From = Position | { readonly last: number }

/** What a join subscribes to. */
export type Want = 'messages' | 'members' | 'info'

/** What the server promises about an accepted message at the time of its ack. */
export type Durability = 'memory' | 'process' | 'disk' | 'replicated'

/** What a member may do in a room. */
export type Permission = 'read' | 'publish' | 'history'

/** What the server says about a room. */
export type Info = Readonly<Record<string, unknown>>

/** The bounds that a server announces and enforces. */
export interface Limits {
  /** The largest WebSocket message it takes. */
  readonly messageBytes: number
  /** Rooms per session. */
  readonly rooms: number
  readonly joinsPerFrame: number
  readonly publishesPerSecond: number
  /** What it keeps on its way to a client beyond the client's `seen`. */
  readonly unseenBytes: number
  /** How long it knows the outcome of a publish. */
  readonly dedupeMs: number
  /** The most messages that one `history` is answered with. Absent: it has none to give. */
  readonly history?: number
  /** The frames, bytes, joins and pages of history that the server takes per second. Absent: it does not say. */
  readonly framesPerSecond?: number
  readonly bytesPerSecond?: number
  readonly joinsPerSecond?: number
  readonly pagesPerSecond?: number
}

/** Of `[generation]` only the highest claim of an instance may speak. */
export interface Claim {
  readonly instance: string
  readonly generation: number
  /** The secret of an earlier welcome. */
  readonly resume?: string
}

// ---- client to server

export interface Hello {
  readonly t: 'hello'
  readonly can: readonly string[]
  readonly token?: string
  readonly session: Claim
  /** The largest WebSocket message that the client takes. Absent: it takes what the server takes. */
  readonly messageBytes?: number
  readonly rooms: readonly Join[]
}
export interface Auth {
  readonly t: 'auth'
  readonly ref: number
  readonly token: string
}
export interface Join {
  readonly t: 'join'
  readonly ch: number
  readonly room: string
  readonly want: readonly Want[]
  readonly from?: From
  readonly mustExist?: boolean
  readonly password?: string
  readonly token?: string
}
export interface Leave {
  readonly t: 'leave'
  readonly ch: number
}
/**
 * Asks for logged messages, membership or not, under a number of its own: the first `count` after a position, or the last
 * `count` before one, or of all.
 */
export interface History {
  readonly t: 'history'
  readonly ch: number
  readonly room: string
  readonly count: number
  readonly after?: Position
  readonly before?: Position
}
export interface Ping {
  readonly t: 'ping'
  readonly n: number
}
export interface Pong {
  readonly t: 'pong'
  readonly n: number
  /** Data frames handled so far on this link; from clients. */
  readonly seen?: number
}
export interface Seen {
  readonly t: 'seen'
  readonly n: number
}
/** Set in `flags` of a publish that may have been executed: an earlier writing was not answered. */
export const RETRY = 1
/** Set with `RETRY` where every earlier writing was on a link whose welcome had the same `lanes` as this one's. */
export const SAME = 2

/** A publish. `after` is the seq of the nearest earlier unsettled entry of its lane, 0 if there is none. */
export type Pub = readonly [
  t: 'p', ref: number, room: string, producer: string, seq: number, after: number,
  id: string, event: string, data: unknown, flags: number,
] // prettier-ignore

/** A signal to who is in a room: not logged, not answered. */
export type Signal = readonly [t: 's', ch: number, event: string, data: unknown]

export type ClientFrame = Hello | Auth | Join | Leave | History | Ping | Pong | Seen | Pub | Signal

// ---- server to client

export interface Welcome {
  readonly t: 'welcome'
  readonly can: readonly string[]
  readonly session: { readonly id: string; readonly resume: string; readonly expiresInMs: number }
  readonly user: string
  readonly roles: readonly string[]
  readonly tokenExpiresInMs?: number
  readonly heartbeat: { readonly intervalMs: number; readonly graceMs: number }
  readonly limits: Limits
  readonly durability: Durability
  /**
   * Names what the server remembers of lanes. While it is the same, no lane that was used within `dedupeMs` has been
   * forgotten: of a lane that it does not know nothing was executed. Absent: it cannot tell.
   */
  readonly lanes?: string
}
/** What every refusal says, so that old clients handle new codes. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly kind: Kind
  readonly retryAfterMs?: number
  readonly spreadMs?: number
}
/** Refuses the frame with that `ref`; without one, the link, which is closed next. */
export interface Refused extends Refusal {
  readonly t: 'refused'
  readonly ref?: number
}
export interface AuthOk {
  readonly t: 'auth.ok'
  readonly ref: number
  readonly expiresInMs?: number
}
/**
 * Answers a join. `base` is the offset after which messages follow; the log holds `first` to `head`. Where the join asked
 * for a position, `recovered` tells whether `base` is it; if not, what lies between is missing `because`.
 */
export interface Joined {
  readonly t: 'joined'
  readonly ch: number
  readonly epoch: string
  readonly first: number
  readonly head: number
  readonly base: number
  readonly recovered: boolean
  readonly because?: GapCause
  readonly info: Info
  readonly permissions: readonly Permission[]
}
/** Answers a join with a refusal, or ends a membership by the server's will. */
export interface Left extends Refusal {
  readonly t: 'left'
  readonly ch: number
}
/** What the user may do in a joined room is this now. */
export interface Granted {
  readonly t: 'granted'
  readonly ch: number
  readonly permissions: readonly Permission[]
}
/** On a live room: messages from `from` up to and including `to` are not to be had. */
export interface GapFrame {
  readonly t: 'gap'
  readonly ch: number
  readonly from: Position
  readonly to: Position
  readonly because: GapCause
}
/**
 * Ends the answer to a `history`: its messages came before, under its number, and follow `base`. `recovered` tells whether
 * that is where they were asked for; if not, why what lies before is missing.
 */
export interface PageEnd {
  readonly t: 'page'
  readonly ch: number
  readonly epoch: string
  readonly first: number
  readonly head: number
  readonly base: number
  readonly recovered: boolean
  readonly because?: GapCause
}
/** Whom a message is from: user and session id. */
export type Sender = readonly [user: string, session: string]

/** What is rarely there: `prev`, the offset before this one that was due to this subscriber, if not `offset - 1`. */
export interface Extra {
  readonly prev?: number
}
export type Msg = readonly [
  t: 'm', ch: number, offset: number, id: string, event: string, from: Sender, at: number, data: unknown, extra?: Extra,
] // prettier-ignore

/** A signal of another session that is in the room. */
export type Signalled = readonly [t: 's', ch: number, event: string, data: unknown, from: Sender]

/** Accepted publishes of one room: triples of ref, offset and time. `repeated` is 1 where they were known already. */
export type Ack = readonly [t: 'a', epoch: string, repeated: 0 | 1, ...triples: number[]]

export interface Bye {
  readonly t: 'bye'
  readonly because: string
  readonly reconnect: { readonly afterMs: number; readonly spreadMs: number } | 'never'
  /** After this long it closes, whatever is unanswered. */
  readonly drainMs: number
  /** Where to reconnect; a client follows it only to an endpoint that it was configured with. */
  readonly to?: string
}
export interface ByeDone {
  readonly t: 'bye.done'
}
export interface LimitsChanged {
  readonly t: 'limits'
  readonly limits: Limits
}

export type ServerFrame =
  | Welcome
  | Refused
  | AuthOk
  | Joined
  | Left
  | Granted
  | GapFrame
  | PageEnd
  | Ping
  | Pong
  | Bye
  | ByeDone
  | LimitsChanged
  | Msg
  | Signalled
  | Ack

/** The capability to take signals. */
export const SIGNALS = 'signals'

export type Frame = ClientFrame | ServerFrame

// ---- bounds that hold without being announced

export const bounds = {
  roomBytes: 256,
  eventBytes: 64,
  idBytes: 64,
  userBytes: 256,
  payloadDepth,
  batchBytes: 64 * 1024,
  /** Envelopes of one WebSocket message, beside the joins and leaves that a server takes. */
  batchPieces: 64,
  /** What a message's envelope may take beyond the payload: so what one client may send another can receive. */
  envelopeBytes: 2_048,
  /** What every server takes as a first message. */
  firstMessageBytes: 64 * 1024,
} as const
