import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import type { Room } from '../../lib/client/room.js'
import { unchecked } from '../../lib/contract/validator.js'
import type { WebSocketError } from '../../lib/core/error.js'
import type { Result } from '../../lib/core/result.js'
import { type Member, presenceOf, type Roster } from '../../lib/features/presence/index.js'
import { type SetOptions, type SetOutcome, sharedState, type SharedState } from '../../lib/features/shared/index.js'
import type { Present, Valued } from '../history/meeting.js'
import type { Write } from '../history/write.js'
import { Notes } from './recorder.js'

/** The state of a member: a number that grows. */
interface Pose {
  readonly n: number
}
const text = unchecked<string>()
const values = { k0: text, k1: text, k2: text, k3: text }
const keys = ['k0', 'k1', 'k2', 'k3'] as const
type Key = (typeof keys)[number]
type Values = SharedState<typeof values>

/** The rooms whose members and shared state one life of a client watches and changes. */
export interface Meetings {
  /** Changes something at random: the state of this client in a room, or a shared value. */
  readonly act: (random: () => number) => void
  /** Who is away from a room stays away from now on: a visit that begins at the end is not over at the end. */
  readonly settle: () => void
  /** Writes down the members and the values of each room as they are at the end. */
  readonly rest: () => void
  readonly end: () => void
}

export interface MeetingsNeeds {
  readonly client: Client
  readonly life: string
  readonly write: Write
  readonly now: () => number
  readonly rooms: readonly string[]
  /** Calls a task after so many ms. */
  readonly later: (task: () => void, ms: number) => void
}

/** A client that was removed from a room stays away for so long, in ms. */
const awayMs = 4_000

export const meetings = (needs: MeetingsNeeds): Meetings => {
  const { client, life, write, now, rooms, later } = needs
  const all = new Subscription()
  const visits = new Subscription()
  all.add(visits)
  let count = 0
  let meets = 0
  let poses = 0
  /** The present meeting of each room. */
  const present = new Map<string, Meeting>()

  all.add(
    client.session$.subscribe((session) => {
      if (session._tag === 'Active') write(['session', now(), session.id])
    }),
  )
  const pose = (room: string, handle: Handle): void => {
    const n = ++poses
    write(['pose', now(), room, n])
    handle.me.set({ n }).subscribe((result) => {
      write(['posed', now(), room, n, E.isLeft(result) ? result.left.code : ''])
    })
  }
  const begin = (room: string): void => {
    const number = meets++
    const handle = handleOf(client.room(room, Notes))
    write(['met', now(), number, room])
    const meeting = meetingOf(number, handle, write, now, (because) => {
      if (because.kind === 'retry' || !present.delete(room)) return
      write(['barred', now(), number, because.code])
      meeting.life$.unsubscribe()
      later(() => {
        if (!visits.closed) begin(room)
      }, awayMs)
    })
    present.set(room, meeting)
    all.add(meeting.life$)
    meeting.watch()
    if (present.has(room)) pose(room, handle)
  }
  const change = (room: string, { handle, versions }: Meeting, random: () => number): void => {
    const id = `${life}-v${(++count).toString(36)}`
    const key = keys[Math.floor(random() * keys.length)] ?? 'k0'
    const isDrop = random() < 0.25
    const isNew = !isDrop && random() < 0.2
    const isVersioned = !isNew && random() < 0.5
    const options: SetOptions = {
      ...(isNew && { ifNew: true }),
      ...(isVersioned && { ifVersion: versions()[key] ?? 0 }),
    }
    write(['set', now(), id, room, key, isDrop ? null : id, isNew ? 1 : 0, options.ifVersion ?? -1])
    const answer$ = isDrop ? handle.drop(key, options) : handle.set(key, id, options)
    answer$.subscribe((result) => {
      settled(id, result)
    })
  }
  const settled = (id: string, result: Result<SetOutcome<string>>): void => {
    if (E.isLeft(result)) {
      const { code, kind } = result.left
      // The engine may have executed a write whose answer it lost.
      const isUnknown = kind === 'unknown' || code.startsWith('connection/')
      write(['unset', now(), id, isUnknown ? 'unknown' : 'no', code])
    } else if (result.right._tag === 'Written') write(['wrote', now(), id, result.right.version])
    else write(['kept', now(), id, result.right.version, result.right.value ?? null])
  }
  for (const room of rooms) begin(room)

  return {
    act: (random) => {
      const room = rooms[Math.floor(random() * rooms.length)] ?? ''
      const meeting = present.get(room)
      if (!meeting) return
      if (random() < 0.4) pose(room, meeting.handle)
      else change(room, meeting, random)
    },
    settle: () => {
      visits.unsubscribe()
    },
    rest: () => {
      for (const meeting of present.values()) meeting.rest()
    },
    end: () => {
      all.unsubscribe()
    },
  }
}

/** One watch of a room. */
interface Meeting {
  readonly handle: Handle
  readonly watch: () => void
  readonly versions: () => Values['versions']
  readonly rest: () => void
  readonly life$: Subscription
}

const handleOf = (room: Room<typeof Notes>) => room.with(presenceOf({ state: unchecked<Pose>() }), sharedState(values))
type Handle = ReturnType<typeof handleOf>

const meetingOf = (
  number: number,
  handle: Handle,
  write: Write,
  now: () => number,
  refused: (because: WebSocketError) => void,
): Meeting => {
  const life$ = new Subscription()
  let roster: Extract<Roster<Pose>, { readonly members: unknown }> | undefined
  let shared: Values | undefined

  const rosterNow = (isFinal: 0 | 1): void => {
    if (roster) write(['roster', now(), number, isFinal, roster.isLive ? 1 : 0, roster.members.map(presentOf)])
  }
  const valuesNow = (isFinal: 0 | 1): void => {
    if (shared) write(['values', now(), number, isFinal, shared.isLive ? 1 : 0, valuedOf(shared)])
  }
  const member = (result: Result<Roster<Pose>>): void => {
    if (E.isLeft(result)) {
      refused(result.left)
      return
    }
    const told = result.right
    if (!('members' in told) || !told.isComplete) return
    const isFirst = !roster
    roster = told
    if (isFirst) rosterNow(0)
    else
      for (const { _tag, member: of, cause } of told.changes)
        write(['member', now(), number, _tag, ...presentOf(of), cause])
  }
  const value = (result: Result<Values>): void => {
    if (E.isLeft(result)) {
      refused(result.left)
      return
    }
    const isFirst = !shared
    shared = result.right
    if (isFirst) valuesNow(0)
    else
      for (const { key, value: to } of shared.changes)
        write(['value', now(), number, key, shared.versions[key] ?? 0, typeof to === 'string' ? to : null])
  }
  return {
    handle,
    life$,
    versions: () => shared?.versions ?? {},
    watch: () => {
      life$.add(handle.members$.subscribe(member))
      if (!life$.closed) life$.add(handle.shared$.subscribe(value))
    },
    rest: () => {
      rosterNow(1)
      valuesNow(1)
    },
  }
}

const presentOf = ({ session, user, state }: Member<Pose>): Present => [session, user, state?.n ?? null]

const valuedOf = ({ values: all, versions }: Values): readonly Valued[] =>
  (Object.entries(all) as readonly (readonly [Key, string])[]).map(([key, to]) => [key, versions[key] ?? 0, to])
