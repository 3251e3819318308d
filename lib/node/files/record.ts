import type { Refusal, Sender } from '../../protocol/frame.js'
import type { KnownSession } from '../../server/session-registry.js'
import { hold, laneKey } from '../../server/lanes.js'
import type { Decision } from '../../server/ledger.js'
import type { RoomState } from '../../server/room-state.js'
import { push } from '../../server/log.js'
import type { CallRecord } from './call-record.js'
import type { Checkpoint } from './checkpoint.js'
import type { Clock } from './clock.js'
import type { TableChange, TableCheckpoint } from './table-record.js'

/** The version of the format that is written, and the only one that can be read. */
export const version = 2

/** A record of a journal. Times are of the wall clock. */
export type JournalRecord =
  | readonly ['h', Header]
  /** A room begins with an empty log. Its maker is the user of the first entry. */
  | readonly ['r', room: string, epoch: string]
  | readonly ['a', room: string, epoch: string, decided: readonly Decided[]]
  /** The complete state of a room; it replaces all earlier records of the room. */
  | readonly ['c', room: string, Checkpoint]
  /** A forgotten room. */
  | readonly ['d', room: string]
  | readonly ['s', readonly KnownSession[]]
  /** The base of the names of remembered lanes: nothing was lost since. */
  | readonly ['l', base: string]
  /** Lanes lost since then, by user. */
  | readonly ['f', readonly (readonly [user: string, count: number])[]]
  /** The epoch in which new rooms begin. */
  | readonly ['u', epoch: string]
  /** Changes of a table, after its version `prev`. */
  | readonly ['t', of: string, room: string, epoch: string, prev: number, changes: readonly TableChange[]]
  /** The complete state of a table; it replaces all earlier records of the table. */
  | readonly ['T', of: string, room: string, TableCheckpoint]
  /** Leases, and how long each lasts from its renewal: 0 for an ended one. After a restart they begin anew. */
  | readonly ['e', readonly (readonly [lease: string, forMs: number])[]]
  /** The name of the memory of commands, its time, and how long it remembers; `null`: for ever. */
  | readonly ['n', name: string, time: number, dedupeMs: number | null]
  /** Changes of commands. Their times are of the memory of commands, which passes while an engine is open. */
  | readonly ['k', readonly CallRecord[]]
  /** Segments before this one can be removed. */
  | readonly ['o', segment: number]

/** A place in a journal: the end of a block, or the start of a segment. */
export interface Place {
  readonly segment: number
  readonly bytes: number
  /** The CRC-32 of the block that ends there; 0 at the start. It tells apart files with the same name. */
  readonly check: number
}

/** The header of a segment: its first block is this record alone. */
export interface Header {
  readonly format: 'rx-rooms'
  readonly version: number
  /** The name of the journal; all its files contain it. */
  readonly journal: string
  /** The segment's number. It tells a copy under another name apart. */
  readonly segment: number
  /** The segment before, and how many of its bytes count. */
  readonly previous?: Place | undefined
  /** True where the second block belongs to the first: without it the segment never began. */
  readonly carries: boolean
}

type Lane = readonly [user: string, producer: string, seq: number]

export type Accepted = readonly [
  ...Lane,
  at: number,
  offset: number,
  id: string,
  event: string,
  from: Sender,
  data: string,
]

/** An accepted or terminally refused entry. */
export type Decided = Accepted | readonly [...Lane, at: number, refusal: Refusal]

export const decidedOf = ({ entry, outcome }: Decision, now: number): Decided => {
  const { user, producer, seq, id, event, from, data } = entry
  return outcome._tag === 'Accepted'
    ? [user, producer, seq, outcome.at, outcome.offset, id, event, from, data]
    : [user, producer, seq, now, outcome.refusal]
}

/** Restores the decisions on a room, in order. */
export const takeBack = ({ log, lanes }: RoomState, epoch: string, all: readonly Decided[], clock: Clock): void => {
  let lane = { user: '', producer: '', key: '' }
  let from: Sender = ['', '']
  for (const decided of all) {
    const [user, producer, seq, at] = decided
    const time = clock.timeOf(at)
    // Entries share equal texts and senders, because there may be millions.
    if (lane.user !== user || lane.producer !== producer) lane = { user, producer, key: laneKey({ user, producer }) }
    if (decided.length === 5) {
      hold(lanes, lane.key, seq, { _tag: 'Refused', refusal: decided[4] }, time)
      continue
    }
    const [, , , , offset, id, event, sender, data] = decided
    if (from[0] !== sender[0] || from[1] !== sender[1]) from = sender
    push(log, { offset, id, event, from, at, data }, time)
    hold(lanes, lane.key, seq, { _tag: 'Accepted', epoch, offset, at, repeated: false }, time)
  }
}
