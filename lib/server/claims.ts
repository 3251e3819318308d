import type { ClaimOutcome, SessionClaim } from './engine.js'

/** Sessions of instances of users' clients. */
export interface Claims {
  /** Grants the claim if its generation is higher than any before. */
  readonly claim: (claim: SessionClaim, now: number) => ClaimOutcome
  readonly size: () => number
  /** What is known, the session that was claimed longest ago first. */
  readonly known: () => readonly KnownSession[]
  /** Takes back what was known. */
  readonly restore: (session: KnownSession) => void
}

/** A session, and when it was claimed for the last time. */
export interface KnownSession {
  readonly user: string
  readonly instance: string
  readonly generation: number
  readonly session: string
  readonly resume: string
  readonly time: number
}

/** How many sessions are known, and how long after their last claim. */
export interface ClaimBounds {
  readonly sessions: number
  readonly sessionMs: number
}

/** Sessions in memory. The one that was claimed longest ago is forgotten first. */
export const claims = ({ sessions, sessionMs }: ClaimBounds, ids: () => string): Claims => {
  const known = new Map<string, KnownSession>()

  const expire = (now: number): void => {
    for (const [key, { time }] of known) {
      if (known.size <= sessions && time >= now - sessionMs) return
      known.delete(key)
    }
  }

  const put = (session: KnownSession): void => {
    const key = keyOf(session.user, session.instance)
    known.delete(key)
    known.set(key, session)
  }

  return {
    size: () => known.size,
    known: () => [...known.values()],
    restore: put,
    claim: ({ user, instance, generation, resume }, now) => {
      expire(now)
      const held = known.get(keyOf(user, instance))
      if (held && generation <= held.generation) return { _tag: 'Superseded' }
      const resumed = held !== undefined && held.resume === resume
      const session = resumed ? held.session : ids()
      const secret = resumed ? held.resume : ids()
      put({ user, instance, generation, session, resume: secret, time: now })
      return { _tag: 'Granted', session, resume: secret, expiresInMs: sessionMs, resumed }
    },
  }
}

const keyOf = (user: string, instance: string): string => `${instance.length}:${instance}${user}`
