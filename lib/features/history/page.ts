import type { Subscription } from 'rxjs'
import type { Backoff } from '../../core/backoff.js'
import type { Deadlines } from '../../core/deadlines.js'
import type { WebSocketError } from '../../core/error.js'
import type { Gap, Position } from '../../core/position.js'
import type { Result } from '../../core/result.js'
import type { ControlFrame, Left, MessageFrame, PageEnd } from '../../protocol/frame.js'
import type { HistoryLimits } from './limits.js'
import type { Input, Stage } from './table.js'

/** The messages to read: the first `count` after a position, the last `count` before one, or the last of all. */
export interface Ask {
  readonly room: string
  readonly count: number
  readonly after?: Position
  readonly before?: Position
}

/** A logged message, with its decoded wire payload. */
export interface Piece {
  readonly frame: MessageFrame
  readonly plain: unknown
}

/** A piece of a log. */
export interface Page {
  readonly end: PageEnd
  readonly pieces: readonly (Piece | Gap)[]
}

/** A request in flight or waiting. */
export interface Pending {
  /** Ends the request with an error, unless it was answered. */
  readonly giveUp: (because: WebSocketError) => void
}

export interface PagesNeeds {
  readonly deadlines: Deadlines
  readonly backoff: Backoff
  readonly random: () => number
  /** Time to wait for an answer; then the request is repeated. */
  readonly answerMs: number
  readonly limits: () => Pick<HistoryLimits, 'inFlight' | 'waiting'>
  readonly write: (frame: ControlFrame) => void
  /** Returns a number for a request on the current link. */
  readonly allot: () => number
  readonly refused: (room: string, frame: Left) => WebSocketError
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

/** The record of a request. */
export interface Request {
  readonly what: Ask
  readonly answered: (to: Result<Page>) => void
  stage: Stage
  ch: number
  pieces: (Piece | Gap)[]
  retries: number
  /** The wait for its answer, or for its next try. */
  waiting: Subscription
}

/** Steps a request by the table, and runs the outputs. */
export type Feed = (request: Request, input: Input, end?: PageEnd) => void
