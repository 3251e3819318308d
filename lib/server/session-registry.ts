import type { ClaimOutcome, SessionClaim } from './engine.js'
import { append, type LinkedList, linkedList, node, type Node, unlink } from './linked-list.js'
import { type Ranked, ranking } from './ranking.js'

/** The sessions of client instances. */
export interface SessionRegistry {
  /** Grants the claim if its generation is higher than every earlier one. */
  readonly claim: (claim: SessionClaim, now: number, wall: number) => ClaimOutcome
  /** Revokes the sessions of a user, or the one with this id: their secrets resume nothing. Returns those sessions. */
  readonly revoke: (user: string, session?: string) => readonly KnownSession[]
  readonly size: () => number
  /** Returns the known sessions, the least recently claimed first. */
  readonly known: () => readonly KnownSession[]
  /** Restores a known session. */
  readonly restore: (session: KnownSession) => void
}

/** A session and the time of its last claim. */
export interface KnownSession {
  readonly user: string
  readonly instance: string
  readonly generation: number
  readonly session: string
  readonly resume: string
  readonly time: number
  /** The start of the session, on the wall clock. Absent in journals of earlier versions. */
  readonly since?: number
  readonly isRevoked?: true
}

/** Maximum number of known sessions, and their lifetime in ms after the last claim. */
export interface ClaimBounds {
  readonly sessions: number
  readonly sessionMs: number
}

/** A session with its list nodes. */
interface Held {
  session: KnownSession
  readonly claimant: Claimant
  readonly ofAll: Node<Held>
  readonly ofUser: Node<Held>
}

/** A user with its sessions, the least recently claimed first. */
interface Claimant extends Ranked {
  readonly user: string
  readonly sessions: LinkedList<Held>
}

/** Sessions in memory. Above the maximum, the user with the most sessions loses the least recently claimed one. */
export const sessionRegistry = ({ sessions, sessionMs }: ClaimBounds, ids: () => string): SessionRegistry => {
  const known = new Map<string, Held>()
  const all = linkedList<Held>()
  const claimants = new Map<string, Claimant>()
  const most = ranking<Claimant>((claimant) => claimant)
  let turn = 0

  const remove = ({ session, claimant, ofAll, ofUser }: Held): void => {
    known.delete(keyOf(session))
    unlink(ofAll)
    unlink(ofUser)
    claimant.weight--
    if (claimant.weight > 0) most.place(claimant)
    else {
      most.remove(claimant)
      claimants.delete(claimant.user)
    }
  }
  const claimantOf = (user: string): Claimant => {
    const claimant = claimants.get(user) ?? { weight: 0, turn: 0, at: -1, user, sessions: linkedList<Held>() }
    claimants.set(user, claimant)
    return claimant
  }
  const add = (session: KnownSession): void => {
    const claimant = claimantOf(session.user)
    const held: Held = { session, claimant, ofAll: node(), ofUser: node() }
    known.set(keyOf(session), held)
    append(all, held.ofAll, held)
    append(claimant.sessions, held.ofUser, held)
    claimant.weight++
    claimant.turn = ++turn
    most.place(claimant)
  }
  const put = (session: KnownSession): void => {
    const before = known.get(keyOf(session))
    if (before) remove(before)
    add(session)
    while (known.size > sessions) {
      const oldest = most.first()?.sessions.first?.item
      if (!oldest) return
      remove(oldest)
    }
  }
  const expire = (now: number): void => {
    for (let first = all.first?.item; first && first.session.time < now - sessionMs; first = all.first?.item)
      remove(first)
  }

  return {
    size: () => known.size,
    known: () => {
      const each: KnownSession[] = []
      for (let at = all.first; at?.item; at = at.after) each.push(at.item.session)
      return each
    },
    restore: put,
    claim: ({ user, instance, generation, resume }, now, wall) => {
      expire(now)
      const held = known.get(keyOf({ user, instance }))?.session
      if (held && generation <= held.generation) return { _tag: 'Superseded' }
      const isKnown = held !== undefined && held.resume === resume
      if (isKnown && held.isRevoked) return { _tag: 'Revoked' }
      const { session, resume: secret, since } = isKnown ? held : { session: ids(), resume: ids(), since: wall }
      const begun = since === undefined ? {} : { since }
      put({ user, instance, generation, session, resume: secret, time: now, ...begun })
      return { _tag: 'Granted', session, resume: secret, expiresInMs: sessionMs, resumed: isKnown, ...begun }
    },
    revoke: (user, session) => {
      const revoked: KnownSession[] = []
      for (let at = claimants.get(user)?.sessions.first; at?.item; at = at.after) {
        const held = at.item
        if (held.session.isRevoked || (session !== undefined && held.session.session !== session)) continue
        held.session = { ...held.session, isRevoked: true }
        revoked.push(held.session)
      }
      return revoked
    },
  }
}

const keyOf = ({ user, instance }: Pick<KnownSession, 'user' | 'instance'>): string =>
  `${instance.length}:${instance}${user}`
