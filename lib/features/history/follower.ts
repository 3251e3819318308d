import type { HistoryLimits } from './limits.js'
import type { Pending, Piece } from './page.js'
import type { Pages } from './pages.js'
import type { WebSocketError } from '../../core/error.js'
import type { Gap, Position } from '../../core/position.js'
import type { From } from '../../protocol/frame.js'
import type { RoomRecord } from '../../rooms/record.js'
import type { IncomingMessage, Interceptor } from '../../rooms/sink.js'

export interface CatchUpNeeds {
  readonly ask: Pages['ask']
  readonly limits: () => Pick<HistoryLimits, 'pageMessages' | 'holdMessages'>
  readonly own: (session: string) => boolean
  /** Calls `then` in a turn. */
  readonly later: (then: () => void) => Pending
  /** The cached messages of the room after a position, if the cache has all of them. */
  readonly cached: (room: RoomRecord, after: Position) => readonly Piece[] | undefined
  /** Moves the room back to a position, then calls `then`: too many messages arrived while the page after it was in flight. */
  readonly rewind: (room: RoomRecord, to: Position, then: () => void) => void
  /** Writes gaps and refusals to the log, if there is one. */
  readonly noted?: ((because: WebSocketError) => void) | undefined
}

/** The subscription that catches up. */
export interface Follower {
  /** The start; `undefined`: with the next message. Known once there is a connection. */
  readonly start: () => From | undefined
  /** Learns the log and its head. Returns the offset up to which an earlier run may have offered messages. */
  readonly recall: (epoch: string, head: number) => number
  /** True if an earlier run may have offered this message. */
  readonly isAgain: (arrival: IncomingMessage) => boolean
  /** The number of messages it accepts now; Infinity without a limit. */
  readonly free: () => number
  readonly offer: (arrival: IncomingMessage) => void
  readonly gap: (missing: Gap) => void
  readonly fail: (because: WebSocketError) => void
  /** True if the store has no start position for the subscription. */
  readonly isNew: () => boolean
  /** Calls `then` in a turn, once the subscription's position is stored or cannot be. */
  readonly save: (then: () => void) => void
  /** Everything up to here was offered, or reported as missing. */
  readonly moved: (to: Position) => void
  /** Caught up: live messages now go straight to the subscriber. */
  readonly caughtUp: () => void
}

/** A gate that gives a subscription the earlier messages, then the live ones: each message once, in order. */
export interface CatchUp extends Interceptor {
  /** The room's first join was answered: its log has `head`. `isAsked`: the messages that follow are the requested ones. */
  readonly seated: (head: number, isAsked: boolean) => void
  /** Starts in a room that has a position. */
  readonly begin: () => void
  /** Messages up to the room's position were offered, and may arrive again. */
  readonly repeat: () => void
  /** Waits at a position until `resume`: the subscription accepts no more for now. */
  readonly pause: (at: Position) => void
  readonly resume: () => void
}
