import type { Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { Durability } from '../protocol/frame.js'

/** What the server said about a message that it accepted. */
export interface Receipt {
  readonly id: string
  readonly room: string
  /** Its place in the room's log. */
  readonly position: Position
  /** When the server logged it, in ms since 1970 by the server's clock. */
  readonly at: number
  /** The server knew it already: this is the first outcome, told again. */
  readonly repeated: boolean
  /** What the server promises about its log. */
  readonly durability: Durability
}

/** What a message is, whatever becomes of it. */
export interface Letter {
  readonly id: string
  readonly room: string
  readonly event: string
  /** The payload as JSON text, as it was when it was given. */
  readonly text: string
  readonly bytes: number
  /** It was posted: a journal keeps it, where there is one. */
  readonly isPosted: boolean
  /** Another to the same room under the same key replaces it while it waits. */
  readonly key?: string | undefined
}

/** A message on its way out. */
export interface Entry extends Letter {
  /** Where it is queued; `undefined` before and after. */
  lane: Lane | undefined
  /** Its place in its lane, once it was queued. */
  seq: number
  /** Its place among all that an outbox was given: its own by seq, from 1 on; what was adopted below, in its order. */
  order: number
  /** When it was given, on the scheduler's clock. */
  since: number
  /** Its number on the present link, 0 if it is not in flight. */
  ref: number
  /** How often it was written. */
  attempts: number
  /** When it was written first, of the times that may have counted, on the scheduler's clock. */
  writtenAt: number | undefined
  /** The same by the calendar. */
  writtenOn: number
  /** Its present writing says that an earlier one may have counted. */
  retry: boolean
  /** What every server that it was written to called its memory of lanes; `undefined` if they differ or do not say. */
  lanes: string | undefined
  /** For how many ms it is tried, and until when. */
  withinMs: number
  due: Due | undefined
  /** How safe a journal has it; `undefined` where none keeps it. */
  kept: Kept | undefined
  readonly settle: (result: Result<Receipt>) => void
}

/** An age limit. It lets go of its message, which may be large, when that is settled. */
export interface Due {
  /** On the scheduler's clock. */
  readonly until: number
  readonly order: number
  entry: Entry | undefined
}

/** What a journal has answered about a message. */
export interface Kept {
  isStored: boolean
  /**
   * The message is kept as one that may have been written to servers with this name of their memory of lanes; `''`: to any
   * server, or the journal could not keep it and it may be written all the same.
   */
  writtenTo: string | undefined
}

/** The messages of one producer to one room in the order of their sequence numbers: what waits, and what is in flight. */
export interface Lane {
  readonly room: string
  readonly producer: string
  /** Sorted by seq. */
  readonly waiting: Entry[]
  /** What is in flight, sorted by seq. */
  readonly flying: Entry[]
  /** Nothing is written before this time: the server asked for a pause. */
  notBefore: number
  pauses: number
  /** After a refusal that may be retried: waits until all that flies has come back, so that the order is kept. */
  gathering: boolean
}

/** The part of a message that it keeps when it is settled and queued again. */
export type Earlier = Pick<Entry, 'seq' | 'order' | 'since' | 'attempts' | 'writtenAt' | 'writtenOn' | 'lanes'>

/** A message that is about to be queued; `earlier` is the same, settled, and queued again. */
export const entry = (
  { id, room, event, bytes, isPosted, key }: Omit<Letter, 'text'>,
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

/** Whether the server may have accepted it. */
export const executed = ({ writtenAt }: Entry): 'no' | 'unknown' => (writtenAt === undefined ? 'no' : 'unknown')

/**
 * How long ago it was first written, 0 if it was not, by the clock that says longer: the scheduler's may stand still while
 * the machine sleeps, and the calendar may be set back.
 */
export const writtenAgo = (
  { writtenAt, writtenOn }: Entry,
  { now, wall }: { readonly now: () => number; readonly wall: () => number },
): number => (writtenAt === undefined ? 0 : Math.max(now() - writtenAt, wall() - writtenOn))
