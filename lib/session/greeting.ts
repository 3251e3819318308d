import { reveal, Secret } from '../core/secret.js'
import { type Hello, type Join, SIGNALS, type Welcome } from '../protocol/frame.js'
import type { Recalled } from './persistence.js'
import type { StoredSession } from './records.js'
import type { SessionState } from './state.js'

/** Greets servers in one name: the instance stays, the generation counts the greetings. */
export interface Greeting {
  readonly hello: (generation: number, token: string | undefined, rooms: readonly Join[]) => Hello
  /** Takes note of who this client is now. */
  readonly welcome: (frame: Welcome) => SessionState
  /** Whether a session is or was this client's. */
  readonly own: (session: string) => boolean
  /** Goes on as who this client was in an earlier life. Before the first hello. */
  readonly recall: (known: Recalled) => void
}

/** What this client understands beyond what every client must. */
const can: readonly string[] = ['seen', SIGNALS, 'granted']

/** How many earlier sessions of this client are remembered, so that their messages count as own. */
const remembered = 16

/** No life has so many links: the generations of a later life are all higher. */
const linksOfALife = 2 ** 22

/**
 * `messageBytes`: the largest message that the client takes. `welcomed` is told, before anything else is, who the user is and
 * what to remember.
 */
export const greeting = (
  name: string,
  messageBytes: number,
  welcomed: (user: string, session: StoredSession) => void = () => undefined,
): Greeting => {
  let instance = name
  let before = 0
  let resume: Secret | undefined
  let current = ''
  let earlier: readonly string[] = []

  return {
    hello: (generation, token, rooms) => ({
      t: 'hello',
      can,
      ...(token === undefined ? {} : { token }),
      session: { instance, generation: before + generation, ...(resume ? { resume: reveal(resume) } : {}) },
      messageBytes,
      rooms,
    }),
    welcome: ({ session, user, roles, limits, durability }) => {
      if (current !== '' && current !== session.id) earlier = [current, ...earlier].slice(0, remembered)
      current = session.id
      resume = new Secret(session.resume)
      welcomed(user, { instance, resume: session.resume, sessions: [current, ...earlier] })
      return { _tag: 'Active', id: session.id, user, roles, limits, durability }
    },
    own: (session) => session === current || earlier.includes(session),
    recall: ({ session, life }) => {
      before = life * linksOfALife
      if (!session) return
      instance = session.instance
      resume = new Secret(session.resume)
      ;[current = '', ...earlier] = session.sessions
    },
  }
}
