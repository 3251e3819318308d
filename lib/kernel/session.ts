import type { WebSocketError } from '../core/error.js'
import type { Durability, Limits, UserData } from '../protocol/frame.js'

/** The session of this client at the server. It continues over connections; each client has its own. */
export interface Session {
  readonly id: string
  readonly user: string
  /** The roles and the data of the user, as the server's application gives and changes them. */
  readonly roles: readonly string[]
  readonly data: UserData | undefined
  /** The start of the session, by the server's wall clock in ms; `undefined`: the server does not say. */
  readonly since: number | undefined
  /** The end of the token, by this machine's wall clock in ms; `undefined`: none, or unknown. */
  readonly expiresAt: number | undefined
  /** True if the present connection continued the session of an earlier one. */
  readonly resumed: boolean
  readonly limits: Limits
  readonly durability: Durability
}

/**
 * The session: none yet, active, ended by time, ended by the server, or given way to a newer one. `because` says why and
 * what to do: after each end `connect()` authenticates again.
 */
export type SessionState =
  | { readonly _tag: 'None' }
  | ({ readonly _tag: 'Active' } & Session)
  /** The token has ended and the server accepts no other. `connect()` with another token continues the session. */
  | { readonly _tag: 'Expired'; readonly because: WebSocketError }
  /** The server ended the session for good. `connect()` starts another one if the server lets the user in. */
  | { readonly _tag: 'Revoked'; readonly because: WebSocketError }
  /** The user has newer sessions. `connect()` starts another one, the newest. */
  | { readonly _tag: 'Replaced'; readonly because: WebSocketError }

/** The ends of a session by the code of the refusal of its link. */
const ends: Readonly<Record<string, 'Replaced' | 'Revoked' | 'Expired' | undefined>> = {
  'session/replaced': 'Replaced',
  'session/superseded': 'Replaced',
  'session/revoked': 'Revoked',
  'auth/revoked': 'Revoked',
  'session/expired': 'Expired',
}

/** Returns the end of the session that a refusal of the link implies, if any. */
export const ended = (because: WebSocketError): SessionState | undefined => {
  const _tag = ends[because.code]
  return _tag && { _tag, because }
}

/** True for a session that is over at the server too: its secret is of no use. */
export const isOver = (state: SessionState): boolean => 'because' in state && ended(state.because) !== undefined
