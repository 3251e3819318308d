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
}

/** A message of this client, from its call to its result and, if it may be sent again, longer. */
export interface Message extends Omit<OutgoingMessage, 'text'> {
  /** Its sequence number in its lane; 0 if it was never queued. */
  readonly seq: number
  /** Its rank in the outbox: new messages count from 1; adopted ones rank below them, in their own order. */
  readonly order: number
  /** The time at which it was given, on the scheduler's clock. */
  readonly since: number
  /** The number of writes. */
  attempts: number
  /** The first write that may have counted; `undefined`: the server certainly does not have the message. */
  written: Written | undefined
  state: Waiting | InFlight | Settled
}

/** The first write of a message that may have counted. */
export interface Written {
  /** Its time on the scheduler's clock. */
  readonly at: number
  /** The same on the wall clock. */
  readonly on: number
  /** The `lanes` id shared by every server the message was written to; undefined if they differ or sent none. */
  readonly lanes: string | undefined
}

/** A message without a result. */
interface Unsettled {
  readonly message: Message
  readonly text: string
  readonly lane: Lane
  /** The age limit in ms, and its deadline. */
  readonly withinMs: number
  readonly due: Due
  /** The journal's state of it; `undefined` if no journal keeps it. */
  kept: Kept | undefined
  waiters: readonly Waiter[]
}

/** In its lane, to be written. */
export interface Waiting extends Unsettled {
  readonly _tag: 'Waiting'
}

/** Written on the current link, without an answer. */
export interface InFlight extends Unsettled {
  readonly _tag: 'InFlight'
  /** Its number on the link. */
  readonly ref: number
  /** This write is marked as a retry: an earlier one may have counted. */
  readonly isRetry: boolean
}

/** Answered. */
export interface Settled {
  readonly _tag: 'Settled'
  readonly result: Result<Receipt>
  /** The checksum of a payload that a later call may repeat; `undefined` if the outbox does not remember the message. */
  readonly print: string | undefined
}

/** A message that the outbox holds. */
export type Held = Waiting | InFlight

/** An age limit. It releases its message, which may be large, when that is settled. */
export interface Due {
  /** The deadline, on the scheduler's clock. */
  readonly until: number
  readonly order: number
  message: Message | undefined
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

/** The messages of one producer to one room, ordered by sequence number: waiting and in flight. */
export interface Lane {
  readonly room: string
  readonly producer: string
  /** Sorted by seq. */
  readonly waiting: Waiting[]
  /** Sorted by seq. */
  readonly inFlight: InFlight[]
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
export const isSpare = ({ _tag, message }: Held): boolean => _tag === 'Waiting' && message.written === undefined

/** Sorts in the order in which the messages were given. */
export const older = (a: Held, b: Held): number => a.message.order - b.message.order

/**
 * Returns the time in ms since the first write, 0 if there was none, by the clock that shows more: the scheduler's may
 * stand still while the machine sleeps, and the wall clock may be set back.
 */
export const writtenAgo = (
  { written }: Message,
  { now, wall }: { readonly now: () => number; readonly wall: () => number },
): number => (written === undefined ? 0 : Math.max(now() - written.at, wall() - written.on))
