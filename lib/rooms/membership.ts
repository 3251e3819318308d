import type { WebSocketError } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import type { Info, Permission } from '../protocol/frame.js'

/** The room's information and the member's permissions. */
export interface RoomInfo {
  readonly info: Info
  readonly permissions: readonly Permission[]
}

/**
 * The state of this client in a room. `Joining` and `Recovering` last while there is no connection: the client wants
 * the room, for the first time or again. `place`: a join of the full room waits, at this place of a queue of the length
 * `of`.
 */
export type Membership =
  | { readonly _tag: 'Out' }
  | { readonly _tag: 'Joining'; readonly place?: number; readonly of?: number }
  | ({ readonly _tag: 'In' } & RoomInfo)
  | { readonly _tag: 'Recovering' }
  | { readonly _tag: 'Refused'; readonly error: WebSocketError }

export const out: Membership = { _tag: 'Out' }
export const joining: Membership = { _tag: 'Joining' }
export const recovering: Membership = { _tag: 'Recovering' }

/** Most rooms of a server have the same grants: those rooms share one object. */
export const grant = (info: Info, permissions: readonly Permission[]): RoomInfo => {
  if (Object.keys(info).length > 0) return frozen({ info, permissions })
  const key = permissions.join()
  const known = plainGrants.get(key)
  if (known) return known
  const fresh: RoomInfo = Object.freeze({ info: Object.freeze({}), permissions: Object.freeze([...permissions]) })
  if (plainGrants.size < 64) plainGrants.set(key, fresh)
  return fresh
}
const plainGrants = new Map<string, RoomInfo>()
