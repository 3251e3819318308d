import type { Pages, Pending, Piece } from '../history/pages.js'
import type { WebSocketError } from '../core/error.js'
import type { Gap, Position } from '../core/position.js'
import type { From } from '../protocol/frame.js'
import type { RoomRecord } from './record.js'
import type { Arrival, Gate } from './sink.js'

export interface CatchUpNeeds {
  readonly ask: Pages['ask']
  /** Messages that are asked for at a time, and live ones that are held meanwhile. */
  readonly pageMessages: number
  readonly holdMessages: number
  readonly own: (session: string) => boolean
  /** Calls `then` in a turn. */
  readonly later: (then: () => void) => Pending
  /** The cached messages of the room after a position, if the cache has all of them. */
  readonly cached: (room: RoomRecord, after: Position) => readonly Piece[] | undefined
  /** The room goes back to a position, then calls: too much came while the page after it was on its way. */
  readonly rewind: (room: RoomRecord, to: Position, then: () => void) => void
  /** Takes gaps and refusals for the log, if there is one. */
  readonly noted?: ((because: WebSocketError) => void) | undefined
}

/** The subscription that catches up. */
export interface Follower {
  /** Where it starts; `undefined`: with the next message. Known once there is a connection. */
  readonly start: () => From | undefined
  /** The offset of the log with this head up to which messages may have been offered in an earlier run. */
  readonly again: (epoch: string, head: number) => number
  /** How many messages it takes now; Infinity without a limit. */
  readonly free: () => number
  readonly offer: (arrival: Arrival) => void
  readonly gap: (missing: Gap) => void
  readonly fail: (because: WebSocketError) => void
  /** The store does not know the place at which the subscription starts. */
  readonly isNew: () => boolean
  /** Calls `then` in a turn, once the place to which the subscription has moved is stored or cannot be. */
  readonly save: (then: () => void) => void
  /** Everything up to here was offered, or reported as missing. */
  readonly moved: (to: Position) => void
  /** It has caught up with the room: from now on it takes messages as they come. */
  readonly abreast: () => void
}

/** A gate behind which a subscription gets what was before, then what comes next: each message once, in order. */
export interface CatchUp extends Gate {
  /** The room's first join was answered: its log has `head`. `isAsked`: what follows is what was asked for here. */
  readonly seated: (head: number, isAsked: boolean) => void
  /** Begins in a room that has a position. */
  readonly begin: () => void
  /** Messages up to the room's position were offered, and may come again. */
  readonly repeat: () => void
  /** Waits at a position until `resume`: the subscription takes no more at present. */
  readonly pause: (at: Position) => void
  readonly resume: () => void
}
