import type { ServerMetrics } from '../../lib/server/metrics.js'

/** The limits of the server: its defaults, or none. */
export type LimitsName = 'default' | 'off'

/** What the server needs for an attack. */
export interface Ground {
  /** How long an append to a room of the attacker takes, as on a slow disk. Default: no time. */
  readonly slowMs?: number
}

/** The state of the server process. */
export interface Sample {
  readonly heapUsed: number
  readonly heapLimit: number
  readonly rss: number
  /** TCP sockets that are open. */
  readonly sockets: number
  /** The longest delay of its event loop since the last sample. */
  readonly delayMs: number
  /** The most that it computed between two looks at its timers: other work on the machine does not count. */
  readonly turnMs: number
}

export type ToServer =
  | { readonly _tag: 'start'; readonly limits: LimitsName; readonly ground: Ground }
  | { readonly _tag: 'ask' } // prettier-ignore

export type FromServer =
  | { readonly _tag: 'listening'; readonly port: number }
  | { readonly _tag: 'failed'; readonly because: string }
  | { readonly _tag: 'sample'; readonly sample: Sample }
  | { readonly _tag: 'metrics'; readonly metrics: ServerMetrics } // prettier-ignore

/** The pause after the attack counts as part of it: what was sent in the attack may arrive then. */
export type Phase = 'calm' | 'attack'

export type ToGood =
  | { readonly _tag: 'start'; readonly port: number; readonly clients: number }
  | { readonly _tag: 'phase'; readonly phase: Phase }
  /** They stop to publish, wait at most so long for what is on its way, and report. */
  | { readonly _tag: 'end'; readonly withinMs: number } // prettier-ignore

export type FromGood =
  | { readonly _tag: 'ready' }
  | { readonly _tag: 'failed'; readonly because: string }
  | { readonly _tag: 'report'; readonly report: GoodReport } // prettier-ignore

/** How long messages took from the publish to a delivery, in ms. */
export interface Times {
  readonly deliveries: number
  readonly p50: number
  readonly p99: number
  /** The longest time without any delivery to any client. */
  readonly stallMs: number
}

/** The losses of well-behaved clients. Each is 0 where nothing went wrong. */
export interface Losses {
  /** Gaps that they were told of. */
  readonly gaps: number
  /** Deliveries of acknowledged messages that did not come. */
  readonly missing: number
  /** Publishes that were not acknowledged. */
  readonly undelivered: number
  /** Connections that ended. */
  readonly lostLinks: number
  /** Messages of a quiet room that are no longer in its log. */
  readonly forgotten: number
  /** Newcomers that were not welcomed in time. */
  readonly turnedAway: number
}

export interface GoodReport {
  readonly calm: Times
  readonly attack: Times
  readonly sent: number
  readonly newcomers: number
  readonly losses: Losses
}

export type ToAttacker = { readonly _tag: 'start'; readonly name: string; readonly port: number; readonly ms: number }

/** What an attacker counted, by name. */
export type Tally = Readonly<Record<string, number>>

export type FromAttacker = { readonly _tag: 'tally'; readonly tally: Tally }
