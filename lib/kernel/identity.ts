import { reveal, Secret } from '../core/secret.js'
import type { Claim, Welcome } from '../protocol/frame.js'
import type { Session } from './session.js'

/** A session as it is kept beyond the life of a client. */
export interface StoredSession {
  readonly instance: string
  readonly resume: string
  /** The session and its predecessors, whose messages count as own. */
  readonly sessions: readonly string[]
}

/** The identity of an earlier run. */
export interface Recalled {
  readonly session: StoredSession | undefined
  /** Counts the runs of this instance: the server ignores an earlier run. */
  readonly life: number
}

/** The identity of a client at its server: the instance stays, the generation counts the handshakes. */
export interface Identity {
  /** The claim for the hello of a link. */
  readonly claim: (generation: number) => Claim
  /** Takes the session of a welcome. */
  readonly welcomed: (frame: Welcome) => Session
  /** The session to store. */
  readonly stored: () => StoredSession
  /** True for a current or earlier session of this client. */
  readonly own: (session: string) => boolean
  /** Resumes the identity of an earlier run. Call before the first hello. */
  readonly recall: (known: Recalled) => void
}

/** The number of earlier sessions of this client to remember, so that their messages count as own. */
const remembered = 16

/** More links than any run has: the generations of a later run are all higher. */
const linksOfALife = 2 ** 22

export const identity = (name: string): Identity => {
  let instance = name
  let before = 0
  let resume: Secret | undefined
  let current = ''
  let earlier: readonly string[] = []

  return {
    claim: (generation) => ({
      instance,
      generation: before + generation,
      ...(resume ? { resume: reveal(resume) } : {}),
    }),
    welcomed: ({ session, user, roles, limits, durability }) => {
      if (current !== '' && current !== session.id) earlier = [current, ...earlier].slice(0, remembered)
      current = session.id
      resume = new Secret(session.resume)
      return { id: session.id, user, roles, limits, durability }
    },
    stored: () => ({ instance, resume: resume ? reveal(resume) : '', sessions: [current, ...earlier] }),
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
