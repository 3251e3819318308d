import type { Observable } from 'rxjs'
import type { Deadlines } from './deadlines.js'
import type { ConfigError } from './error.js'

/** Permits the retries of a client: of token requests, attempts to connect, joins and calls. Call in a turn. */
export interface Retries {
  /**
   * Emits once, after the time, as soon as the retry is permitted, in order of the times. `held` is emitted before, if
   * it is given and the retry has to wait.
   */
  readonly permitted: (time$: Observable<unknown>, held?: unknown) => Observable<unknown>
  /** Something succeeded; `wasRetry`: after it was permitted here. */
  readonly succeeded: (wasRetry: boolean) => void
}

/** The parts of a client that a limit of retries works with. */
export interface RetryNeeds {
  readonly deadlines: Deadlines
  readonly random: () => number
  /** Counts the retries that had to wait. */
  readonly counters: { retriesHeld: number }
}

/** A limit of all retries of a client: a value that brings its own code, `retryBudget()`. */
export interface RetryLimit {
  readonly _tag: string
  /** The fault of its options: the client is closed. */
  readonly fault?: ConfigError | undefined
  /** Makes the permits of one client. */
  readonly begin: (needs: RetryNeeds) => Retries
}

/** Permits every retry at its time: the delay of each is the only limit. */
export const unlimited: Retries = {
  permitted: (time$) => time$,
  succeeded: () => undefined,
}
