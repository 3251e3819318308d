import type { ConnectionState } from '../../connection/model.js'
import type { RoundTrip } from './round-trip.js'

/**
 * The state of the connection, by its consequence:
 *
 * - `offline`: there is no connection, and none is tried before `connect()` or the first need.
 * - `connecting`: there is none at present; the client tries by itself, or goes on when the page is shown again.
 * - `good`: the server answers.
 * - `slow`: it answers, and round trips take a second or longer. Send and show less.
 * - `degraded`: it owes an answer. The connection may be dead, and the client will say so in some seconds: show that
 *   figures may be old.
 */
export type HealthState = 'offline' | 'connecting' | 'good' | 'slow' | 'degraded'

/** The health of the connection of a client. Times are in ms on the scheduler's monotonic clock. */
export interface Health {
  readonly state: HealthState
  /** The measured round trips; `undefined` before the first. */
  readonly roundTrip: RoundTrip | undefined
  /** The time of the last frame from the server; `undefined` before the first connection. */
  readonly heardAt: number | undefined
  /** The age of that frame when the value was emitted, in ms. */
  readonly silentMs: number | undefined
  /** The bytes that wait: messages without a receipt, and data that the network has not taken from the socket. */
  readonly waitingBytes: { readonly outbox: number; readonly socket: number }
}

/** The state of a connection that is online. */
export type Verdict = 'good' | 'slow' | 'degraded'

export const stateOf = ({ _tag }: ConnectionState, verdict: Verdict): HealthState => {
  if (_tag === 'Online') return verdict
  return _tag === 'Idle' || _tag === 'Stopped' || _tag === 'Closed' ? 'offline' : 'connecting'
}

/** True where the kernel doubts that the link is alive. */
export const isDoubted = (state: ConnectionState): boolean => state._tag === 'Online' && state.quality === 'degraded'

/** The smoothed round trip of a slow connection, in ms, and the share of it below which it is good again. */
const slowMs = 1_000
const goodAgain = 0.75

/** Returns the state of a connection whose server answers. */
export const answering = (roundTrip: RoundTrip | undefined, before: Verdict): Verdict =>
  (roundTrip?.smoothedMs ?? 0) >= (before === 'slow' ? goodAgain : 1) * slowMs ? 'slow' : 'good'
