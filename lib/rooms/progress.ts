import type { Pending } from '../history/pages.js'
import type { Gap, Position } from '../core/position.js'
import type { Arrival } from './sink.js'

/** The state of a subscription that catches up with its room. */
export type Progress =
  /** The room has no position yet. */
  | { readonly _tag: 'Pending' }
  /** A page is on its way; `held` came live after `since`, as long as there was room for it. */
  | {
      readonly _tag: 'Reading'
      readonly cursor: Position
      readonly since: number
      held: (Arrival | Gap)[] | undefined
      page?: Pending
    }
  /** The place where it starts is being stored; `held` came since, as long as there was room for it. */
  | { readonly _tag: 'Anchoring'; readonly cursor: Position; held: (Arrival | Gap)[] | undefined }
  /** What follows is known of, and may have been offered: to be dropped, or offered as such. */
  | { readonly _tag: 'Passing'; readonly until: number; readonly drops: boolean }
  /** The subscription is full; what follows the cursor is read when it takes messages again. */
  | { readonly _tag: 'Paused'; readonly cursor: Position }
  | { readonly _tag: 'Over' }

export type Reading = Extract<Progress, { readonly _tag: 'Reading' }>
