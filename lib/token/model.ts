import type { AuthenticationError } from '../core/error.js'

/** The reason to ask for a token. */
export type Reason = 'first' | 'reconnect' | 'expiring' | 'rejected'

/**
 * Counters only, never a secret: `ask` numbers the calls of the source, `token` the values that it gave. The vault
 * holds the values.
 */
export type State =
  | { readonly _tag: 'None'; readonly ask: number }
  | { readonly _tag: 'Asking'; readonly ask: number; readonly reason: Reason }
  | { readonly _tag: 'Held'; readonly ask: number; readonly token: number; readonly renewAt: number }
  | {
      readonly _tag: 'Renewing'
      readonly ask: number
      readonly token: number
      readonly reason: Reason
      readonly failures: number
    }
  | {
      readonly _tag: 'Pausing'
      readonly ask: number
      readonly token: number
      readonly reason: Reason
      readonly failures: number
      readonly until: number
    }
  | { readonly _tag: 'Refused'; readonly ask: number; readonly because: AuthenticationError }

export type Input =
  /** The connection needs a token for its next handshake. */
  | { readonly _tag: 'Ask'; readonly reason: Reason }
  /** The connection needs no token. */
  | { readonly _tag: 'Release' }
  | { readonly _tag: 'Answered'; readonly token: number; readonly lifetimeMs?: number }
  /** The source repeated a token that the server had rejected. */
  | { readonly _tag: 'Stale' }
  | { readonly _tag: 'SignedOut' }
  | { readonly _tag: 'Failed'; readonly because: AuthenticationError }
  /** The source completed without a token that may be sent. */
  | { readonly _tag: 'Ended' }
  | { readonly _tag: 'Overdue' }
  /** The server's lifetime of the token. */
  | { readonly _tag: 'Lifetime'; readonly token: number; readonly lifetimeMs: number }
  | { readonly _tag: 'RenewalDue' }
  /** The server refused a token on a live connection. */
  | { readonly _tag: 'Rejected'; readonly token: number }
  | { readonly _tag: 'PauseOver' }

export type Output =
  /** A token for the handshake is ready. */
  | { readonly _tag: 'Granted' }
  /** No token is available. */
  | { readonly _tag: 'Denied'; readonly because: AuthenticationError }
  /** Another token for the live connection is ready. */
  | { readonly _tag: 'Renewed'; readonly token: number }

export interface Config {
  /** Time for the source to answer, in ms. */
  readonly deadlineMs: number
  /** Milliseconds before its end at which a token is renewed, but at most a tenth of its lifetime. */
  readonly leewayMs: number
  /** The share of the lifetime over which renewals spread at random. */
  readonly spread: number
}
