import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import { leader } from '../../lib/features/leader/index.js'
import type { Leadership } from '../../lib/features/leader/index.js'
import type { Write } from '../history/write.js'
import { Notes } from './recorder.js'

/** The rooms of which one life of a client is a candidate for the leader, now and then. */
export interface Councils {
  /** Stands, withdraws, or sends with a term that this client has, or has had. */
  readonly act: (random: () => number) => void
  /** Writes down the part in each room as it is at the end. */
  readonly rest: () => void
  readonly end: () => void
}

export interface CouncilsNeeds {
  readonly client: Client
  readonly write: Write
  readonly now: () => number
  readonly rooms: readonly string[]
  /** Sends a message with a term. */
  readonly say: (room: string, term: number) => void
}

/** One of a list that is not empty. */
export const oneOf = (all: readonly string[], random: () => number): string =>
  all[Math.floor(random() * all.length)] ?? ''

export const councils = ({ client, write, now, rooms, say }: CouncilsNeeds): Councils => {
  const standing = new Map<string, Subscription>()
  const parts = new Map<string, Leadership>()
  /** The last term in which this client has led. */
  const terms = new Map<string, number>()

  const tell = (room: string, part: Leadership, isFinal: 0 | 1): void => {
    const [term, who] =
      part._tag === 'Waiting' ? [0, ''] : [part.term, part._tag === 'Leading' ? '' : part.leader.session]
    write(['part', now(), room, isFinal, part._tag, term, who, part.isLive ? 1 : 0])
  }
  const stand = (room: string): void => {
    write(['stood', now(), room])
    const candidacy = new Subscription()
    standing.set(room, candidacy)
    candidacy.add(
      client
        .room(room, Notes)
        .with(leader)
        .leadership$.subscribe((result) => {
          if (E.isLeft(result)) {
            write(['unled', now(), room, result.left.code, result.left.kind])
            return
          }
          parts.set(room, result.right)
          if (result.right._tag === 'Leading') terms.set(room, result.right.term)
          tell(room, result.right, 0)
        }),
    )
  }
  const withdraw = (room: string, candidacy: Subscription): void => {
    candidacy.unsubscribe()
    standing.delete(room)
    parts.delete(room)
    write(['withdrew', now(), room])
  }
  return {
    act: (random) => {
      const room = oneOf(rooms, random)
      const candidacy = standing.get(room)
      const term = terms.get(room)
      if (!candidacy) stand(room)
      else if (random() < 0.15) withdraw(room, candidacy)
      if (term === undefined) return
      for (let count = Math.ceil(random() * 4); count > 0; count--) say(room, term)
    },
    rest: () => {
      for (const [room, part] of parts) tell(room, part, 1)
    },
    end: () => {
      for (const candidacy of standing.values()) candidacy.unsubscribe()
    },
  }
}
