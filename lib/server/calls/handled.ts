import type { CallType } from '../../contract/call-type.js'
import type { CallKind } from '../../protocol/frame.js'

/** The client that calls, and its call. */
export interface Caller {
  /** The id of the call: the same in each repetition. */
  readonly id: string
  /** The name of the call. */
  readonly name: string
  readonly kind: CallKind
  readonly user: string
  /** The public id of the session. */
  readonly session: string
  readonly roles: readonly string[]
  /** The time for the answer, of a stream for the first one, in ms. */
  readonly withinMs: number
}

/** The client that calls something in a room. */
export interface RoomCaller extends Caller {
  readonly room: string
}

/** A call that the application answers. */
export interface Handled {
  readonly name: string
  readonly type: CallType
  readonly run: (input: unknown, caller: Caller) => unknown
}
