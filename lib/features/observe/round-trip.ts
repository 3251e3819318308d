import { frozen } from '../../core/frozen.js'

/** The round trips of the present connection, in ms; while offline those of the last one. */
export interface RoundTrip {
  readonly lastMs: number
  /** The smoothed round trip: each one counts 1/8, as in RFC 6298, section 2. */
  readonly smoothedMs: number
  /** The shortest one: the way itself, without queues. */
  readonly minMs: number
  /**
   * The jitter: how much one round trip differs from the next. The formula of RFC 3550, section 6.4.1,
   * `J += (|D| - J) / 16`, where D is the difference of two successive round trips instead of two transit times.
   */
  readonly jitterMs: number
}

/** Returns the figures with one more round trip. */
export const measured = (before: RoundTrip | undefined, lastMs: number): RoundTrip =>
  frozen(
    before
      ? {
          lastMs,
          smoothedMs: before.smoothedMs + (lastMs - before.smoothedMs) / 8,
          minMs: Math.min(before.minMs, lastMs),
          jitterMs: before.jitterMs + (Math.abs(lastMs - before.lastMs) - before.jitterMs) / 16,
        }
      : { lastMs, smoothedMs: lastMs, minMs: lastMs, jitterMs: 0 },
  )
