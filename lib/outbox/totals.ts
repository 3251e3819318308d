import type { WebSocketError } from '../core/error.js'

/** The contents of an outbox, and counters of its messages. */
export interface Totals {
  entries: number
  bytes: number
  inFlightBytes: number
  readonly fates: Record<Fate | DropReason, number>
  /** Called for each undelivered message; set by the part that counts them by cause. */
  lost?: (because: WebSocketError) => void
}

/** The results of messages: queued; settled with a receipt; settled with a `Left`. */
export type Fate = 'sent' | 'acknowledged' | 'undelivered'

/**
 * The reasons for undelivered messages: withdrawn by the caller; no room; given up for a newer message; replaced by one
 * under the same key; poison, as the only message in flight when its data closed links.
 */
export type DropReason = 'withdrawn' | 'rejected' | 'dropped' | 'superseded' | 'quarantined'

export const totals = (): Totals => ({
  entries: 0,
  bytes: 0,
  inFlightBytes: 0,
  fates: {
    sent: 0,
    acknowledged: 0,
    undelivered: 0,
    withdrawn: 0,
    rejected: 0,
    dropped: 0,
    superseded: 0,
    quarantined: 0,
  },
})
