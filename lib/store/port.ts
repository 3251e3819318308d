import type { ConfigError } from '../core/error.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Observable } from 'rxjs'

/** Whose data it is. What one owner stored is never shown to another. */
export interface Owner {
  /** The server's address, without a token. */
  readonly url: string
  readonly user: string
}

/** Names a partition: one client instance of an owner. */
export interface Scope extends Owner {
  readonly instance: string
}

/** One step of a batch: a text under a key, or, without a text, nothing under it any more. */
export interface Change {
  readonly key: string
  readonly text?: string
}

/**
 * Why a store did not do it.
 *
 * - `busy`: somebody else, who lives, holds the partition.
 * - `leased`: somebody else holds the partition, and nobody knows whether he lives: try again until `freeInMs` is over.
 * - `fenced`: the lease was lost, to another holder or to `erase`; nothing was written, unless it was lost within the call.
 * - `full`: there is no space left; nothing was written.
 * - `forbidden`: the platform does not allow it.
 * - `version`: it was written by a later version; it was left as it is.
 * - `failed`: anything else; what was to be written may or may not be there.
 */
export interface StoreFailure {
  readonly because: 'busy' | 'leased' | 'fenced' | 'full' | 'forbidden' | 'version' | 'failed'
  /** What the platform said, at most 200 characters, never anything stored. */
  readonly message: string
  /** With `leased`: how long until the partition is free at the latest if its holder does not live, in ms. */
  readonly freeInMs?: number
}

/** What a store answers: exactly one value, then completion. It never errors. */
export type Stored<T> = Observable<Either<StoreFailure, T>>

/**
 * Texts under keys for one scope, held under an exclusive lease. Acts start at the call, in order; what they answer is
 * replayed to whoever subscribes later.
 */
export interface Partition {
  readonly scope: Scope
  /** Higher with each opening of this scope: fences what earlier holders do elsewhere. */
  readonly token: number
  /** What was there at the opening. */
  readonly records: ReadonlyMap<string, string>
  /** What was damaged and is set aside: where it is now. It is in `records` no more. */
  readonly damaged: readonly string[]
  /** All of the changes or none. `Right` once they are as durable as the store makes them. */
  readonly write: (changes: readonly Change[]) => Stored<void>
  /** Emits once when the lease is known to be lost, before any answer `fenced`, and completes then or at `close`. */
  readonly lost$: Observable<void>
  /** Faults that no call has met, for example files that were removed and are there again. */
  readonly faults$?: Observable<StoreFailure>
  /** Gives the lease back after what was written before. What is stored stays for the next holder. */
  readonly close: () => Stored<void>
  /** Erases the partition and gives the lease back. */
  readonly discard: () => Stored<void>
}

/** Why a partition is opened: to be this client's from now on, or to see what was left there. Default `own`. */
export type Purpose = 'own' | 'heir'

/** Keeps texts beyond a page or process. Every act starts at the call. */
export interface Store {
  /** An invalid option of the store: a client that is given it is closed with it. */
  readonly fault?: ConfigError | undefined
  /** Clients of one owner are expected to run side by side, a partition each, as the tabs of a browser do. Default `false`. */
  readonly isSideBySide?: boolean
  /**
   * The instances of an owner that have a partition, held or not, the one opened as `own` last first; before those, where
   * the platform tells pages apart, the one that this page had before it was loaded anew.
   */
  readonly list: (owner: Owner) => Stored<readonly string[]>
  /** Takes the lease of a partition, which is made if there is none. */
  readonly open: (scope: Scope, purpose?: Purpose) => Stored<Partition>
  /** Erases every partition of an owner, held or not: whoever holds one is fenced. */
  readonly erase: (owner: Owner) => Stored<void>
}
