import type { Causes } from '../core/causes.js'

/** Counters since the start, and counts by cause since the feature `metrics` was added; every drop with its cause. */
export interface Metrics {
  readonly messagesIn: number
  /** Dropped: offered already. */
  readonly duplicates: number
  readonly gaps: number
  /** Gaps filled by rejoining the room from its position. */
  readonly mended: number
  /** Rooms reread because too many messages arrived while a page was in flight. */
  readonly overflows: number
  /** Dropped for a newer message, by a subscription's policy. */
  readonly conflated: number
  /** Dropped: of a join that is over. */
  readonly stale: number
  /** Dropped: frames unknown to this version. */
  readonly unknownFrames: number
  /** Dropped: frames that break the protocol. */
  readonly malformedFrames: number
  readonly framesIn: number
  readonly sent: number
  readonly acknowledged: number
  /** Settled with a `Left`. */
  readonly undelivered: number
  /** Withdrawn by their last waiting call before they were written. */
  readonly withdrawn: number
  /** Refused, given up for a newer message, or replaced by one under the same key: `outbox.overflow`. */
  readonly rejected: number
  readonly dropped: number
  readonly superseded: number
  /** Given up as poison messages: twice such a message alone was in flight when its data closed the connection. */
  readonly quarantined: number
  /** Handed to a connection. */
  readonly signals: number
  /** Dropped: not in the room, not permitted, unknown to the server, too large, or the socket is full. */
  readonly signalsDropped: number
  readonly connections: number
  readonly losses: number
  /** Retries that were due and had to wait for the retry budget. */
  readonly retriesHeld: number
  readonly faults: number
  /**
   * Losses by cause, and so reconnects: the code of the error, with the close code where there is one, as in
   * `connection/closed 1006`; `disconnect`, `close`, `dismissed` (by the server) and `frozen` (the page) without one.
   */
  readonly lossCauses: Causes
  /** Attempts to connect that failed, by the code of their error. */
  readonly failureCauses: Causes
  /** Refusals of the server by code: of connections, joins, messages and requests; and memberships that it ended. */
  readonly refusalCauses: Causes
  /** Undelivered messages by the code of their error. */
  readonly undeliveredCauses: Causes
  /** With `endpoints([…])`: connections by the place of their endpoint in the list. */
  readonly endpointConnections: Causes
  /** With `endpoints([…])`: failed attempts, lost connections and checks that found it unwell, by the place of their endpoint. */
  readonly endpointFailures: Causes
}

/** The counts by cause, or by endpoint. */
export type ByCause =
  | 'lossCauses'
  | 'failureCauses'
  | 'refusalCauses'
  | 'undeliveredCauses'
  | 'endpointConnections'
  | 'endpointFailures'

/** Those of a kernel and its extensions. The outbox counts its messages itself. */
type Counted = Exclude<
  keyof Metrics,
  | ByCause
  | 'sent'
  | 'acknowledged'
  | 'undelivered'
  | 'withdrawn'
  | 'rejected'
  | 'dropped'
  | 'superseded'
  | 'quarantined'
>

/** Mutable metrics. */
export type Counters = Record<Counted, number>

export const counters = (): Counters => ({
  messagesIn: 0,
  duplicates: 0,
  gaps: 0,
  mended: 0,
  overflows: 0,
  conflated: 0,
  stale: 0,
  unknownFrames: 0,
  malformedFrames: 0,
  framesIn: 0,
  signals: 0,
  signalsDropped: 0,
  connections: 0,
  losses: 0,
  retriesHeld: 0,
  faults: 0,
})
