import type { Claim, ClientFrame, Hello, Refusal } from '../protocol/frame.js'
import type { Arrivals } from './arrivals.js'
import type { Attendance } from './attendance.js'
import type { ServerCalls } from './calls/server-calls.js'
import type { Context } from './context.js'
import type { GoAway } from './go-away.js'
import type { UserChange } from './identity.js'
import type { Lives } from './life/lives.js'
import type { Log } from './logging.js'
import type { Publisher } from './publisher.js'
import type { SessionInfo } from './session-info.js'
import type { Treasury } from './treasury.js'
import type { Rooms } from './rooms.js'
import type { MembershipEnd } from './tables/member-row.js'
import type { NodeTables } from './tables/node-tables.js'
import type { FairScheduler } from './fair-scheduler.js'
import type { WriterTerms } from './writer.js'

/** One accepted socket, from its opening to its end. */
export interface Connection {
  /** Says goodbye, answers all received frames, then closes. */
  readonly bye: (farewell: GoAway) => void
  /** Fences this connection, because a newer one speaks for the same client: its pending publishes never execute. */
  readonly fence: () => void
  /** Ends the connection, because the server closed. */
  readonly end: () => void
  /** Writes the collected output. */
  readonly flush: () => void
}

/** A welcomed client on one connection: its memberships, its publishes, its token. */
export interface Session {
  /** The client lists the capability `move`. */
  readonly moves: boolean
  readonly user: string
  readonly instance: string
  /** The public id. */
  readonly session: string
  /** The start, on the wall clock. */
  readonly since: number
  /** Begins a WebSocket message: its joins count together. */
  readonly begin: () => void
  /** Joins the rooms of the hello. */
  readonly joinAll: (frames: Hello['rooms']) => void
  readonly take: (frame: Exclude<ClientFrame, { readonly t: 'hello' | 'ping' }>) => void
  /** Reports that the socket or the client may have room again. */
  readonly drained: () => void
  /** Ends a membership or a join on the server's initiative. Returns false where there is none. */
  readonly expel: (room: string, refusal: Refusal) => boolean
  /** Ends the session because its token expired. */
  readonly expire: () => void
  /** Ends the session for its client. */
  readonly end: (code: 'session/replaced' | 'session/revoked', message?: string) => void
  /** Changes the roles and the data of the user. */
  readonly revise: (change: UserChange) => void
  readonly info: () => SessionInfo
  /** Returns the number of unanswered frames. */
  readonly unanswered: () => number
  readonly close: (how: MembershipEnd) => void
}

/** Dependencies shared by all connections of one server. */
export interface Shared {
  readonly context: Context
  /** The log of the option `logger`; `undefined` without one. */
  readonly log: Log | undefined
  readonly fairScheduler: FairScheduler
  readonly rooms: Rooms
  /** The lives of used rooms; `undefined` where the engine has no tables. */
  readonly lives: Lives | undefined
  readonly publisher: Publisher
  /** The tables of the engine; `undefined` where it has none. */
  readonly tables: NodeTables | undefined
  /** The calls that run; `undefined` where the application answers none. */
  readonly calls: ServerCalls | undefined
  /** The sessions in rooms, for the hooks; `undefined` where no hook needs them. */
  readonly attendance: Attendance | undefined
  /** The connection that speaks for each client instance. */
  readonly speakers: Map<string, Speaker>
  /** Sessions by user. */
  readonly sessions: Map<string, Set<Session>>
  /** The clients whose claims are under way. */
  readonly arrivals: Arrivals
  readonly treasury: Treasury
  /** The terms of every connection's writer. */
  readonly output: WriterTerms
  /** Reports a connection whose socket opened, or closed. */
  readonly began: (connection: Connection) => void
  readonly ended: (connection: Connection) => void
  /** Writes the collected output of the connection at the end of the turn. */
  readonly flushLater: (connection: Connection) => void
}

/** A connection that speaks for a client instance. */
export interface Speaker {
  readonly connection: Connection
  readonly generation: number
}

/**
 * Makes a connection the speaker of a client instance, and fences the earlier one. Returns `undefined` if an equal or
 * higher generation already speaks.
 */
export const speak = (
  { speakers }: Pick<Shared, 'speakers'>,
  connection: Connection,
  user: string,
  { instance, generation }: Claim,
): Speaker | undefined => {
  const key = keyOf(user, instance)
  const before = speakers.get(key)
  if (before && before.generation >= generation) return undefined
  const speaker: Speaker = { connection, generation }
  speakers.set(key, speaker)
  before?.connection.fence()
  return speaker
}

/** Adds a session to those of its user. */
export const enlist = ({ sessions, context: { count } }: Shared, session: Session): void => {
  const others = sessions.get(session.user) ?? new Set()
  sessions.set(session.user, others.add(session))
  count.sessions++
}

/** Removes a session and its speaker. */
export const delist = (
  { speakers, sessions, context: { count } }: Shared,
  speaker: Speaker,
  session: Session,
): void => {
  const { user, instance } = session
  const key = keyOf(user, instance)
  if (speakers.get(key) === speaker) speakers.delete(key)
  const others = sessions.get(user)
  others?.delete(session)
  if (others?.size === 0) sessions.delete(user)
  count.sessions--
}

const keyOf = (user: string, instance: string): string => `${instance.length}:${instance}${user}`
