import type { Observable } from 'rxjs'
import type { Backoff } from '../core/backoff.js'
import type { WebSocketError } from '../core/error.js'
import type { Hint } from '../core/ports.js'

/** The reason for an intended offline state: never requested, ended by the user, or dismissed by the server. */
export type Quiet = 'never' | 'asked' | 'drained'

/** The reason to ask for the next token. */
export type Reason = 'first' | 'reconnect' | 'rejected'

/**
 * The connection. `attempt` counts the tries since a connection was last online for `settleMs`; `generation` counts the
 * sockets, so that inputs of a superseded socket are recognised. `until` is the time of the next try, in ms on the
 * scheduler's monotonic clock (by default `performance.now()`), not on the wall clock.
 */
export type ConnectionState = At & PlainState

type PlainState =
  | { readonly _tag: 'Idle'; readonly because: Quiet; readonly generation: number }
  | { readonly _tag: 'Authorizing'; readonly attempt: number; readonly generation: number; readonly rejections: number }
  | { readonly _tag: 'Connecting'; readonly attempt: number; readonly generation: number; readonly rejections: number }
  | { readonly _tag: 'Handshaking'; readonly attempt: number; readonly generation: number; readonly rejections: number }
  | Online
  | {
      readonly _tag: 'Waiting'
      readonly attempt: number
      readonly generation: number
      readonly until: number
      readonly because: WebSocketError
      /** The wait is over, and the retry budget does not yet permit the next try. */
      readonly heldBy?: 'budget'
    }
  | {
      readonly _tag: 'Suspended'
      readonly because: 'frozen'
      readonly attempt: number
      readonly generation: number
      readonly wish?: Wish
    }
  | { readonly _tag: 'Stopped'; readonly because: WebSocketError; readonly generation: number }
  | { readonly _tag: 'Closed'; readonly because?: WebSocketError; readonly generation: number }

interface Online {
  readonly _tag: 'Online'
  readonly attempt: number
  readonly generation: number
  readonly quality: Quality
  /** The connection that is to follow this one. */
  readonly successor?: Successor
}

/** A connection that is to follow the present one, which it does with its welcome. `generation`: the last number used. */
export type Successor = { readonly generation: number; readonly tries: number } & (
  | {
      readonly _tag: 'Planned'
      readonly until: number
      /** The server asks for it, and names the address; absent: to return to a better endpoint. */
      readonly to?: string
    }
  | { readonly _tag: 'Connecting'; readonly at: number; readonly to?: string }
  | {
      readonly _tag: 'Handshaking'
      readonly at: number
      readonly to?: string
      /** The present link has ended, for this successor. */
      readonly ended?: true
    }
)

interface At {
  /** The endpoint in use, or that was used last: with `url: endpoints([…])`, from the first attempt on. */
  readonly endpoint?: Endpoint
}

/** One of the endpoints of a client, and the health of all. */
export interface Endpoint {
  /** Its place in the list, from 0. */
  readonly at: number
  /** Its address, without user and query; `''` while its function was not called. */
  readonly url: string
  /** Those of the list, in its order. */
  readonly health: readonly EndpointHealth[]
}

/** The health of an endpoint. */
export interface EndpointHealth {
  /** Its failures since a connection to it lasted `settleMs`. */
  readonly failures: number
  /** Until then the others are tried first: a time on the scheduler's clock, as `until` of a wait. */
  readonly restsUntil: number
}

/** A server's retry-after; kept while the page is frozen. */
export interface Wish {
  readonly until: number
  readonly because: WebSocketError
}

/** `degraded`: silent for too long, with a probe in flight. */
export type Quality = 'good' | 'degraded'

export type Input =
  /** The user wants a connection, with the first delay of the backoff. */
  | { readonly _tag: 'Connect' }
  /** Something needs a connection: a held room or a waiting message. */
  | { readonly _tag: 'Need' }
  | { readonly _tag: 'Disconnect' }
  | { readonly _tag: 'Close'; readonly because?: WebSocketError }
  | { readonly _tag: 'TokenGranted' }
  | { readonly _tag: 'TokenDenied'; readonly because: WebSocketError }
  | { readonly _tag: 'Opened'; readonly generation: number }
  | { readonly _tag: 'Welcomed'; readonly generation: number }
  /** The link has ended, or its server refused it. */
  | { readonly _tag: 'Lost'; readonly generation: number; readonly because: WebSocketError }
  /** The server dismissed the client for good. */
  | { readonly _tag: 'Dismissed'; readonly generation: number }
  /** The server asks to move: to that url, or with `*` to any other server, after a time and a random part of another. */
  | {
      readonly _tag: 'Move'
      readonly generation: number
      readonly to: string
      readonly afterMs: number
      readonly spreadMs: number
    }
  | { readonly _tag: 'Settled'; readonly generation: number }
  | { readonly _tag: 'Quality'; readonly generation: number; readonly quality: Quality }
  | { readonly _tag: 'Elapsed' }
  /** The next try is due, and has to wait for the retry budget. */
  | { readonly _tag: 'Held' }
  | { readonly _tag: 'Hinted'; readonly hint: Hint }

export type Output =
  | { readonly _tag: 'Ask'; readonly reason: Reason }
  | { readonly _tag: 'Release' }
  /** The server does not accept the token in force. */
  | { readonly _tag: 'Reject' }
  /** The socket is open: write the hello. */
  | { readonly _tag: 'Greet'; readonly generation: number }
  /** Data written on this socket may be lost. */
  | { readonly _tag: 'Down'; readonly generation: number }
  /** Write a ping. */
  | { readonly _tag: 'Probe'; readonly generation: number }

/** The way to handle a failure. */
export type Verdict = 'retry' | 'reauthenticate' | 'terminal'
/** Decides, as a pure function, how to handle a failure of the connection. */
export type Classify = (because: WebSocketError) => Verdict

/** The options of a connection. */
export interface Config {
  readonly autoConnect: boolean
  readonly deadlines: { readonly connectMs: number; readonly handshakeMs: number }
  readonly settleMs: number
  readonly backoff: Backoff
  readonly classify: Classify
  /** Subscribed only while a connection is wanted. */
  readonly hints$: Observable<Hint>
}
