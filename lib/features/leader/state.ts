import { frozen } from '../../core/frozen.js'
import type { Copy, Row } from '../../tables/copy.js'

/** A client that leads a room. */
export interface LeaderId {
  readonly user: string
  /** The session's id: a user with two tabs has two. */
  readonly session: string
}

/** The leader of a room. */
export interface LeaderState {
  /** `undefined` while there is none. */
  readonly leader: LeaderId | undefined
  /** The term of the leader, or the last granted one; 0 before the first. Each term is granted once, and is higher than those before. */
  readonly term: number
  /** True where the session of this client leads. */
  readonly isMe: boolean
  /** False while the client is offline: then this is the last known leader. */
  readonly isLive: boolean
}

/** The candidacy of this client. `isLive` is false while it is offline: then this is the last known state. */
export type Leadership =
  /** This client leads. Messages with this `term` are accepted while it does, and never afterwards. */
  | { readonly _tag: 'Leading'; readonly term: number; readonly isLive: boolean }
  | { readonly _tag: 'Following'; readonly term: number; readonly leader: LeaderId; readonly isLive: boolean }
  /** There is no leader at present. */
  | { readonly _tag: 'Waiting'; readonly isLive: boolean }

/** Reads the leader from a copy of the room's table. `me`: the session of this client. */
export const leaderState = ({ rows }: Pick<Copy, 'rows'>, me: string | undefined, isLive: boolean): LeaderState => {
  const [user, session, present] = valuesOf(rows.get('leader'))
  const last = rows.get('term')?.value
  const isKnown = typeof user === 'string' && typeof session === 'string' && typeof present === 'number'
  const term = isKnown ? present : typeof last === 'number' ? last : 0
  return frozen({ leader: isKnown ? { user, session } : undefined, term, isMe: isKnown && session === me, isLive })
}

const valuesOf = (row: Row | undefined): readonly unknown[] => (Array.isArray(row?.value) ? row.value : [])

export const leadershipOf = ({ leader, term, isMe, isLive }: LeaderState): Leadership => {
  if (!leader) return frozen({ _tag: 'Waiting', isLive })
  return frozen(isMe ? { _tag: 'Leading', term, isLive } : { _tag: 'Following', term, leader, isLive })
}
