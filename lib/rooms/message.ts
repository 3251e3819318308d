import type { Position } from '../core/position.js'

/** A message in the subscribers' form. */
export interface Message<T> {
  readonly room: string
  readonly event: string
  /** The sender's id of the message; a repeated send keeps it. */
  readonly id: string
  /** Its place in the room's log; store it with your own state to continue after it. */
  readonly position: Position
  readonly from: { readonly user: string; readonly session: string }
  /** The time at which the server logged it, in ms since 1970 by the server's clock. */
  readonly at: number
  /** Sent by this client. */
  readonly own: boolean
  /** Logged before the room was joined or joined again. */
  readonly recovered: boolean
  /** An earlier run of this client may have offered it before. */
  readonly redelivered: boolean
  /**
   * One object for all subscribers of the message: do not change it. If more than one subscription of a client receives
   * it, its plain objects and arrays are frozen; dates, maps and bytes are shared unfrozen.
   */
  readonly data: T
}
