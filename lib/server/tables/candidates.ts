import type { Cancel } from '../context.js'
import { keyOfMember } from './kinds.js'

/** A client that may lead a room, on one of its connections. */
export interface CandidateId {
  readonly user: string
  readonly session: string
  /** Higher for each newer connection of the client. */
  readonly generation: number
}

/** A candidate. One whose connection is lost keeps its place for a while, and is not chosen meanwhile. */
interface Candidate extends CandidateId {
  readonly away?: Cancel
}

/** The candidates of a room on this server, in the order of their standing. An older connection changes nothing. */
export interface Candidates {
  /** Returns false for a connection that is older than the known one. */
  readonly stand: (who: CandidateId) => boolean
  /** Marks a candidate as away. What `begin` returns is called when it comes back, or is removed. */
  readonly lose: (who: CandidateId, begin: () => Cancel) => void
  /** Returns false for a connection that is older than the known one. */
  readonly remove: (who: CandidateId) => boolean
  readonly of: (who: Omit<CandidateId, 'generation'>) => CandidateId | undefined
  /** Returns the first one that is not away. */
  readonly first: () => CandidateId | undefined
  readonly all: () => readonly CandidateId[]
}

export const candidates = (): Candidates => {
  const known = new Map<string, Candidate>()
  /** Returns false where a newer connection of the client stands. */
  const isCurrent = ({ generation }: CandidateId, before: Candidate | undefined): boolean =>
    !before || before.generation <= generation

  return {
    stand: ({ user, session, generation }) => {
      const key = keyOfMember({ user, session })
      const before = known.get(key)
      if (!isCurrent({ user, session, generation }, before)) return false
      before?.away?.()
      known.set(key, { user, session, generation })
      return true
    },
    lose: (who, begin) => {
      const key = keyOfMember(who)
      const before = known.get(key)
      if (before && !before.away && isCurrent(who, before)) known.set(key, { ...before, away: begin() })
    },
    remove: (who) => {
      const key = keyOfMember(who)
      const before = known.get(key)
      if (!isCurrent(who, before)) return false
      before?.away?.()
      known.delete(key)
      return true
    },
    of: (who) => known.get(keyOfMember(who)),
    first: () => [...known.values()].find(({ away }) => !away),
    all: () => [...known.values()],
  }
}
