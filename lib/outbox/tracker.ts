import type { Posted } from './journal.js'
import type { Held, Kept } from './message.js'

/** Tracks stored messages, and allows their writes. Call in a turn. */
export interface PersistenceTracker {
  /** Stores a queued message, if it was posted; with a link, as one that may be written there from now on. */
  readonly keep: (held: Held, link?: TrackedLink) => void
  /** True if the journal allows a write of the message on this link. */
  readonly isReady: (held: Held, link: TrackedLink) => boolean
  readonly forget: (held: Held) => void
  /** The state of a message from an earlier run. */
  readonly adopted: (posted: Posted) => Kept | undefined
}

/** A link, identified by its server's `lanes` id. */
export interface TrackedLink {
  readonly lanes?: string
}

export interface TrackerNeeds {
  readonly now: () => number
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

/** Makes the tracker of an outbox: a value that brings its own code. */
export type Track = (needs: TrackerNeeds) => PersistenceTracker

/** The tracker of an outbox without a journal. */
export const untracked: PersistenceTracker = {
  keep: () => undefined,
  isReady: () => true,
  forget: () => undefined,
  adopted: () => undefined,
}
