import type { Pending } from './page.js'
import type { Gap, Position } from '../../core/position.js'
import type { IncomingMessage } from '../../rooms/sink.js'

/** The state of a subscription that catches up with its room. */
export type Progress =
  /** The room has no position yet. */
  | { readonly _tag: 'Pending' }
  /** A page is in flight; `held` arrived live after `since`, as long as there was room for it. */
  | {
      readonly _tag: 'Reading'
      readonly cursor: Position
      readonly since: number
      held: (IncomingMessage | Gap)[] | undefined
      page?: Pending
    }
  /** The start position is being stored; `held` arrived since, as long as there was room for it. */
  | { readonly _tag: 'Anchoring'; readonly cursor: Position; held: (IncomingMessage | Gap)[] | undefined }
  /** Messages up to `until` are known, and may have been offered: they are dropped, or offered as redelivered. */
  | { readonly _tag: 'Passing'; readonly until: number; readonly drops: boolean }
  /** The subscription is full; it reads the messages after the cursor when it accepts messages again. */
  | { readonly _tag: 'Paused'; readonly cursor: Position }
  | { readonly _tag: 'Over' }

export type Reading = Extract<Progress, { readonly _tag: 'Reading' }>

/** The mutable state of one catch-up. */
export interface CatchUpState {
  progress: Progress
  /** True while messages that the server no longer has do not count as missing. */
  isLenient: boolean
}
