import type { Observable } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Sender } from '../../protocol/frame.js'
import type { Answer, EngineFailure } from '../answer.js'

/** Names a table of an engine: what it is of, and its room. A table of the server has an empty room. */
export interface TableId {
  readonly of: string
  readonly room: string
}

/** A row of a table. */
export interface Row {
  readonly key: string
  /** The value as JSON text. */
  readonly value: string
  /** The generation of its writer: a writer with a lower one neither changes nor drops the row. */
  readonly generation: number
  /** The version of the table that this row made. */
  readonly version: number
  /** Given by the put that made the row, and kept by later ones. */
  readonly since: number
  /** The lease that the row needs: without it the row is dropped. */
  readonly lease?: string
}

/** The reason for the end of a row, for those who watch it. */
export type Cause = string

/**
 * Puts a row, unless a condition fails. A put with the value that the row has changes its generation and its lease, but
 * neither the version nor what followers see.
 */
export interface Put {
  readonly _tag: 'Put'
  readonly key: string
  readonly value: string
  /** Default: that of the row, or 0. */
  readonly generation?: number
  readonly lease?: string
  /** Kept with the row from its first put on. Default 0. */
  readonly since?: number
  /** Only where there is no such row. */
  readonly ifNew?: boolean
  /** Only where the row has this version; 0: where there is none. */
  readonly ifVersion?: number
  /** Only where the table has fewer names than this, or has the name of the row. A name is the part of a key before its last line break. */
  readonly ifFewer?: number
  /** Only where another row of the table has this version. */
  readonly ifRow?: { readonly key: string; readonly version: number }
  /** Only where the present leader of the room has this term. */
  readonly ifTerm?: number
  /** The sender of a write with `ifTerm`: only where it is the present leader. Default: anybody. */
  readonly from?: Sender
}

/** Drops a row, unless a condition fails. */
export interface Drop {
  readonly _tag: 'Drop'
  readonly key: string
  readonly cause: Cause
  /** Default: any. */
  readonly generation?: number
  readonly ifVersion?: number
  /** Only where the row still needs this lease. */
  readonly ifLease?: string
  /** Only where the present leader of the room has this term. */
  readonly ifTerm?: number
  /** The sender of a write with `ifTerm`: only where it is the present leader. Default: anybody. */
  readonly from?: Sender
}

export type Write = Put | Drop

/** The outcome of a write. */
export type WriteOutcome =
  /** The row is as the write wants it: now, or it was before. `version` is the version of the row, 0 for none. */
  | { readonly _tag: 'Written'; readonly version: number }
  /** A condition failed: this row stays, or there is none. */
  | { readonly _tag: 'Kept'; readonly row: Row | undefined }
  /** The present leader of the room has another term, or there is none. */
  | { readonly _tag: 'Fenced'; readonly term: number | undefined }
  /** The table has no place for another row, or for so long a value. */
  | { readonly _tag: 'Full' }

/** A row that was dropped. */
export interface Dropped {
  readonly key: string
  readonly cause: Cause
}

/** The place of a reader in a table. */
export interface TablePosition {
  readonly epoch: string
  readonly version: number
}

/** A remembered change: the key of the row, and the cause if the row was dropped. */
export interface Change {
  readonly key: string
  /** The version that it made, or a later one. */
  readonly version: number
  readonly cause?: Cause
  /** There was no such row before. */
  readonly isNew?: boolean
  readonly time: number
}

/** The whole table, at once. */
export interface Rows extends TablePosition {
  readonly _tag: 'Rows'
  readonly rows: readonly Row[]
  /** All changes after the version `base` that the engine remembers, the oldest first. */
  readonly changes: readonly Change[]
  readonly base: number
}

/** The difference between two versions: each key once, with its state at the end. */
export interface Changes extends TablePosition {
  readonly _tag: 'Changes'
  /** The version before. */
  readonly prev: number
  readonly puts: readonly Row[]
  readonly drops: readonly Dropped[]
}

/**
 * The items of the feed of a table. The first is `Changes` from the requested version, without any where nothing has
 * changed, or else `Rows`. Then each item is `Changes` from the version before, or `Rows` where the changes are lost.
 */
export type TableFeed = Rows | Changes

/** A part of a table, in the order of its keys. */
export interface TablePage {
  readonly rows: readonly Row[]
  /** More rows follow after the last one. */
  readonly more: boolean
}

/** The part of a table to read: the keys with this prefix, after this key. */
export interface PageRange {
  readonly prefix?: string
  readonly after?: string
  readonly count: number
}

/**
 * The tables of an engine: rows by key, with a version and a memory of the latest changes. A table exists while it has
 * rows or followers.
 */
export interface Tables {
  /** Decides writes to one table in order, in one atomic step. Tells no follower before the change has its durability. */
  readonly write: (id: TableId, writes: readonly Write[]) => Answer<readonly WriteOutcome[]>
  /** Follows a table from a position on. Stays open until unsubscribed. */
  readonly follow: (id: TableId, from?: TablePosition) => Observable<Either<EngineFailure, TableFeed>>
  readonly page: (id: TableId, range: PageRange) => Answer<TablePage>
  /**
   * Renews a lease for so many milliseconds from now, and drops the rows of each lease whose time is over, with the
   * cause `node`. A row without a known lease is dropped too. A lease of 0 ms ends at once. Answers true if the lease was
   * in force until now: otherwise its rows may be gone.
   */
  readonly lease: (lease: string, forMs: number) => Answer<boolean>
}
