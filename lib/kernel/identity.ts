/** A session as it is kept beyond the life of a client. */
export interface StoredSession {
  readonly instance: string
  readonly resume: string
  /** The session and its predecessors, whose messages count as own. */
  readonly sessions: readonly string[]
}

/** The identity of a client at its server. Reachable by parts of this library alone: it holds a secret. */
export interface Identity {
  /** The present session; before the first one, without a text to resume. The instance stays. */
  session: StoredSession
  /** The user whose sessions these are. */
  user?: string
  /** The generations of earlier runs; the generation counts the handshakes. */
  before: number
}
