import type { Message } from './message.js'

/** Tracks stored messages, and allows their writes: a value that brings its own code. Call in a turn. */
export interface PersistenceTracker {
  /** Stores a queued message, if it was posted; with a link, as one that may be written there from now on. */
  readonly keep: (message: Message, link?: TrackedLink) => void
  /** True if the journal allows a write of the message on this link. */
  readonly isReady: (message: Message, link: TrackedLink) => boolean
  readonly forget: (message: Message) => void
}

/** A link, identified by its server's `lanes` id. */
export interface TrackedLink {
  readonly lanes?: string
}
