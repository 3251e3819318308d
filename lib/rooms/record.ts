import type { Cell } from '../core/cell.js'
import type { Cache } from '../history/cache.js'
import type { Deadline } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { From, Join } from '../protocol/frame.js'
import { joining, type Membership, out, recovering, type RoomInfo } from './membership.js'
import { noSinks, type Sink } from './sink.js'
import type { Have } from './table.js'

/** A room that somebody holds or watches. One plain record each: thousands of them must cost little. */
export interface RoomRecord {
  readonly name: string
  /** Its number on the present link, 0 if it has none. */
  ch: number
  have: Have
  /** How many need it. */
  holds: number
  /** `''` while the position is not known. */
  epoch: string
  offset: number
  /** Messages up to this offset were logged before the last join. */
  replayedTo: number
  sinks: readonly Sink[]
  /** There while it is in. */
  granted: RoomInfo | undefined
  /** What few rooms have. */
  more: More | undefined
}

/** What only rooms have that were refused, are watched, or were joined in a special way. */
export interface More {
  membership?: Cell<Membership>
  /** Subscribers of `membership`. */
  watchers: number
  /** Where its first join has asked to begin. */
  start?: From
  /** Where it was joined again because something was missing there, when, and how often in a row. */
  mended?: Position & { readonly at: number; readonly times: number }
  /** Its join is not written before. */
  notBefore?: number
  /** What it keeps of its latest messages. */
  cache?: { readonly cache: Cache; readonly sink: Sink }
  ask?: Pick<Join, 'mustExist' | 'password'>
  refusal?: WebSocketError
  retries: number
  retry?: Deadline
  /** Joins that wait for their answer. */
  waiters?: Set<(answer: Result<RoomInfo>) => void>
}

export const record = (name: string): RoomRecord => ({
  name, ch: 0, have: 'Out', holds: 0, epoch: '', offset: 0, replayedTo: 0, sinks: noSinks, granted: undefined, more: undefined,
}) // prettier-ignore

export const more = (room: RoomRecord): More => (room.more ??= { watchers: 0, retries: 0 })

export const positionOf = ({ epoch, offset }: RoomRecord): Position | undefined =>
  epoch === '' ? undefined : { epoch, offset }

/** What a record says to those who watch it; `halted` is why no connection is tried any more. */
export const membershipOf = (room: RoomRecord, halted: WebSocketError | undefined): Membership => {
  if ((room.have === 'Refused' || room.have === 'Barred') && room.more?.refusal)
    return { _tag: 'Refused', error: room.more.refusal }
  if (room.granted) return { _tag: 'In', ...room.granted }
  if (room.have === 'Out') return out
  if (halted) return { _tag: 'Refused', error: halted }
  return room.epoch === '' ? joining : recovering
}

/** Nobody needs to remember it. */
export const isIdle = (room: RoomRecord): boolean =>
  room.holds === 0 && room.ch === 0 && (room.more?.watchers ?? 0) === 0

/** Those who wait for the answer to a join; they wait no longer. */
export const waitersOf = ({ more: details }: RoomRecord): Iterable<(answer: Result<RoomInfo>) => void> => {
  const waiting = details?.waiters ?? []
  if (details) delete details.waiters
  return waiting
}
