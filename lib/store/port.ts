import type { ConfigError } from '../core/error.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Observable } from 'rxjs'

/** The owner of data. One owner's data is never shown to another. */
export interface Owner {
  /** The server's address, without a token. */
  readonly url: string
  readonly user: string
}

/** Identifies a partition: one client instance of an owner. */
export interface Scope extends Owner {
  readonly instance: string
}

/** One step of a batch: sets the text of a key, or, without a text, removes the key. */
export interface Change {
  readonly key: string
  readonly text?: string
}

/**
 * The reason for a store's failure.
 *
 * - `busy`: another live client holds the partition.
 * - `leased`: another client holds the partition, and may be dead: try again until `freeInMs` is over.
 * - `fenced`: the lease was lost, to another holder or to `erase`; nothing was written, unless it was lost within the
 *   call.
 * - `full`: there is no space left; nothing was written.
 * - `forbidden`: the platform does not allow it.
 * - `version`: a later version wrote the data; it was left unchanged.
 * - `failed`: anything else; the write may or may not have taken effect.
 */
export interface StoreFailure {
  readonly because: 'busy' | 'leased' | 'fenced' | 'full' | 'forbidden' | 'version' | 'failed'
  /** The platform's message, at most 200 characters, without stored data. */
  readonly message: string
  /** With `leased`: the longest time, in ms, until the partition is free if its holder is dead. */
  readonly freeInMs?: number
}

/** A store's answer: exactly one value, then completion. It never errors. */
export type Stored<T> = Observable<Either<StoreFailure, T>>

/**
 * Texts under keys for one scope, held under an exclusive lease. Acts start at the call, in order; later subscribers
 * get a replay of their answers.
 */
export interface Partition {
  readonly scope: Scope
  /** Higher with each opening of this scope: a fencing token against earlier holders elsewhere. */
  readonly token: number
  /** The records at the opening. */
  readonly records: ReadonlyMap<string, string>
  /** The places of damaged data that was set aside. `records` does not include it. */
  readonly damaged: readonly string[]
  /** Writes all of the changes or none. `Right` once they are as durable as the store makes them. */
  readonly write: (changes: readonly Change[]) => Stored<void>
  /** Emits once when the lease is known to be lost, before any answer `fenced`, and completes then or at `close`. */
  readonly lost$: Observable<void>
  /** Faults outside of calls, for example files that were removed and are there again. */
  readonly faults$?: Observable<StoreFailure>
  /** Gives the lease back after earlier writes. Stored data stays for the next holder. */
  readonly close: () => Stored<void>
  /** Erases the partition and gives the lease back. */
  readonly discard: () => Stored<void>
}

/** The reason to open a partition: to own it from now on, or to inherit its remaining data. Default `own`. */
export type Purpose = 'own' | 'heir'

/** Keeps texts beyond a page or process. Every act starts at the call. */
export interface Store {
  /** An invalid option of the store; it closes the client that uses the store. */
  readonly fault?: ConfigError | undefined
  /** True if clients of one owner run side by side, a partition each, as the tabs of a browser do. Default `false`. */
  readonly isSideBySide?: boolean
  /**
   * Lists the instances of an owner that have a partition, held or not, the one last opened as `own` first; before
   * those, on platforms that tell pages apart, the one that this page had before its reload.
   */
  readonly list: (owner: Owner) => Stored<readonly string[]>
  /** Takes the lease of a partition; makes the partition if absent. */
  readonly open: (scope: Scope, purpose?: Purpose) => Stored<Partition>
  /** Erases every partition of an owner, held or not, and fences their holders. */
  readonly erase: (owner: Owner) => Stored<void>
}
