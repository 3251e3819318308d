import type { Context } from '../context.js'
import type { Member } from '../room.js'
import type { CandidateId } from './candidates.js'
import { type Election, election } from './election.js'
import type { NodeLease } from './lease.js'
import type { Announced } from './member-row.js'
import type { Cause, Tables } from './model.js'
import type { PresenceTarget } from './presence.js'

/** A membership that may lead its room. */
export type Standing = Pick<Announced, 'leave' | 'depart'>

/** The candidates for the leaders of rooms that are connected to this server. */
export interface Leaders {
  /** Makes a membership of a client with this generation a candidate. */
  readonly stand: (member: Member, generation: number) => Standing
  /** Ends the candidacy of a client, also an earlier one at another server. */
  readonly resign: (member: Member, generation: number) => void
  /** Ends the candidacies of a user, also those that wait for the return of a client. */
  readonly end: (of: PresenceTarget, cause: Cause) => void
  /** Returns true while there are elections. */
  readonly isActive: () => boolean
  /** The lease of this server is new, or was lost meanwhile. */
  readonly again: () => void
  readonly close: () => void
}

export const leaders = (context: Context, tables: Tables, lease: NodeLease): Leaders => {
  const elections = new Map<string, Election>()

  const electionIn = (room: string): Election => {
    const known = elections.get(room)
    if (known) return known
    const made = election({
      context,
      tables,
      lease,
      room,
      ended: () => {
        made.close()
        if (elections.get(room) === made) elections.delete(room)
      },
    })
    elections.set(room, made)
    lease.hold()
    return made
  }
  const idOf = ({ outlet: { user, session } }: Member, generation: number): CandidateId => ({
    user,
    session,
    generation,
  })
  return {
    stand: (member, generation) => {
      const { name } = member.room
      const who = idOf(member, generation)
      electionIn(name).stand(who)
      return {
        leave: (cause) => elections.get(name)?.resign(who, cause),
        depart: (how) => {
          const of = elections.get(name)
          if (how === 'left') of?.resign(who, 'left')
          else if (how === 'moved') of?.move(who)
          else of?.lose(who, how === 'lost' ? 'grace' : how)
        },
      }
    },
    resign: (member, generation) => {
      electionIn(member.room.name).resign(idOf(member, generation), 'left')
    },
    end: ({ user, session, room }, cause) => {
      for (const [name, each] of [...elections])
        if ((room ?? name) === name)
          for (const who of each.all())
            if ((user ?? who.user) === who.user && (session ?? who.session) === who.session) each.resign(who, cause)
    },
    isActive: () => elections.size > 0,
    again: () => {
      for (const each of [...elections.values()]) each.again()
    },
    close: () => {
      for (const each of elections.values()) each.close()
      elections.clear()
    },
  }
}
