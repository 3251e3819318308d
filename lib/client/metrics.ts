/** What happened so far; every drop with its cause. */
export interface Metrics {
  readonly messagesIn: number
  /** Offered already: dropped. */
  readonly duplicates: number
  readonly gaps: number
  /** Holes that were filled by joining the room again from its position. */
  readonly mended: number
  /** Times that a room was read anew because too much came while a page was on its way. */
  readonly overflows: number
  /** Dropped for a newer one, by the policy of a subscription. */
  readonly conflated: number
  /** Of a join that is over: dropped. */
  readonly stale: number
  /** Frames that this version does not know: dropped. */
  readonly unknownFrames: number
  /** Frames that are not what the protocol says: dropped. */
  readonly malformedFrames: number
  readonly framesIn: number
  readonly sent: number
  readonly acknowledged: number
  /** Ended in a `Left`. */
  readonly undelivered: number
  /** Taken back by their last subscriber before they were written. */
  readonly withdrawn: number
  /** Not taken, or given up for a newer one, or replaced by one under the same key: `outbox.overflow`. */
  readonly rejected: number
  readonly dropped: number
  readonly superseded: number
  /** Given up: twice the link was closed for what was written on it while they alone were in flight. */
  readonly quarantined: number
  /** Handed to a link. */
  readonly signals: number
  /** Not in the room, not permitted, not known by the server, or more than the socket takes. */
  readonly signalsDropped: number
  readonly connections: number
  readonly losses: number
  readonly faults: number
}

/** Metrics that are counted in. */
export type Counters = { -readonly [K in keyof Metrics]: Metrics[K] }

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
  sent: 0,
  acknowledged: 0,
  undelivered: 0,
  withdrawn: 0,
  rejected: 0,
  dropped: 0,
  superseded: 0,
  quarantined: 0,
  signals: 0,
  signalsDropped: 0,
  connections: 0,
  losses: 0,
  faults: 0,
})

const names = /*#__PURE__*/ Object.keys(/*#__PURE__*/ counters()) as readonly (keyof Metrics)[]

export const sameMetrics = (a: Metrics, b: Metrics): boolean => names.every((name) => a[name] === b[name])
