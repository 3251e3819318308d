import { type Checks, given, oneOf } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { From } from '../protocol/frame.js'

/** Starts after the position that the client's store holds for the room. */
export interface Stored {
  readonly _tag: 'Stored'
  readonly commit: 'auto' | 'manual'
  /** The fault of its options: each subscription answers it. */
  readonly fault?: ConfigError | undefined
}

/** The start of a subscription. */
export type Start = 'live' | Stored | From

/** Options of `stored`. */
export interface StoredOptions {
  /**
   * The commit mode. `'auto'` (default): a message counts as consumed once it was offered. `'manual'`: once
   * `room.commit(position)` covers it; the next subscription receives the uncommitted messages again, marked as
   * `redelivered`.
   */
  readonly commit?: 'auto' | 'manual' | undefined
}

export const storedChecks: Checks<keyof StoredOptions> = { commit: /*#__PURE__*/ oneOf('auto', 'manual') }

/**
 * Starts after the position that this client's store holds for the room, which such subscriptions move forward, from
 * one run of the client to the next. Without a stored position for the room: with the next message. Needs the options
 * `store` and `identity`; without them positions end with the client, which is reported as a fault.
 */
export const stored = (options?: StoredOptions): Stored => {
  const { fault, options: { commit = 'auto' } } = given(options, storedChecks) // prettier-ignore
  return { _tag: 'Stored', commit, ...(fault && { fault }) }
}

/** Starts with so many earlier messages of the room, of any event, as far as the server has them. */
export const last = (count: number): From => ({ last: count })

/** Starts after a position; messages that the server no longer has are a gap. */
export const after = (position: Position): From => position

/** Starts with the oldest message that the server has. */
export const beginning = (): From => ({ last: Number.MAX_SAFE_INTEGER })

export const isStored = (start: unknown): start is Stored =>
  typeof start === 'object' && start !== null && '_tag' in start && start._tag === 'Stored'
