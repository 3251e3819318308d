import { type Checks, given, oneOf } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { From } from '../protocol/frame.js'

/** Starts after the position that the client's store holds for the room. */
export interface Stored {
  readonly _tag: 'Stored'
  readonly commit: 'auto' | 'manual'
  /** The misfit of its options: each subscription answers it. */
  readonly fault?: ConfigError | undefined
}

/** Where a subscription starts. */
export type Start = 'live' | Stored | From

/** Options of `stored`. */
export interface StoredOptions {
  /**
   * `'auto'` (default): a message counts as consumed when it was offered. `'manual'`: when `room.commit(position)` says so;
   * what was offered and not committed is offered again by the next subscription, marked as `redelivered`.
   */
  readonly commit?: 'auto' | 'manual' | undefined
}

export const storedChecks: Checks<keyof StoredOptions> = { commit: /*#__PURE__*/ oneOf('auto', 'manual') }

/**
 * Starts after the position that this client's store holds for the room, which such subscriptions move forward, from one
 * run of the client to the next. Where the store knows nothing of the room: with what comes next. Needs the options `store`
 * and `identity`; without them positions end with the client, which is reported as a fault.
 */
export const stored = (options?: StoredOptions): Stored => {
  const { fault, options: { commit = 'auto' } } = given(options, storedChecks) // prettier-ignore
  return { _tag: 'Stored', commit, ...(fault && { fault }) }
}

/** Starts with so many earlier messages of the room, of whatever event, as far as the server has them. */
export const last = (count: number): From => ({ last: count })

/** Starts after a position; what the server no longer has is a gap. */
export const after = (position: Position): From => position

/** Starts with the oldest message that the server has. */
export const beginning = (): From => ({ last: Number.MAX_SAFE_INTEGER })

export const isStored = (start: unknown): start is Stored =>
  typeof start === 'object' && start !== null && '_tag' in start && start._tag === 'Stored'
