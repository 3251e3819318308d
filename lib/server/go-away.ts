import type { Deadline } from '../core/deadlines.js'
import type { WaitOptions } from '../core/wait.js'
import type { Bye } from '../protocol/frame.js'

/** How a server takes leave of its clients. All in milliseconds. */
export interface DrainOptions extends WaitOptions {
  /** Told to clients. Default `restart`. */
  readonly because?: string | undefined
  /** When clients come back at the earliest. Default 0. */
  readonly afterMs?: number | undefined
  /** Over how long they spread their return. Default one per link, at least a second. */
  readonly spreadMs?: number | undefined
  /** They are not to come back. */
  readonly never?: boolean | undefined
  /** How long links may take to be answered. Default the server's `drainMs`. */
  readonly drainMs?: number | undefined
}

/** Options of `kick`. All may be left out. */
export interface KickOptions extends WaitOptions {
  /** Told to the clients that are removed. */
  readonly message?: string | undefined
}

/** What is said to every client that is asked to go. */
export interface GoAway {
  readonly bye: Bye
  /** When the last link is closed, whatever is unanswered. */
  readonly until: number
}

/** A link that was told goodbye: once the ping is answered, everything the client sent before it knew has arrived. */
export interface Departure {
  readonly goAway: GoAway
  readonly barrier: number
  isReached: boolean
  readonly deadline: Deadline
}

/** A farewell to so many links. */
export const farewell = (options: DrainOptions, links: number, defaultDrainMs: number, now: number): GoAway => {
  const { because = 'restart', never = false } = options
  const afterMs = duration(options.afterMs, 0)
  const spreadMs = duration(options.spreadMs, Math.max(1_000, links))
  const drainMs = duration(options.drainMs, defaultDrainMs)
  return {
    bye: { t: 'bye', because, reconnect: never ? 'never' : { afterMs, spreadMs }, drainMs },
    until: now + drainMs,
  }
}

/** Whole milliseconds, as the wire takes them; the default for what is no duration. */
const duration = (ms: number | undefined, otherwise: number): number =>
  ms !== undefined && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER ? Math.floor(ms) : otherwise
