import type { Position } from '../core/position.js'

/** A message as subscribers get it. */
export interface Message<T> {
  readonly room: string
  readonly event: string
  /** The sender's id of the message; a repeated send keeps it. */
  readonly id: string
  /** Its place in the room's log; store it with your own state to continue after it. */
  readonly position: Position
  readonly from: { readonly user: string; readonly session: string }
  /** When the server logged it, in ms since 1970 by the server's clock. */
  readonly at: number
  /** Sent by this client. */
  readonly own: boolean
  /** Logged before the room was joined or joined again. */
  readonly recovered: boolean
  /** May have been offered before, in an earlier life of this client. */
  readonly redelivered: boolean
  /**
   * One object for all who get the message: do not change it. Where more than one subscription of a client gets it, its plain
   * objects and arrays are frozen; dates, maps and bytes are shared as they are.
   */
  readonly data: T
}
