import type { Mailbox } from '../core/mailbox.js'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import type { Follower } from './followers.js'
import { handOver, hasLeft, type Member } from './member.js'
import { moves } from './moves.js'
import { isUnused, type Place, place as newPlace, type Resident, uncommittedAt, type WaitsFor } from './place.js'

/** The places of a pool's rooms. */
export interface PoolRooms {
  readonly begin: (key: string, follower: Follower) => void
  readonly end: (key: string, follower: Follower) => void
  readonly settle: (key: string, resident: Resident) => void
  readonly unsettle: (key: string, resident: Resident) => void
  /** An action begins at the member of a key, which this returns; the room waits for its end. */
  readonly act: (key: string, waitsFor: WaitsFor) => { readonly at: Member; readonly done: () => void }
  /** The member of a key now. */
  readonly at: (key: string) => Member
  /** Looks at all places again: moves those that are not where they belong. */
  readonly look: () => void
  /** The places that are not where they belong yet. */
  readonly waiting: () => readonly Place[]
  /** The number of places that are at a member. */
  readonly heldBy: (at: Member) => number
}

export interface PoolRoomsNeeds {
  readonly turns: Mailbox
  readonly deadlines: Deadlines
  readonly members: () => readonly Member[]
  /** The member on which a key belongs. */
  readonly home: (key: string) => Member
  /** The error of a closed pool, whose rooms stay where they are. */
  readonly over: () => WebSocketError | undefined
  readonly moved: () => void
  /** The places were looked at. */
  readonly looked: () => void
}

export const poolRooms = ({ turns, deadlines, members, home, over, moved, looked }: PoolRoomsNeeds): PoolRooms => {
  const places = new Map<string, Place>()

  /** The member of a key that is not used yet: first that to which an earlier run left messages of the room. */
  const firstOf = (key: string): Member => members().find((each) => hasLeft(each, key)) ?? home(key)
  const of = (key: string): Place => {
    const known = places.get(key)
    if (known) return known
    const made = newPlace(key, firstOf(key))
    places.set(key, made)
    if (made.at !== home(key)) look()
    return made
  }
  const dropUnused = (place: Place): void => {
    if (!isUnused(place)) return
    moving.giveUp(place)
    places.delete(place.key)
    if (place.at !== home(place.key)) look()
  }
  const look = (): void => {
    turns.enter(() => {
      if (over()) return
      const known = new Map<Member, ReadonlySet<string>>()
      const uncommitted = (at: Member): ReadonlySet<string> => {
        const found = known.get(at) ?? uncommittedAt(at)
        known.set(at, found)
        return found
      }
      for (const place of places.values()) {
        const to = home(place.key)
        if (place.at !== to) moving.advance(place, to, uncommitted)
        else if (place.move) moving.giveUp(place)
      }
      looked()
    })
  }
  const moving = moves({
    deadlines,
    look,
    moved: () => {
      moved()
      look()
    },
  })

  return {
    begin: (key, follower) => {
      const { at, followers } = of(key)
      followers.add(follower)
      // The position of a room is with the member that reads it.
      if (follower.hasStart) for (const each of members()) if (each !== at) void handOver(follower.room, each, at)
      follower.begin(at)
    },
    end: (key, follower) => {
      const place = of(key)
      place.followers.delete(follower)
      dropUnused(place)
    },
    settle: (key, resident) => {
      of(key).residents.add(resident)
    },
    unsettle: (key, resident) => {
      const place = of(key)
      place.residents.delete(resident)
      dropUnused(place)
    },
    act: (key, waitsFor) => {
      const place = of(key)
      const { at, busy } = place
      busy.set(waitsFor, (busy.get(waitsFor) ?? 0) + 1)
      let isDone = false
      return {
        at,
        done: () => {
          if (isDone) return
          isDone = true
          const left = (busy.get(waitsFor) ?? 1) - 1
          if (left > 0) busy.set(waitsFor, left)
          else busy.delete(waitsFor)
          if (place.at !== home(key)) look()
          dropUnused(place)
        },
      }
    },
    at: (key) => places.get(key)?.at ?? firstOf(key),
    look,
    waiting: () => [...places.values()].filter(({ key, at }) => at !== home(key)),
    heldBy: (at) => [...places.values()].filter((place) => place.at === at).length,
  }
}
