import { type Checks, withMethods } from '../core/check.js'
import type { ResultStream } from '../core/result.js'
import { type AbortSignalLike, waitChecks, type WaitOptions } from '../core/wait.js'
import type { RoomInfo } from '../rooms/membership.js'

/** Options of `connect`. All are optional. */
export interface ConnectOptions extends WaitOptions {
  /** A room to join as well. */
  readonly room?: Joinable | undefined
}

/** A room handle with any contract. */
export interface Joinable {
  readonly join: (options?: { readonly signal?: AbortSignalLike | undefined }) => ResultStream<RoomInfo>
}

export const connectChecks: Checks<keyof ConnectOptions> = {
  ...waitChecks,
  room: /*#__PURE__*/ withMethods('room: client.room(name, contract), the handle of a room', 'join'),
}
