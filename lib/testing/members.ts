import { NEVER, type SchedulerLike } from 'rxjs'
import type { Accept } from '../core/ports.js'
import { memory, type MemoryNetwork } from '../transport/memory.js'
import type { Clients } from './clients.js'
import type { Pass } from './identities.js'
import { type Member, member } from './member.js'
import type { Plan } from './moments.js'
import { chanceOf, counted } from './random.js'
import type { Transcript } from './transcript.js'
import type { Wiretap } from './wiretap.js'

/** The members of a fake server, by user. */
export interface Members {
  /** Returns the member of a user; makes it at the first call. */
  readonly of: (user: string) => Member
}

export interface MembersParts {
  readonly scheduler: SchedulerLike
  readonly seed: number | undefined
  readonly transcript: Transcript
  readonly wiretap: Pick<Wiretap, 'accept'>
  readonly clients: Pick<Clients, 'makeAside'>
  readonly accept: Accept
  readonly plan: Plan
  /** A member has a network of its own. */
  readonly joined: (aside: MemoryNetwork) => void
}

/** Retry delays of members: 1 ms at first, then doubled up to 1 s while the server stays away. */
const backoff = { floorMs: 1, firstMs: 1, factor: 2, capMs: 1_000 }

export const members = ({ scheduler, seed, transcript, wiretap, clients, plan, ...parts }: MembersParts): Members => {
  const random = chanceOf(seed === undefined ? undefined : seed + 1)
  const ids = counted('member')
  const all = new Map<string, Member>()

  const make = (user: string): Member => {
    const pass: Pass = { member: user }
    const accept = wiretap.accept((socket) => parts.accept({ ...socket, request: pass }), user)
    const aside = memory({ accept, scheduler })
    parts.joined(aside)
    const client = clients.makeAside(user, {
      url: 'ws://fake',
      random,
      ids,
      backoff,
      hints$: NEVER,
      transport: aside.transport,
    })
    const gone = (): void => {
      if (all.get(user) === made) all.delete(user)
    }
    const made = member({ user, client, transcript, scheduler, plan, gone })
    all.set(user, made)
    return made
  }
  return { of: (user) => all.get(user) ?? make(user) }
}
