import type { UserData } from '../protocol/frame.js'
import type { Context } from './context.js'
import type { Identity } from './options.js'

/** A session of a user at this server. Times are of the wall clock, in ms. */
export interface SessionInfo {
  /** The public id of the session: the sender of its messages. */
  readonly id: string
  /** The client's name for itself. It stays while the client runs, and with a store for longer. */
  readonly instance: string
  readonly user: string
  readonly roles: readonly string[]
  readonly data?: UserData
  /** The start of the session. A session continues over connections. */
  readonly since: number
  /** The last frame of the client that is more than a sign of life. */
  readonly lastActiveAt: number
  /** The time at which the token ends. Absent: it has no end. */
  readonly expiresAt?: number
  /** The rooms that the session is in. */
  readonly rooms: readonly string[]
  /** True if its connection continued an earlier one. */
  readonly resumed: boolean
}

/** The facts of a session that change. Times are of the server's clock. */
export interface SessionFacts extends Pick<SessionInfo, 'rooms' | 'resumed'> {
  readonly identity: Identity
  readonly activeAt: number
  readonly expiresAt: number | undefined
}

/** A session with its server. */
interface Known extends Pick<SessionInfo, 'user' | 'instance' | 'since'> {
  readonly session: string
  readonly shared: { readonly context: Pick<Context, 'now' | 'settings'> }
}

export const sessionInfo = (
  { user, session: id, instance, since, shared }: Known,
  { identity, activeAt, expiresAt, ...facts }: SessionFacts,
): SessionInfo => {
  const { now, settings } = shared.context
  const { roles = [], data } = identity
  const wall = (at: number): number => settings.wall() - now() + at
  return {
    id,
    instance,
    user,
    roles,
    ...(data && { data }),
    since,
    lastActiveAt: wall(activeAt),
    ...(expiresAt !== undefined && { expiresAt: wall(expiresAt) }),
    ...facts,
  }
}
