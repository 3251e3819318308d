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

/** A message, independent of its delivery. */
export interface OutgoingMessage {
  readonly id: string
  readonly room: string
  readonly event: string
  /** The payload as JSON text, encoded at the call. */
  readonly text: string
  readonly bytes: number
  /** The message was posted: a journal keeps it, if there is one. */
  readonly isPosted: boolean
  /** A later message to the same room under the same key replaces it while it waits. */
  readonly key?: string | undefined
}

/** A message in the outbox. */
export interface Entry extends OutgoingMessage {
  /** The lane that queues it; `undefined` before and after. */
  lane: Lane | undefined
  /** Its sequence number in its lane, once it was queued. */
  seq: number
  /** Its rank in the outbox: new messages count from 1; adopted ones rank below them, in their own order. */
  order: number
  /** The time at which it was given, on the scheduler's clock. */
  since: number
  /** Its number on the current link, 0 if it is not in flight. */
  ref: number
  /** The number of writes. */
  attempts: number
  /** The time of the first write that may have counted, on the scheduler's clock. */
  writtenAt: number | undefined
  /** The same on the wall clock. */
  writtenOn: number
  /** Its current write is marked as a retry: an earlier one may have counted. */
  retry: boolean
  /** The `lanes` id shared by every server this message was written to; undefined if they differ or sent none. */
  lanes: string | undefined
  /** The age limit in ms, and its deadline. */
  withinMs: number
  due: Due | undefined
  /** The journal's state of it; `undefined` if no journal keeps it. */
  kept: Kept | undefined
  readonly settle: (result: Result<Receipt>) => void
}

/** An age limit. It releases its message, which may be large, when that is settled. */
export interface Due {
  /** The deadline, on the scheduler's clock. */
  readonly until: number
  readonly order: number
  entry: Entry | undefined
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
  readonly waiting: Entry[]
  /** In flight, sorted by seq. */
  readonly flying: Entry[]
  /** Earliest time of the next write: the server asked for a pause. */
  notBefore: number
  pauses: number
  /** After a retryable refusal: waits until all messages in flight have come back, to keep the order. */
  gathering: boolean
}

/** The fields that a message keeps when it is settled and queued again. */
export type Earlier = Pick<Entry, 'seq' | 'order' | 'since' | 'attempts' | 'writtenAt' | 'writtenOn' | 'lanes'>

/** Makes a message to queue; `earlier` is the same message, settled before. */
export const entry = (
  { id, room, event, bytes, isPosted, key }: Omit<OutgoingMessage, 'text'>,
  text: string,
  settle: Entry['settle'],
  earlier?: Earlier,
): Entry => ({
  id,
  room,
  event,
  text,
  bytes,
  isPosted,
  key,
  lane: undefined,
  seq: earlier?.seq ?? 0,
  order: earlier?.order ?? 0,
  since: earlier?.since ?? 0,
  ref: 0,
  attempts: earlier?.attempts ?? 0,
  writtenAt: earlier?.writtenAt,
  writtenOn: earlier?.writtenOn ?? 0,
  retry: false,
  lanes: earlier?.lanes,
  withinMs: 0,
  due: undefined,
  kept: undefined,
  settle,
})

/** `unknown` if the server may have accepted the message. */
export const executed = ({ writtenAt }: Entry): 'no' | 'unknown' => (writtenAt === undefined ? 'no' : 'unknown')

/**
 * Returns the time in ms since the first write, 0 if there was none, by the clock that shows more: the scheduler's may
 * stand still while the machine sleeps, and the wall clock may be set back.
 */
export const writtenAgo = (
  { writtenAt, writtenOn }: Entry,
  { now, wall }: { readonly now: () => number; readonly wall: () => number },
): number => (writtenAt === undefined ? 0 : Math.max(now() - writtenAt, wall() - writtenOn))
