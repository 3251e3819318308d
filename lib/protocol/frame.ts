import type { GapCause, Position } from '../core/position.js'
import type { Answering, CallFrame, Cancel, Credit, Question, Reply } from './call-frame.js'
import type { Ack, Msg, PageMsg, Signalled } from './message-frame.js'
import type { Put, Quit, TableFrame, View } from './table-frame.js'
import type { Claim, Durability, From, Info, Limits, Permission, Refusal, UserData, Want } from './terms.js'

/** Version of the wire protocol; the WebSocket subprotocol is this and the codec's name. */
export const version = 'rx-rooms.v1'

export type * from './terms.js'
export type * from './table-frame.js'
export type * from './call-frame.js'
export type * from './message-frame.js'

// ---- client to server

export interface Hello {
  readonly t: 'hello'
  readonly can: readonly string[]
  readonly token?: string
  readonly session: Claim
  /** The largest WebSocket message that the client accepts. Absent: the server's own limit. */
  readonly messageBytes?: number
  readonly rooms: readonly (Join | Joins)[]
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
  /** An invitation, for a room that needs one. */
  readonly invitation?: string
  /** Waits for a seat where the room is full. */
  readonly queue?: boolean
}
/**
 * Joins of many rooms, as if each was a `join`: the first has the number `ch`, each next one the next number. `from` has
 * an offset for each room, after the epoch of its log if that is not the one before; absent: each continues with the
 * next message.
 */
export interface Joins {
  readonly t: 'joins'
  readonly ch: number
  readonly rooms: readonly string[]
  readonly want: readonly Want[]
  readonly from?: readonly (string | number)[]
}
export interface Leave {
  readonly t: 'leave'
  readonly ch: number
}
/**
 * Requests logged messages, with or without membership, under its own number: the first `count` after a position, or
 * the last `count` before one, or of all.
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
/** Set in `flags` of a publish that may have been executed: an earlier write was not answered. */
export const RETRY = 1
/** Set with `RETRY` if every earlier write was on a link whose welcome had the same `lanes` as this one's. */
export const SAME = 2

/** A publish. `after` is the seq of the nearest earlier unsettled entry of its lane, 0 if there is none. */
export type Pub = readonly [
  t: 'p',
  ref: number,
  room: string,
  producer: string,
  seq: number,
  after: number,
  id: string,
  event: string,
  data: unknown,
  flags: number,
  /** Only where the present leader of the room has this term. */
  term?: number,
]

/** A signal to the members of a room: not logged, not answered. */
export type Signal = readonly [t: 's', ch: number, event: string, data: unknown]

/** The frames of clients that are objects: all but publishes and signals. */
export type ControlFrame =
  | Hello
  | Auth
  | Join
  | Joins
  | Leave
  | History
  | View
  | Put
  | Quit
  | CallFrame
  | Cancel
  | Credit
  | Answering
  | Ping
  | Pong
  | Seen

export type ClientFrame = ControlFrame | Pub | Signal

// ---- server to client

export interface Welcome {
  readonly t: 'welcome'
  readonly can: readonly string[]
  readonly session: { readonly id: string; readonly resume: string; readonly expiresInMs: number }
  readonly user: string
  readonly roles: readonly string[]
  readonly data?: UserData
  /** The start of the session, by the server's wall clock in ms. Absent: unknown. */
  readonly since?: number
  /** True if this link continues the session that `resume` of the hello named. Absent: unknown. */
  readonly resumed?: boolean
  readonly tokenExpiresInMs?: number
  readonly heartbeat: { readonly intervalMs: number; readonly graceMs: number }
  readonly limits: Limits
  readonly durability: Durability
  /**
   * Identifies the server's memory of lanes. While it stays the same, the server has forgotten no lane used within
   * `dedupeMs`: of an unknown lane nothing was executed. Absent: unknown.
   */
  readonly lanes?: string
  /**
   * Identifies the server's memory of commands. While it stays the same, the server has forgotten no command of the last
   * `dedupeMs`. Absent: the server runs no commands.
   */
  readonly commands?: string
}
/** Refuses the frame with that `ref`; without one, the link, which the server closes next. */
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
 * Answers a join. `number` is the server's number of the room, the same for all members, until this membership ends:
 * messages and signals carry it. `base` is the offset after which messages follow; the log holds `first` to `head`. If the join asked
 * for a position, `recovered` is true if `base` is that position; if not, the messages in between are missing
 * `because`.
 */
export interface Joined {
  readonly t: 'joined'
  readonly ch: number
  readonly number: number
  readonly epoch: string
  readonly first: number
  readonly head: number
  readonly base: number
  readonly recovered: boolean
  readonly because?: GapCause
  readonly info: Info
  readonly permissions: readonly Permission[]
}
/** Answers a join with a refusal, or ends a membership by the server's decision. */
export interface Left extends Refusal {
  readonly t: 'left'
  readonly ch: number
}
/** The join waits for a seat, at this place of the queue, whose length is `of`. */
export interface WaitingFrame {
  readonly t: 'waiting'
  readonly ch: number
  readonly place: number
  readonly of: number
}
/** Replaces the roles and the data of a live session. */
export interface SessionChanged {
  readonly t: 'session'
  readonly roles: readonly string[]
  readonly data?: UserData
}
/** Replaces the user's permissions in a joined room. */
export interface Granted {
  readonly t: 'granted'
  readonly ch: number
  readonly permissions: readonly Permission[]
}
/** On a live room: messages from `from` up to and including `to` are lost. */
export interface GapFrame {
  readonly t: 'gap'
  readonly ch: number
  readonly from: Position
  readonly to: Position
  readonly because: GapCause
}
/**
 * Ends the answer to a `history`: its messages came before, under its number, and follow `base`. `recovered` is true if
 * they start where the request asked; if not, `because` is the reason why earlier ones are missing.
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
export interface Bye {
  readonly t: 'bye'
  readonly because: string
  readonly reconnect: { readonly afterMs: number; readonly spreadMs: number } | 'never'
  /** Time, in ms, after which the server closes even with unanswered frames. */
  readonly drainMs: number
  /** Move to that url, or with `*` to any other server, and leave then. Only to clients that list `MOVE`. */
  readonly to?: string
}
export interface ByeDone {
  readonly t: 'bye.done'
}
export interface LimitsChanged {
  readonly t: 'limits'
  readonly limits: Limits
}

/** The frames of calls that servers send. */
export type CallServerFrame = Reply | Question | Cancel

export type ServerFrame =
  | TableFrame
  | CallServerFrame
  | Welcome
  | Refused
  | AuthOk
  | SessionChanged
  | Joined
  | Left
  | WaitingFrame
  | Granted
  | GapFrame
  | PageEnd
  | Ping
  | Pong
  | Bye
  | ByeDone
  | LimitsChanged
  | Msg
  | PageMsg
  | Signalled
  | Ack

/** The capability to receive signals. */
export const SIGNALS = 'signals'

/** The capability to receive changes of the session. */
export const SESSION = 'session'

/** The capability to move: such a client goes on at another server while the one that says goodbye still serves it. */
export const MOVE = 'move'

export type Frame = ClientFrame | ServerFrame
export { ANSWERS, ASKS, askBytes, CALLS } from './call-frame.js'
export { TABLES } from './table-frame.js'
export * as bounds from './bounds.js'
