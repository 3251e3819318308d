/** How long to wait between tries. All in milliseconds. */
export interface Backoff {
  /** Never less than this. Default 200. */
  readonly floorMs: number
  /** The upper end of the jitter before the first retry. Default 1 000. */
  readonly firstMs: number
  /** What the upper end grows by with each try. Default 2. */
  readonly factor: number
  /** What the upper end never exceeds. Default 30 000. */
  readonly capMs: number
}

/** The wait between tries where nothing else is said. */
export const defaultBackoff: Backoff = { floorMs: 200, firstMs: 1_000, factor: 2, capMs: 30_000 }

/**
 * The wait before retry `attempt` (from 0): the floor plus full jitter up to the grown end.
 *
 * Full jitter after Marc Brooker, "Exponential Backoff And Jitter" (AWS, 2015): of the usual formulas it spreads a herd
 * best. The jitter is applied after the cap, so that it survives there, and the floor lies below it, so that no retry is
 * immediate. `chance` is one draw in [0, 1).
 */
export const backoff = ({ floorMs, firstMs, factor, capMs }: Backoff, attempt: number, chance: number): number =>
  floorMs + chance * Math.max(0, Math.min(capMs, firstMs * Math.min(factor ** attempt, Number.MAX_VALUE)) - floorMs)

/**
 * The wait before retry `attempt`, where the server may have said how long: never less than a floor that grows from `floorMs`
 * to `firstMs` with each retry.
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
