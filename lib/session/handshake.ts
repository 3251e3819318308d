import { reveal, Secret } from '../core/secret.js'
import { type Hello, type Join, SIGNALS, type Welcome } from '../protocol/frame.js'
import type { Recalled } from './persistence.js'
import type { StoredSession } from './records.js'
import type { SessionState } from './state.js'

/** Makes hellos under one name: the instance stays, the generation counts the handshakes. */
export interface Handshake {
  readonly hello: (generation: number, token: string | undefined, rooms: readonly Join[]) => Hello
  /** Records the session of a welcome. */
  readonly welcome: (frame: Welcome) => SessionState
  /** True for a current or earlier session of this client. */
  readonly own: (session: string) => boolean
  /** Resumes the identity of an earlier run. Call before the first hello. */
  readonly recall: (known: Recalled) => void
}

/** Capabilities of this client beyond the mandatory ones. */
const can: readonly string[] = ['seen', SIGNALS, 'granted']

/** The number of earlier sessions of this client to remember, so that their messages count as own. */
const remembered = 16

/** More links than any run has: the generations of a later run are all higher. */
const linksOfALife = 2 ** 22

/**
 * `messageBytes`: the largest message that the client accepts. Calls `welcomed` first, with the user and the session to
 * store.
 */
export const handshake = (
  name: string,
  messageBytes: number,
  welcomed: (user: string, session: StoredSession) => void = () => undefined,
): Handshake => {
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
