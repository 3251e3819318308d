import { type CauseCounter, causeCounter, type Causes } from '../core/causes.js'

/** Counters and gauges of a server. The first five are gauges; the others only grow. */
export interface ServerMetrics {
  /** Open sockets. */
  readonly links: number
  /** Welcomed sessions that have not ended. */
  readonly sessions: number
  /** Followed rooms. */
  readonly rooms: number
  /** Memberships of all sessions. */
  readonly members: number
  /** Calls that run. */
  readonly running: number
  /** Frames received. */
  readonly framesIn: number
  /** Messages sent to members. */
  readonly messagesOut: number
  /** Signals written to members; and signals dropped, in total and by cause. */
  readonly signalsOut: number
  readonly signalsDropped: number
  /**
   * Of the sender: `not-joined`, `too-large`, `rate` and `forbidden`. Of a member: `behind` (it still joins or catches up),
   * `congested` (its socket is full) and `too-large`.
   */
  readonly signalCauses: Causes
  /** Calls that have begun. */
  readonly calls: number
  /** Publishes appended to a log; and repeated publishes. */
  readonly accepted: number
  readonly repeated: number
  /** Refused frames and connections, in total and by code. */
  readonly refusals: number
  readonly causes: Causes
  /** Delayed reads of a connection above a rate. */
  readonly slowed: number
  /** Delayed reads of a connection whose user was above its share of the event loop. */
  readonly queued: number
  /** Delays of joins, and of pages of logs, because of the rate of their user. */
  readonly joinsDelayed: number
  readonly pagesDelayed: number
  /** Unknown frames that needed no answer. */
  readonly ignored: number
  /** Gaps reported to members, in total and by cause. */
  readonly gaps: number
  readonly gapCauses: Causes
  /** Members that fell behind and caught up from the log. */
  readonly catchUps: number
  /** Connections ended as silent, stalled, or fenced by a newer one. */
  readonly silent: number
  readonly stalled: number
  readonly superseded: number
  /**
   * Ends of connections by cause: the code of the refusal that ended it; `silent`, `stalled`; `bye`: after a drain; or, where
   * the client ended it, the close code: `closed 1000`, `closed other` for a code above 1015.
   */
  readonly endCauses: Causes
  /** Faults without a caller, by their place: see `ServerFault`. */
  readonly faultCauses: Causes
}

/** The code of a refusal. */
export type Cause = string

type ByCause = 'causes' | 'signalCauses' | 'gapCauses' | 'endCauses' | 'faultCauses'

export type Counters = { -readonly [K in Exclude<keyof ServerMetrics, ByCause>]: number } & {
  readonly [K in ByCause]: CauseCounter
}

/** Returns the present counts. */
export const metricsOf = (count: Counters): ServerMetrics => ({
  ...count,
  causes: count.causes.counts(),
  signalCauses: count.signalCauses.counts(),
  gapCauses: count.gapCauses.counts(),
  endCauses: count.endCauses.counts(),
  faultCauses: count.faultCauses.counts(),
})

export const counters = (): Counters => ({
  links: 0,
  sessions: 0,
  rooms: 0,
  members: 0,
  running: 0,
  framesIn: 0,
  messagesOut: 0,
  signalsOut: 0,
  signalsDropped: 0,
  signalCauses: causeCounter(),
  calls: 0,
  accepted: 0,
  repeated: 0,
  refusals: 0,
  causes: causeCounter(),
  slowed: 0,
  queued: 0,
  joinsDelayed: 0,
  pagesDelayed: 0,
  ignored: 0,
  gaps: 0,
  gapCauses: causeCounter(),
  catchUps: 0,
  silent: 0,
  stalled: 0,
  superseded: 0,
  endCauses: causeCounter(),
  faultCauses: causeCounter(),
})

/** A failure that no caller receives. */
export interface ServerFault {
  /**
   * `hook`: an application's function; `call`: one that answers calls; `engine`: the log; `link`: a client; `options`: invalid options; `defect`: this
   * library.
   */
  readonly where: 'hook' | 'call' | 'engine' | 'link' | 'options' | 'defect'
  readonly message: string
  readonly user?: string
  readonly room?: string
  /** The id of the call. */
  readonly id?: string
}
