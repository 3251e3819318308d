import type { Member } from '../room.js'
import type { Leaders, Standing } from './leaders.js'
import type { MembershipEnd } from './member-row.js'
import type { Cause } from './model.js'

/** The candidacies of one session for the leaders of its rooms. */
export interface SessionCandidacies {
  /** Makes a membership a candidate, or no longer. */
  readonly set: (member: Member, stands: boolean) => void
  /** A membership ends. `grace`: the client may come back. */
  readonly leave: (ch: number, cause: Cause) => void
  readonly close: (how: MembershipEnd) => void
}

export const sessionCandidacies = (leaders: Leaders, generation: number): SessionCandidacies => {
  const all = new Map<number, Standing>()

  return {
    set: (member, stands) => {
      if (stands) all.set(member.ch, leaders.stand(member, generation))
      else {
        leaders.resign(member, generation)
        all.delete(member.ch)
      }
    },
    leave: (ch, cause) => {
      if (cause === 'grace') all.get(ch)?.depart('lost')
      else all.get(ch)?.leave(cause)
      all.delete(ch)
    },
    close: (how) => {
      for (const each of all.values()) each.depart(how)
      all.clear()
    },
  }
}
