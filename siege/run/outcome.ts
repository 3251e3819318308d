import type { ServerMetrics } from '../../lib/server/metrics.js'
import type { GoodReport, Sample, Tally } from './talk.js'

/** The result of one attack. */
export interface Outcome {
  readonly attack: string
  readonly seconds: number
  /** How the server ended; nothing where it survived. */
  readonly death?: string
  /** Absent where the good clients could not report. */
  readonly good?: GoodReport
  readonly tally: Tally
  /** The largest values of all samples. */
  readonly most: Sample
  readonly metrics?: Pick<ServerMetrics, 'causes' | 'slowed' | 'accepted' | 'refusals'>
  /** What the attack itself found to be beyond its bound. */
  readonly excess?: string
}

export const noSample: Sample = { heapUsed: 0, heapLimit: 0, rss: 0, sockets: 0, delayMs: 0, turnMs: 0 }

export const larger = (one: Sample, other: Sample): Sample => ({
  heapUsed: Math.max(one.heapUsed, other.heapUsed),
  heapLimit: Math.max(one.heapLimit, other.heapLimit),
  rss: Math.max(one.rss, other.rss),
  sockets: Math.max(one.sockets, other.sockets),
  delayMs: Math.max(one.delayMs, other.delayMs),
  turnMs: Math.max(one.turnMs, other.turnMs),
})
