import type { CallFrame, Refusal } from '../../protocol/frame.js'
import type { MembershipEnd } from '../tables/member-row.js'
import type { Worker } from '../worker.js'
import type { Outcome } from './outcome.js'

/** A running call, as its link sees it. */
export interface Held extends Worker {
  /** The client allows the replies up to `upTo`, and has those up to `seen`. */
  readonly credit: (upTo: number, seen: number) => void
  /** The permission to make the call may be another one. */
  readonly recheck: () => void
  /** The link of this place has ended. */
  readonly lose: (how: MembershipEnd, place: CallPlace) => void
}

/** The link that waits for the answer of a call. */
export interface CallPlace {
  readonly frame: CallFrame
  /** True where a newer link speaks for the client. */
  readonly isFenced: () => boolean
  /** Writes the only answer of a call, ahead of data. */
  readonly answer: (outcome: Outcome) => void
  /** Writes a reply of a stream, in order. */
  readonly write: (outcome: Outcome) => void
  /** Returns true where the connection has room for replies of streams. */
  readonly hasRoom: () => boolean
  /** Checks again if the client may make the call. Calls `then` with the reason why not, if there is one. */
  readonly judge: (then: (because: Refusal | undefined) => void) => void
  /** The call runs. */
  readonly hold: (running: Held) => void
  /** The call has replies to write. */
  readonly wake: () => void
  /** The call is over, or goes on with another link. */
  readonly left: () => void
}
