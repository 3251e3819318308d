/** The retry delay. Times in milliseconds. */
export interface Backoff {
  /** The minimum. Default 200. */
  readonly floorMs: number
  /** The upper end of the jitter before the first retry. Default 1 000. */
  readonly firstMs: number
  /** The growth of the upper end with each try. Default 2. */
  readonly factor: number
  /** The maximum of the upper end. Default 30 000. */
  readonly capMs: number
}

/** The default retry delay. */
export const defaultBackoff: Backoff = { floorMs: 200, firstMs: 1_000, factor: 2, capMs: 30_000 }

/**
 * Returns the delay before retry `attempt` (from 0): the floor plus full jitter up to the grown end.
 *
 * Full jitter after Marc Brooker, "Exponential Backoff And Jitter" (AWS, 2015): of the usual formulas it spreads many
 * clients best. The jitter is applied after the cap, so that it survives there, and the floor lies below it, so that no
 * retry is immediate. `chance` is a random value in [0, 1).
 */
export const backoff = ({ floorMs, firstMs, factor, capMs }: Backoff, attempt: number, chance: number): number =>
  floorMs + chance * Math.max(0, Math.min(capMs, firstMs * Math.min(factor ** attempt, Number.MAX_VALUE)) - floorMs)

/**
 * Returns the delay before retry `attempt`, including a server's retry-after: never less than a floor that grows from
 * `floorMs` to `firstMs` with each retry.
 */
export const retryIn = (
  waits: Backoff,
  attempt: number,
  chance: number,
  { retryAfterMs, spreadMs = 0 }: { readonly retryAfterMs?: number; readonly spreadMs?: number },
): number =>
  retryAfterMs === undefined
    ? backoff(waits, attempt, chance)
    : Math.max(
        waits.floorMs,
        Math.min(waits.firstMs, waits.floorMs * waits.factor ** attempt),
        retryAfterMs + spreadMs * chance,
      )
