import type { Claim } from '../protocol/frame.js'
import type { Context } from './context.js'
import type { Link } from './link.js'
import type { Publisher } from './publisher.js'
import type { Rooms } from './rooms.js'
import type { Rota } from './rota.js'
import type { Session } from './session.js'

/** What all links of one server share. */
export interface Shared {
  readonly context: Context
  readonly rota: Rota
  readonly rooms: Rooms
  readonly publisher: Publisher
  /** The link that speaks for each instance of a user's client. */
  readonly speakers: Map<string, Speaker>
  /** Sessions by user. */
  readonly sessions: Map<string, Set<Session>>
  /** Clients that are being greeted. */
  greetings: number
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
  const key = `${instance}\n${user}`
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
