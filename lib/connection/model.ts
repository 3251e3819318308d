import type { WebSocketError } from '../core/error.js'
import type { Hint } from '../core/ports.js'

/** Why there is no connection and none is wanted: never asked for, asked to end, or told by the server to stay away. */
export type Quiet = 'never' | 'asked' | 'drained'

/** What the next token is asked for. */
export type Reason = 'first' | 'reconnect' | 'rejected'

/**
 * The connection. `attempt` counts the tries since a link was last online for `settleMs`, `generation` the sockets, so
 * that what a superseded socket says is known as such. `until` is when the next try is due, in ms on the
 * scheduler's clock (by default `performance.now()`), not on the calendar's.
 */
export type ConnectionState =
  | { readonly _tag: 'Idle'; readonly because: Quiet; readonly generation: number }
  | { readonly _tag: 'Authorizing'; readonly attempt: number; readonly generation: number; readonly rejections: number }
  | { readonly _tag: 'Connecting'; readonly attempt: number; readonly generation: number; readonly rejections: number }
  | { readonly _tag: 'Greeting'; readonly attempt: number; readonly generation: number; readonly rejections: number }
  | { readonly _tag: 'Online'; readonly attempt: number; readonly generation: number; readonly quality: Quality }
  | { readonly _tag: 'Waiting'; readonly attempt: number; readonly generation: number; readonly until: number; readonly because: WebSocketError }
  | { readonly _tag: 'Suspended'; readonly because: 'frozen'; readonly attempt: number; readonly generation: number; readonly wish?: Wish }
  | { readonly _tag: 'Stopped'; readonly because: WebSocketError; readonly generation: number }
  | { readonly _tag: 'Closed'; readonly because?: WebSocketError; readonly generation: number } // prettier-ignore

/** A server's wish to be left alone until then; it outlasts a freeze. */
export interface Wish {
  readonly until: number
  readonly because: WebSocketError
}

/** `degraded`: silent for longer than it should be, and being probed. */
export type Quality = 'good' | 'degraded'

export type Input =
  /** Explicit intent: be connected, with a fresh budget. */
  | { readonly _tag: 'Connect' }
  /** Something needs a connection: a room is held, a message waits. */
  | { readonly _tag: 'Need' }
  | { readonly _tag: 'Disconnect' }
  | { readonly _tag: 'Close'; readonly because?: WebSocketError }
  | { readonly _tag: 'TokenGranted' }
  | { readonly _tag: 'TokenDenied'; readonly because: WebSocketError }
  | { readonly _tag: 'Opened'; readonly generation: number }
  | { readonly _tag: 'Welcomed'; readonly generation: number }
  /** The link is gone, or its server refused it. */
  | { readonly _tag: 'Lost'; readonly generation: number; readonly because: WebSocketError }
  /** The server sent the client away for good. */
  | { readonly _tag: 'Dismissed'; readonly generation: number }
  | { readonly _tag: 'Settled'; readonly generation: number }
  | { readonly _tag: 'Quality'; readonly generation: number; readonly quality: Quality }
  | { readonly _tag: 'Elapsed' }
  | { readonly _tag: 'Hinted'; readonly hint: Hint }

export type Output =
  | { readonly _tag: 'Ask'; readonly reason: Reason }
  | { readonly _tag: 'Release' }
  /** The server does not accept the token that it judges this client by. */
  | { readonly _tag: 'Reject' }
  /** The socket is open: say hello. */
  | { readonly _tag: 'Greet'; readonly generation: number }
  /** What was written on this socket may be lost. */
  | { readonly _tag: 'Down'; readonly generation: number }
  /** Ask the peer for a sign of life. */
  | { readonly _tag: 'Probe'; readonly generation: number }

/** What to do about a failure. */
export type Verdict = 'retry' | 'reauthenticate' | 'terminal'
/** Decides, purely, what to do about a failure of the connection. */
export type Classify = (because: WebSocketError) => Verdict

export interface Config {
  readonly autoConnect: boolean
  readonly connectMs: number
  readonly greetingMs: number
  readonly settleMs: number
}
