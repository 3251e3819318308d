import type { CallRecord, Ran } from './call.js'
import type { ClosingRecord, CreationRecord } from './creation.js'
import type { LeaderRecord } from './leader.js'
import type { MeetingRecord, TableServerRecord } from './meeting.js'
import type { OrderRecord, SanctionRecord } from './sanction.js'
import type { Capacity, SeatRecord } from './seat.js'

export type * from './call.js'
export type * from './creation.js'
export type * from './leader.js'
export type * from './meeting.js'
export type * from './sanction.js'
export type * from './seat.js'

/** The version of these records; a history begins with it. */
export const version = 1

/** Milliseconds of a clock that all processes of a run share and that never jumps. */
export type At = number

/** The first line of each history. `name` is that of one life of a process: a client that is started again is another. */
export type Header = readonly ['history', typeof version, name: string]

/** A message was given to the library. Ids are unique over all lives. */
export type Invoked = readonly ['invoked', At, id: string, room: string]
/** Its `Right`. */
export type Receipt = readonly ['receipt', At, id: string, epoch: string, offset: number, repeated: 0 | 1]
/** Its `Left`. */
export type Refused = readonly ['refused', At, id: string, executed: 'no' | 'unknown', code: string]
/** It is safe in a store. */
export type Stored = readonly ['stored', At, id: string]
/** It was given to a socket. */
export type Written = readonly ['written', At, id: string]

/** Somebody subscribed to a room. Streams are numbered within a life. */
export type Opened = readonly ['opened', At, stream: number, room: string]
/** Where the server said that it begins. */
export type Began = readonly ['began', At, stream: number, epoch: string, offset: number]
/** A message was offered: its id, and the id that its payload says it has. */
export type Delivered = readonly [
  'delivered',
  At,
  stream: number,
  epoch: string,
  offset: number,
  id: string,
  data: string,
]
/** A hole was told. */
export type Hole = readonly [
  'gap',
  At,
  stream: number,
  from: readonly [string, number],
  to: readonly [string, number],
  because: string,
]
/** Anything else that a stream said, with the kind of the error. */
export type Told = readonly ['told', At, stream: number, code: string, kind: string] // prettier-ignore

/** The connection changed its state. */
export type Stated = readonly ['state', At, tag: string, code: string]
/** A link was lost before everything that a join owed had come. */
export type ReplayCut = readonly ['replay-cut', At, room: string]
/** What the library counted against itself: a defect, a frame that it could not read. */
export type Fault = readonly ['fault', At, tag: string, message: string]
/** The life ended in order: everything is settled. A life without it was killed. */
export type Ended = readonly ['ended', At]

/** How a consumer commits: each message that was offered, after asynchronous work, or with a copy that it posts. */
export type ConsumerKind = 'auto' | 'manual' | 'copy'
/** A life of a consumer begins, under this host name and process id. */
export type Consuming = readonly ['consuming', At, kind: ConsumerKind, host: string, pid: number]
/** A message was offered to a consumer: its id, the id that its payload says it has, and 1 if it is marked as redelivered. */
export type Offered = readonly [
  'offered',
  At,
  room: string,
  epoch: string,
  offset: number,
  id: string,
  data: string,
  redelivered: 0 | 1,
]
/** A consumer was told of a gap. */
export type Passed = readonly [
  'passed',
  At,
  room: string,
  from: readonly [string, number],
  to: readonly [string, number],
  because: string,
]
/** A consumer calls `commit`. */
export type Committing = readonly ['committing', At, room: string, epoch: string, offset: number]
/** The `Right` of a commit. */
export type Committed = readonly ['committed', At, room: string, epoch: string, offset: number]
/** The `Left` of a commit. */
export type Uncommitted = readonly ['uncommitted', At, room: string, epoch: string, offset: number, code: string]
/** A message is made of the message at that place, and is posted in the step of its commit. */
export type Derived = readonly ['derived', At, id: string, room: string, epoch: string, offset: number]
/** A consumer was closed in order, and this was left: messages without a receipt, and ranges that are not committed. */
export type Closed = readonly ['closed', At, undelivered: number, stored: number, uncommitted: number]

export type ConsumerRecord =
  | Consuming | Offered | Passed | Committing | Committed | Uncommitted | Derived | Closed // prettier-ignore

export type ClientRecord =
  | Invoked | Receipt | Refused | Stored | Written | Opened | Began | Delivered | Hole | Told | Stated | ReplayCut | Fault
  | Ended | ConsumerRecord | MeetingRecord | LeaderRecord | SeatRecord | CreationRecord | OrderRecord | CallRecord // prettier-ignore

/** The engine has these messages from that offset on, as [id, the id that the payload says]. */
export type Logged = readonly ['logged', At, room: string, epoch: string, offset: number, ids: readonly string[]]
/** What the engine said of a log: it holds `first` to `head`. */
export type Head = readonly ['head', At, room: string, epoch: string, first: number, head: number]
/** The engine answered this to so many publishes: `repeated`, or the code of a refusal. */
export type Decided = readonly ['decided', At, what: string, count: number]

export type ServerRecord = Logged | Head | Decided | TableServerRecord | SanctionRecord | Capacity | ClosingRecord | Ran

/** What a fault may lead to without anybody being at fault. `stale`: servers know late what the engine has. */
export type Consequence = 'epoch' | 'cut' | 'unknown' | 'stale'

/** Something was broken on purpose, from then until then. `whom`: the clients that feel it. */
export type Broken = readonly [
  'broken',
  At,
  until: At,
  kind: string,
  whom: readonly string[],
  entails: readonly Consequence[],
]
/** From then until then nothing is broken. */
export type Calm = readonly ['calm', At, until: At] // prettier-ignore

export type DirectorRecord = Broken | Calm
export type AnyRecord = Header | ClientRecord | ServerRecord | DirectorRecord
