import type { Admission } from '../client/strategy.js'
import type { Position } from '../core/position.js'
import { followers as followersOf } from '../features/history/followers.js'
import { positionOf, type RoomRecord } from '../rooms/record.js'
import type { Follower } from './followers.js'
import { hasLeft, type Member } from './member.js'

/**
 * The reason for which a room has not moved yet: messages without a receipt, offered messages without a commit, calls or
 * joins under way, subscriptions that read earlier messages, what an earlier run left, or its next member, which has not
 * joined.
 */
export type WaitsFor = 'posts' | 'commits' | 'calls' | 'joins' | 'history' | 'earlier' | 'next'

/** A hold or a state of a handle that goes along when the room moves. */
export interface Resident {
  readonly room: string
  /** It holds the room; a state does not. */
  readonly isHold: boolean
  readonly by?: Admission | undefined
  readonly arrive: (at: Member) => void
  readonly depart: (from: Member) => void
}

/** Where the rooms of one key are. */
export interface Place {
  readonly key: string
  at: Member
  readonly followers: Set<Follower>
  readonly residents: Set<Resident>
  /** The number of actions under way, by what waits for them. */
  readonly busy: Map<WaitsFor, number>
  move: Move | undefined
  waitsFor: WaitsFor | undefined
}

/** A move under way: the joins at the next member. */
export type Move = { readonly to: Member; readonly leave: () => void } & (
  | { readonly _tag: 'Asking' }
  | { readonly _tag: 'LetIn' }
  | { readonly _tag: 'Refused' }
)

export const place = (key: string, at: Member): Place => ({
  key,
  at,
  followers: new Set(),
  residents: new Set(),
  busy: new Map(),
  move: undefined,
  waitsFor: undefined,
})

/** True for a place that nothing needs. */
export const isUnused = ({ followers, residents, busy }: Place): boolean =>
  followers.size === 0 && residents.size === 0 && busy.size === 0

/** The rooms that are held there. */
export const roomsOf = ({ followers, residents }: Place): ReadonlySet<string> =>
  new Set([...followers, ...[...residents].filter(({ isHold }) => isHold)].map(({ room }) => room))

const isOnline = ({ parts }: Member): boolean => parts.kernel.state.value()._tag === 'Online'

const recordOf = ({ parts }: Member, room: string): RoomRecord | undefined => parts.rooms.interest.known(room)

/** The rooms with messages that a member has offered and that are not committed. */
export const uncommittedAt = ({ parts }: Member): ReadonlySet<string> =>
  new Set(parts.kernel.extensions.flatMap(({ remaining }) => remaining?.uncommitted().map(({ room }) => room) ?? []))

/** Returns what a place waits for before it may leave its member; `undefined`: it is settled. */
export const unsettled = (of: Place, uncommitted: ReadonlySet<string>): WaitsFor | undefined => {
  const { at, followers, busy } = of
  const [action] = busy.keys()
  if (action) return action
  if (hasLeft(at)) return 'earlier'
  const starts = new Set([...followers].flatMap(({ room, hasStart }) => (hasStart ? [room] : [])))
  for (const room of roomsOf(of)) {
    const record = recordOf(at, room)
    // Nothing was offered, and nothing will be before the member is online.
    if (!record || (record.epoch === '' && !isOnline(at))) continue
    if (record.have === 'Joining' || (record.have === 'Wanted' && isOnline(at))) return 'joins'
    if (uncommitted.has(room)) return 'commits'
    if (starts.has(room) && at.parts.get(followersOf).isBehind(record)) return 'history'
  }
  return undefined
}

/**
 * True if the subscriptions of a room can go on at the next member: it has joined, and has every message that the present
 * one has offered. Where the user may not read the messages in between, it has no others.
 */
export const canGoOn = (room: string, from: Member, to: Member): boolean => {
  const [present, next] = [recordOf(from, room), recordOf(to, room)]
  if (!present || present.epoch === '') return true
  if (!next?.granted) return false
  if (!isOnline(from)) return true
  if (next.epoch !== present.epoch) return false
  return next.granted.permissions.includes('history') ? next.offset >= present.offset : next.offset === present.offset
}

/** The position up to which a member has offered the messages of a room. */
export const offeredAt = (at: Member, room: string): Position | undefined => {
  const record = recordOf(at, room)
  return record && positionOf(record)
}
