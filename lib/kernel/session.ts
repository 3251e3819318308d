import type { WebSocketError } from '../core/error.js'
import type { Durability, Limits } from '../protocol/frame.js'

/** The session of this client at the server. */
export interface Session {
  readonly id: string
  readonly user: string
  readonly roles: readonly string[]
  readonly limits: Limits
  readonly durability: Durability
}

/** The session: none yet, active, ended by time, ended by the server, or taken over by another client. */
export type SessionState =
  | { readonly _tag: 'None' }
  | ({ readonly _tag: 'Active' } & Session)
  | { readonly _tag: 'Expired' }
  | { readonly _tag: 'Revoked'; readonly because: WebSocketError }
  | { readonly _tag: 'Replaced'; readonly because: WebSocketError }

/** Returns the end of the session that a refusal of the link implies, if any. */
export const ended = (because: WebSocketError): SessionState | undefined => {
  switch (because.code) {
    case 'session/replaced':
    case 'session/superseded':
      return { _tag: 'Replaced', because }
    case 'session/revoked':
    case 'auth/revoked':
      return { _tag: 'Revoked', because }
    case 'session/expired':
      return { _tag: 'Expired' }
    default:
      return undefined
  }
}
