import type { Either } from 'fp-ts/lib/Either.js'
import type { Refusal } from '../../protocol/frame.js'

/** A join that asks for a seat. */
export interface SeatRequest {
  readonly user: string
  readonly session: string
  /** Enters a full room too. */
  readonly isAdmitted: boolean
  /** Enters a room that is not open too. */
  readonly isExpected: boolean
  /** Waits where no seat is free. */
  readonly waits: boolean
  /** The seat is taken: the join goes on. */
  readonly seated: () => void
  /** The place in the queue is this one of so many. Returns false where the connection has no room. */
  readonly told: (place: number, of: number) => boolean
  /** There is no seat, or it was lost later. */
  readonly refused: (because: Refusal) => void
  /** The join gives up. */
  readonly ended: () => void
}

/** A request with the name of its seat. */
export interface NamedRequest extends SeatRequest {
  readonly name: string
}

/** The part of one join in the seats of its room. */
export interface SeatHold {
  /** Asks for the seat. */
  readonly begin: () => void
  /** Gives the seat, or the place in the queue, back: at once, or after the time for a return. */
  readonly end: (isOver: boolean) => void
}

/** Called with the users for whom a reservation is written. */
export type Reserved = (users: Either<Refusal, readonly string[]>) => void
