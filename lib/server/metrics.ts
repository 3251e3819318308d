/** What a server has done and holds. Counts only grow, but for the first four. */
export interface ServerMetrics {
  /** Sockets that are open. */
  readonly links: number
  /** Sessions that have been welcomed and are not over. */
  readonly sessions: number
  /** Rooms that are followed. */
  readonly rooms: number
  /** Memberships of all sessions. */
  readonly members: number
  /** Frames received. */
  readonly framesIn: number
  /** Messages sent to members. */
  readonly messagesOut: number
  /** Signals written to members, and those that were not, or were not taken: no room, no permission, too many, too large. */
  readonly signalsOut: number
  readonly signalsDropped: number
  /** Publishes that were appended to a log, and those that it knew already. */
  readonly accepted: number
  readonly repeated: number
  /** Frames and connections that were refused, in all and by code. */
  readonly refusals: number
  readonly causes: Readonly<Partial<Record<Cause, number>>>
  /** Times that a connection was read later because it was above a rate. */
  readonly slowed: number
  /** Times that a connection was read later because its user was above its share of the event loop. */
  readonly queued: number
  /** Times that joins, and pages of logs, had to wait for the rate of their user. */
  readonly joinsDelayed: number
  readonly pagesDelayed: number
  /** Frames that were not understood and needed no answer. */
  readonly ignored: number
  /** Gaps that members were told of. */
  readonly gaps: number
  /** Times that a member fell behind and was read from the log. */
  readonly catchUps: number
  /** Links ended because they were silent, stalled, or fenced by a newer one. */
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
  framesIn: 0,
  messagesOut: 0,
  signalsOut: 0,
  signalsDropped: 0,
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

/** Something that went wrong and has no caller to be told. */
export interface ServerFault {
  /** `hook`: an application's function; `engine`: the log; `link`: a client; `options`: how it was made; `defect`: this library. */
  readonly where: 'hook' | 'engine' | 'link' | 'options' | 'defect'
  readonly message: string
  readonly user?: string
  readonly room?: string
}
