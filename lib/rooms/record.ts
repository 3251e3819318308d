import type { Subscription } from 'rxjs'
import type { Cell } from '../core/cell.js'
import type { WebSocketError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { From, Join } from '../protocol/frame.js'
import { joining, type Membership, out, recovering, type RoomInfo } from './membership.js'
import { noSinks, type Sink } from './sink.js'
import type { RoomState } from './table.js'

/** A room that is held or watched. One plain record each: thousands of them must cost little. */
export interface RoomRecord {
  readonly name: string
  /** The number of its join on the current link, 0 if it has none. */
  ch: number
  /** The server's number of the room on the current link, 0 while it is not in. */
  number: number
  have: RoomState
  /** The number of holds. */
  holds: number
  /** `''` while the position is unknown. */
  epoch: string
  offset: number
  /** Messages up to this offset were logged before the last join. */
  replayedTo: number
  sinks: readonly Sink[]
  /** Set while it is in. */
  granted: RoomInfo | undefined
  /** Fields that few rooms need. */
  extras: RoomExtras | undefined
}

/** The options of a join that the server gets. */
export type JoinAsk = Pick<Join, 'mustExist' | 'password' | 'queue'>

/** Fields that few rooms need; allocated on demand. */
export interface RoomExtras {
  membership?: Cell<Membership> | undefined
  /** Subscribers of `membership`. */
  watchers: number
  /** The start that its first join asked for. */
  start?: From | undefined
  /** The position of the last rejoin for a gap, its time, and the number of rejoins in a row. */
  refilled?: (Position & { readonly at: number; readonly times: number }) | undefined
  ask?: JoinAsk | undefined
  /** Its place in the queue, while its join waits for a seat. */
  waiting?: Membership | undefined
  refusal?: WebSocketError | undefined
  retries: number
  /** The wait before its next join. */
  retry?: Subscription
  /** Calls that wait for the answer to a join. */
  waiters?: Set<(answer: Result<RoomInfo>) => void> | undefined
}

export const record = (name: string): RoomRecord => ({
  name,
  ch: 0,
  number: 0,
  have: 'Out',
  holds: 0,
  epoch: '',
  offset: 0,
  replayedTo: 0,
  sinks: noSinks,
  granted: undefined,
  extras: undefined,
})

export const extrasOf = (room: RoomRecord): RoomExtras => (room.extras ??= { watchers: 0, retries: 0 })

export const positionOf = ({ epoch, offset }: RoomRecord): Position | undefined =>
  epoch === '' ? undefined : { epoch, offset }

/** The membership of a record for its watchers; `halted` is the error that stopped the connection. */
export const membershipOf = (room: RoomRecord, halted: WebSocketError | undefined): Membership => {
  if ((room.have === 'Refused' || room.have === 'Kicked') && room.extras?.refusal)
    return { _tag: 'Refused', error: room.extras.refusal }
  if (room.granted) return { _tag: 'In', ...room.granted }
  if (room.have === 'Out') return out
  if (halted) return { _tag: 'Refused', error: halted }
  return room.extras?.waiting ?? (room.epoch === '' ? joining : recovering)
}

/** True for a record that can be dropped. */
export const isIdle = (room: RoomRecord): boolean =>
  room.holds === 0 && room.ch === 0 && (room.extras?.watchers ?? 0) === 0

/** Returns the calls that wait for the answer to a join, and clears them. */
export const waitersOf = ({ extras: details }: RoomRecord): Iterable<(answer: Result<RoomInfo>) => void> => {
  const waiting = details?.waiters ?? []
  if (details) details.waiters = undefined
  return waiting
}
