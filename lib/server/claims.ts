import type { ClaimOutcome, SessionClaim } from './engine.js'

/** Sessions of instances of users' clients. */
export interface Claims {
  /** Grants the claim if its generation is higher than any before. */
  readonly claim: (claim: SessionClaim, now: number) => ClaimOutcome
}

/** How many sessions are known, and how long after their last claim. */
export interface ClaimBounds {
  readonly sessions: number
  readonly sessionMs: number
}

interface Session {
  readonly generation: number
  readonly session: string
  readonly resume: string
  readonly time: number
}

/** Sessions in memory. The one that was claimed longest ago is forgotten first. */
export const claims = ({ sessions, sessionMs }: ClaimBounds, ids: () => string): Claims => {
  const known = new Map<string, Session>()

  const expire = (now: number): void => {
    for (const [key, { time }] of known) {
      if (known.size <= sessions && time >= now - sessionMs) return
      known.delete(key)
    }
  }

  return {
    claim: ({ user, instance, generation, resume }, now) => {
      expire(now)
      const key = `${instance.length}:${instance}${user}`
      const held = known.get(key)
      if (held && generation <= held.generation) return { _tag: 'Superseded' }
      const resumed = held !== undefined && held.resume === resume
      const session = resumed ? held.session : ids()
      const secret = resumed ? held.resume : ids()
      known.delete(key)
      known.set(key, { generation, session, resume: secret, time: now })
      return { _tag: 'Granted', session, resume: secret, expiresInMs: sessionMs, resumed }
    },
  }
}
