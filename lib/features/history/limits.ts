/** The bounds of requests of earlier messages, and of caches. */
export interface HistoryLimits {
  /** Messages per request; the server may give fewer. Default 256. */
  readonly pageMessages: number
  /** Messages of a room held while the page before them is in flight; beyond, the room is read anew. Default 1 024. */
  readonly holdMessages: number
  /** Requests in flight at a time. Default 4. */
  readonly inFlight: number
  /** Waiting requests; beyond, they are refused. Default 1 000. */
  readonly waiting: number
  /** Approximate bytes of all rooms' caches together. Default 16 MiB. */
  readonly cacheBytes: number
}

export const defaultLimits: HistoryLimits = /*#__PURE__*/ Object.freeze({
  pageMessages: 256,
  holdMessages: 1_024,
  inFlight: 4,
  waiting: 1_000,
  cacheBytes: 16 * 1024 * 1024,
})
