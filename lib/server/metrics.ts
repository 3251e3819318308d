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
  /** Signals written to members; and signals dropped or refused: no room, no permission, too many, too large. */
  readonly signalsOut: number
  readonly signalsDropped: number
  /** Calls that have begun. */
  readonly calls: number
  /** Publishes appended to a log; and repeated publishes. */
  readonly accepted: number
  readonly repeated: number
  /** Refused frames and connections, in total and by code. */
  readonly refusals: number
  readonly causes: Readonly<Partial<Record<Cause, number>>>
  /** Delayed reads of a connection above a rate. */
  readonly slowed: number
  /** Delayed reads of a connection whose user was above its share of the event loop. */
  readonly queued: number
  /** Delays of joins, and of pages of logs, because of the rate of their user. */
  readonly joinsDelayed: number
  readonly pagesDelayed: number
  /** Unknown frames that needed no answer. */
  readonly ignored: number
  /** Gaps reported to members. */
  readonly gaps: number
  /** Members that fell behind and caught up from the log. */
  readonly catchUps: number
  /** Connections ended as silent, stalled, or fenced by a newer one. */
  readonly silent: number
  readonly stalled: number
  readonly superseded: number
}

/** The code of a refusal. */
export type Cause = string

export type Counters = { -readonly [K in Exclude<keyof ServerMetrics, 'causes'>]: number } & {
  readonly causes: Partial<Record<Cause, number>>
}

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
  calls: 0,
  accepted: 0,
  repeated: 0,
  refusals: 0,
  causes: {},
  slowed: 0,
  queued: 0,
  joinsDelayed: 0,
  pagesDelayed: 0,
  ignored: 0,
  gaps: 0,
  catchUps: 0,
  silent: 0,
  stalled: 0,
  superseded: 0,
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
