import type { Claim, ClientFrame, Join, Refusal } from '../protocol/frame.js'
import type { Context } from './context.js'
import type { GoAway } from './go-away.js'
import type { Log } from './logging.js'
import type { Publisher } from './publisher.js'
import type { Treasury } from './meter.js'
import type { Rooms } from './rooms.js'
import type { FairScheduler } from './fair-scheduler.js'

/** One accepted socket, from its opening to its end. */
export interface Link {
  /** Says goodbye, answers what was received, then closes. */
  readonly bye: (farewell: GoAway) => void
  /** A newer link speaks for the same client: what this one sent and was not executed yet never is. */
  readonly fence: () => void
  /** The server was closed. */
  readonly end: () => void
  /** Writes what was collected. */
  readonly flush: () => void
}

/** A welcomed client on one link: its memberships, its publishes, its token. */
export interface Session {
  readonly user: string
  /** Starts the messages of one WebSocket message: its joins are counted together. */
  readonly begin: () => void
  /** Joins what the greeting asked for. */
  readonly joinAll: (joins: readonly Join[]) => void
  readonly take: (frame: Exclude<ClientFrame, { readonly t: 'hello' | 'ping' }>) => void
  /** The socket or the client may have room again. */
  readonly wake: () => void
  /** Ends a membership or a join by the server's will. False if there is none. */
  readonly expel: (room: string, refusal: Refusal) => boolean
  /** The time of its token is over. */
  readonly expire: () => void
  /** Frames that have not been answered. */
  readonly unanswered: () => number
  readonly close: () => void
}

/** What all links of one server share. */
export interface Shared {
  readonly context: Context
  /** Writes to the option `logger`; `undefined` without one. */
  readonly log: Log | undefined
  readonly rota: FairScheduler
  readonly rooms: Rooms
  readonly publisher: Publisher
  /** The link that speaks for each instance of a user's client. */
  readonly speakers: Map<string, Speaker>
  /** Sessions by user. */
  readonly sessions: Map<string, Set<Session>>
  readonly treasury: Treasury
  /** A link's socket is open, and closed. */
  readonly began: (link: Link) => void
  readonly ended: (link: Link) => void
  /** Writes what the link has collected when the turn ends. */
  readonly flushLater: (link: Link) => void
}

interface Speaker {
  readonly link: Link
  readonly generation: number
}

/**
 * Lets a link speak for an instance of a user's client, and fences the one that did. Nothing if a generation as high
 * speaks already. Registers the session; what that returns takes it back.
 */
export const speak = (
  { speakers, sessions, context: { count } }: Shared,
  link: Link,
  user: string,
  { instance, generation }: Claim,
): ((session: Session) => () => void) | undefined => {
  const key = `${instance.length}:${instance}${user}`
  const before = speakers.get(key)
  if (before && before.generation >= generation) return undefined
  const speaker: Speaker = { link, generation }
  speakers.set(key, speaker)
  before?.link.fence()

  return (session) => {
    const others = sessions.get(user) ?? new Set()
    sessions.set(user, others.add(session))
    count.sessions++
    return () => {
      if (speakers.get(key) === speaker) speakers.delete(key)
      others.delete(session)
      if (others.size === 0) sessions.delete(user)
      count.sessions--
    }
  }
}
