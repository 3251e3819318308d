import type { Refusal, Sender } from '../../protocol/frame.js'
import type { KnownSession } from '../../server/claims.js'
import type { Entry } from '../../server/engine.js'
import type { Decision } from '../../server/ledger.js'
import type { Checkpoint } from './checkpoint.js'
import type { Durability } from './durability.js'

/** The version of the format that is written, and the only one that is read. */
export const version = 1

/** What a journal is made of. Times are the calendar's. */
export type JournalRecord =
  | readonly ['h', Header]
  /** A room begins, with nothing in its log. */
  | readonly ['r', room: string, epoch: string]
  | readonly ['a', room: string, epoch: string, decided: readonly Decided[]]
  /** All that a room is: what was said of it before is void. */
  | readonly ['c', room: string, Checkpoint]
  /** A room was forgotten. */
  | readonly ['d', room: string]
  | readonly ['s', readonly KnownSession[]]
  /** What is remembered of lanes has a name. */
  | readonly ['l', string]
  /** The segments before this one are not needed any more. */
  | readonly ['o', segment: number]

/** A place in a journal. */
export interface Place {
  readonly segment: number
  readonly bytes: number
}

/** The first block of a segment is this record alone. */
export interface Header {
  readonly format: 'rx-rooms'
  readonly version: number
  readonly segment: number
  readonly durability: Durability
  /** The segment before, and how many of its bytes count. */
  readonly previous?: Place
  /** The second block belongs to the first: without it the segment never began. */
  readonly carries: boolean
}

type Lane = readonly [user: string, producer: string, seq: number]

/** An entry that was accepted, or refused for good. */
export type Decided =
  | readonly [...Lane, at: number, offset: number, id: string, event: string, from: Sender, data: string]
  | readonly [...Lane, at: number, refusal: Refusal]

export const decidedOf = ({ entry, outcome }: Decision, now: number): Decided => {
  const { user, producer, seq, id, event, from, data } = entry
  return outcome._tag === 'Accepted'
    ? [user, producer, seq, outcome.at, outcome.offset, id, event, from, data]
    : [user, producer, seq, now, outcome.refusal]
}

/** The decision again, with its time. */
export const decisionOf = (epoch: string, decided: Decided): readonly [Decision, at: number] => {
  const [user, producer, seq, at] = decided
  const lane = { user, producer, seq, after: 0, retry: false }
  if (decided.length === 5) {
    const entry: Entry = { ...lane, id: '', event: '', from: ['', ''], data: '' }
    return [{ entry, outcome: { _tag: 'Refused', refusal: decided[4] }, isNew: true }, at]
  }
  const [, , , , offset, id, event, from, data] = decided
  const entry: Entry = { ...lane, id, event, from, data }
  return [{ entry, outcome: { _tag: 'Accepted', epoch, offset, at, repeated: false }, isNew: true }, at]
}
