import type { Deadline } from '../core/deadlines.js'
import type { Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { Durability } from '../protocol/frame.js'

/** The server's acknowledgement of an accepted message. */
export interface Receipt {
  readonly id: string
  readonly room: string
  /** Its place in the room's log. */
  readonly position: Position
  /** The time at which the server logged it, in ms since 1970 by the server's clock. */
  readonly at: number
  /** The message was a duplicate: this repeats the first outcome. */
  readonly repeated: boolean
  /** The server's durability guarantee for its log. */
  readonly durability: Durability
}

/** A call that waits for the result of a message. Called in the publishing phase. */
export interface Waiter {
  readonly settled: (result: Result<Receipt>) => void
}

/** A message as a call gives it. */
export interface OutgoingMessage {
  readonly id: string
  readonly room: string
  readonly event: string
  /** The payload as JSON text, encoded at the call. */
  readonly text: string
  readonly bytes: number
  /** The message was posted: a journal keeps it, if there is one. */
  readonly isPosted: boolean
  /** The caller gave the id: an earlier message of the room under it is the same message. */
  readonly isNamed: boolean
  /** The key of an overflow strategy; a later message to the same room under the same key may replace it. */
  readonly key?: string | undefined
  /** Only where the room's present leader has this term. */
  readonly term?: number | undefined
}

/** The part of a message that lasts if it is settled and sent again. */
export interface Past {
  /** Its sequence number in its lane; 0 if it was never queued. */
  readonly seq: number
  /** Its rank in the outbox: new messages count from 1; adopted ones rank below them, in their own order. */
  readonly order: number
  /** The time at which it was given, on the scheduler's clock. */
  readonly since: number
  /** The number of writes. */
  readonly attempts: number
  /** The first write that may have counted; `undefined`: the server certainly does not have the message. */
  readonly written: Written | undefined
}

/** A message that the outbox holds, from its call to its result. */
export interface Message extends OutgoingMessage, Past {
  readonly lane: Lane
  /** The age limit in ms, and its deadline. */
  readonly withinMs: number
  readonly due: Deadline
  attempts: number
  written: Written | undefined
  /** The journal's state of it; `undefined` if no journal keeps it. */
  kept: Kept | undefined
  waiters: readonly Waiter[]
  state: State
}

/** In its lane, to be written. Settled: answered, and no longer in the outbox. */
export type State = { readonly _tag: 'Waiting' } | InFlight | { readonly _tag: 'Settled' }

/** Written on the current link, without an answer. */
export interface InFlight {
  readonly _tag: 'InFlight'
  readonly message: Message
  /** Its number on the link. */
  readonly ref: number
  /** This write is marked as a retry: an earlier one may have counted. */
  readonly isRetry: boolean
}

export const waiting: State = { _tag: 'Waiting' }
export const settled: State = { _tag: 'Settled' }

/** The first write of a message that may have counted. */
export interface Written {
  /** Its time on the scheduler's clock. */
  readonly at: number
  /** The same on the wall clock. */
  readonly on: number
  /** The `lanes` id shared by every server the message was written to; undefined if they differ or sent none. */
  readonly lanes: string | undefined
}

/** A journal's answers about a message. */
export interface Kept {
  isStored: boolean
  /**
   * The `lanes` id of the servers to which the stored message may have been written; `''`: to any server, or the
   * journal could not keep the message and it may be written all the same.
   */
  writtenTo: string | undefined
}

/** The messages of one producer to one room: waiting and in flight, each list sorted by sequence number. */
export interface Lane {
  readonly room: string
  readonly producer: string
  /** All lanes to the room, this one included: those of earlier runs of the client first. */
  readonly siblings: Lane[]
  readonly waiting: Message[]
  readonly inFlight: Message[]
  /** Earliest time of the next write: the server asked for a pause. */
  notBefore: number
  pauses: number
  /** After a retryable refusal: waits until all messages in flight have come back, to keep the order. */
  draining: boolean
}

/** `unknown` if the server may have accepted the message. */
export const executed = ({ written }: Pick<Message, 'written'>): 'no' | 'unknown' =>
  written === undefined ? 'no' : 'unknown'

/** True for a message that the server certainly does not have and that is not on its way there. */
export const isSpare = ({ state, written }: Message): boolean => state._tag === 'Waiting' && written === undefined

/** Sorts in the order in which the messages were given. */
export const older = (a: Message, b: Message): number => a.order - b.order

/** The place of a message to hold, and its limit. */
export interface Place extends Past {
  readonly lane: Lane
  readonly withinMs: number
  /** The start of the age limit, on the scheduler's clock. */
  readonly from: number
  readonly kept?: Kept | undefined
}
