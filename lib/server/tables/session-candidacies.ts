import type { Member } from '../room.js'
import type { Leaders, Standing } from './leaders.js'
import type { MembershipEnd } from './member-row.js'
import type { Cause } from './model.js'

/** The candidacies of one session for the leaders of its rooms. */
export interface SessionCandidacies {
  /** Makes a membership a candidate, or no longer. */
  readonly set: (member: Member, stands: boolean) => void
  /** The permission to publish of a membership is given or taken: without it the client is no candidate for a while. */
  readonly granted: (ch: number, mayPublish: boolean) => void
  /** A membership ends. `grace`: the client may come back. */
  readonly leave: (ch: number, cause: Cause) => void
  readonly close: (how: MembershipEnd) => void
}

/** A candidacy; without a standing while its client may not publish. */
interface Candidacy {
  readonly member: Member
  standing?: Standing | undefined
}

export const sessionCandidacies = (leaders: Leaders, generation: number): SessionCandidacies => {
  const all = new Map<number, Candidacy>()

  return {
    set: (member, stands) => {
      if (stands) all.set(member.ch, { member, standing: leaders.stand(member, generation) })
      else {
        leaders.resign(member, generation)
        all.delete(member.ch)
      }
    },
    granted: (ch, mayPublish) => {
      const known = all.get(ch)
      if (!known || mayPublish === (known.standing !== undefined)) return
      known.standing?.leave('forbidden')
      known.standing = mayPublish ? leaders.stand(known.member, generation) : undefined
    },
    leave: (ch, cause) => {
      const standing = all.get(ch)?.standing
      if (cause === 'grace') standing?.depart('lost')
      else standing?.leave(cause)
      all.delete(ch)
    },
    close: (how) => {
      for (const { standing } of all.values()) standing?.depart(how)
      all.clear()
    },
  }
}
