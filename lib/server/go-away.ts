import type { WaitOptions } from '../core/wait.js'
import type { Bye } from '../protocol/frame.js'

/** Options of `drain`. Durations are in milliseconds. */
export interface DrainOptions extends WaitOptions {
  /** The reason sent to clients. Default `restart`. */
  readonly because?: string | undefined
  /** Minimum delay before clients reconnect. Default 0. */
  readonly afterMs?: number | undefined
  /** Period over which clients spread their reconnects. Default 1 ms per connection, at least a second. */
  readonly spreadMs?: number | undefined
  /** True tells clients not to reconnect. */
  readonly never?: boolean | undefined
  /**
   * Clients with `endpoints([…])` move to this url, or with `'*'` to any other server, and leave once they are there; the
   * server serves them until then, for `drainMs` at most. Default: they leave as the others do, and connect again.
   */
  readonly to?: string | undefined
  /** How long the server may take to answer connections. Default: the server's `drainMs`. */
  readonly drainMs?: number | undefined
}

/** Options of `kick`. All may be left out. */
export interface KickOptions extends WaitOptions {
  /** The message for the removed clients. */
  readonly message?: string | undefined
}

/** The number of sessions that were removed or changed. */
export interface Kicked {
  readonly sessions: number
}

/** The goodbye for every client of a drain. */
export interface GoAway {
  readonly bye: Bye
  /** The time at which the last connection closes, even with unanswered frames. */
  readonly until: number
}

/** Builds a farewell for `links` connections. */
export const farewell = (options: DrainOptions, links: number, defaultDrainMs: number, now: number): GoAway => {
  const { because = 'restart', never = false, to } = options
  const afterMs = duration(options.afterMs, 0)
  const spreadMs = duration(options.spreadMs, Math.max(1_000, links))
  const drainMs = duration(options.drainMs, defaultDrainMs)
  return {
    bye: {
      t: 'bye',
      because,
      reconnect: never ? 'never' : { afterMs, spreadMs },
      drainMs,
      ...(to !== undefined && !never && { to }),
    },
    until: now + drainMs,
  }
}

/** Returns whole milliseconds, as the protocol requires; the default for an invalid duration. */
const duration = (ms: number | undefined, otherwise: number): number =>
  ms !== undefined && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER ? Math.floor(ms) : otherwise
