import type { AuthenticationError } from '../core/error.js'

/** Why a token is asked for. */
export type Reason = 'first' | 'reconnect' | 'expiring' | 'rejected'

/**
 * Counters only, never a secret: `ask` numbers the calls of the source, `token` the values that it gave. The values are
 * in the vault.
 */
export type State =
  | { readonly _tag: 'None'; readonly ask: number }
  | { readonly _tag: 'Asking'; readonly ask: number; readonly reason: Reason }
  | { readonly _tag: 'Held'; readonly ask: number; readonly token: number; readonly renewAt: number }
  | { readonly _tag: 'Renewing'; readonly ask: number; readonly token: number; readonly reason: Reason; readonly failures: number }
  | { readonly _tag: 'Pausing'; readonly ask: number; readonly token: number; readonly reason: Reason; readonly failures: number; readonly until: number }
  | { readonly _tag: 'Refused'; readonly ask: number; readonly because: AuthenticationError } // prettier-ignore

export type Input =
  /** The connection needs a token for its next greeting. */
  | { readonly _tag: 'Ask'; readonly reason: Reason }
  /** Nobody needs one any more. */
  | { readonly _tag: 'Release' }
  | { readonly _tag: 'Answered'; readonly token: number; readonly lifetimeMs?: number }
  /** The source gave once more what the server had rejected. */
  | { readonly _tag: 'Stale' }
  | { readonly _tag: 'SignedOut' }
  | { readonly _tag: 'Failed'; readonly because: AuthenticationError }
  /** The source completed without a token that may be sent. */
  | { readonly _tag: 'Ended' }
  | { readonly _tag: 'Overdue' }
  /** The server's word on how long the token lives. */
  | { readonly _tag: 'Lifetime'; readonly token: number; readonly lifetimeMs: number }
  | { readonly _tag: 'RenewalDue' }
  /** The server refused a token on a live link. */
  | { readonly _tag: 'Rejected'; readonly token: number }
  | { readonly _tag: 'PauseOver' }

export type Output =
  /** There is a token for the greeting. */
  | { readonly _tag: 'Granted' }
  /** There is none. */
  | { readonly _tag: 'Denied'; readonly because: AuthenticationError }
  /** There is another one for the live link. */
  | { readonly _tag: 'Renewed'; readonly token: number }

export interface Config {
  /** How long a source may take. */
  readonly deadlineMs: number
  /** A token is renewed this long before its end, but at most a tenth of its lifetime. */
  readonly leewayMs: number
  /** The share of the lifetime over which renewals are spread at random. */
  readonly spread: number
}
