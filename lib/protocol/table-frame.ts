import type { Where } from './listed-room.js'

/** The place of a reader in a table. */
export interface TablePlace {
  readonly epoch: string
  readonly version: number
}

/**
 * A row on the wire: its key, a number, and its value as a payload. The number is the version that the row made; of
 * `members`, the offset of the room's log at the join. A member that is expected to leave has the ms until then, too.
 */
export type RowFrame = readonly [key: string, number: number, value: unknown, leavingInMs?: number]

/** The part of a table that a client views; `count` is the number of its rows alone. */
export type ViewWord = 'none' | 'all' | 'count' | 'page' | 'only'

// ---- client to server

/** Views a table of a joined room: the difference from a place on, or all rows, and then each change. `none` ends that. */
export interface View {
  readonly t: 'view'
  readonly ch: number
  readonly of: string
  readonly view: ViewWord
  /** The number of this view, higher than those before on the link. Default 0. */
  readonly n?: number
  readonly from?: TablePlace
  /** Of `page`: the rows after this key, in the order of the keys. */
  readonly after?: string
  /** Of `page`: the most rows. */
  readonly limit?: number
  /** Of the directory: the beginning of the names of rooms, and values of their listed metadata. */
  readonly prefix?: string
  readonly where?: Where
  /** Of `only`: the names of the rows, in `members` those of users. */
  readonly names?: readonly string[]
}

/** Says that this client ends the link on purpose, and does not come back to it. */
export interface Quit {
  readonly t: 'quit'
}

/** Puts a row of a table of a room, under a number of its own; without a value drops it. */
export interface Put {
  readonly t: 'put'
  readonly ch: number
  readonly room: string
  readonly of: string
  readonly key: string
  readonly value?: unknown
  /** Only where there is no such row. */
  readonly ifNew?: boolean
  /** Only where the row has this version; 0: where there is none. */
  readonly ifVersion?: number
  /** Only where the present leader of the room has this term. */
  readonly term?: number
}

// ---- server to client

/** A page of all rows of a table of the room with that number. `more`: another page follows. */
export interface RowsFrame extends TablePlace {
  readonly t: 'rows'
  readonly number: number
  readonly of: string
  /** The number of the view. */
  readonly view: number
  /** Counts the pages of one view, from 0. */
  readonly page: number
  /** With the first of several pages of `members`: all rows, and their names. */
  readonly total?: Counts
  readonly rows: readonly RowFrame[]
  readonly more: boolean
}

/** The difference between two versions of a table: each key once. */
export interface ChangeFrame extends TablePlace {
  readonly t: 'change'
  readonly number: number
  readonly of: string
  readonly prev: number
  readonly put: readonly RowFrame[]
  readonly drop: readonly (readonly [key: string, cause: string])[]
  /** Another part of the same difference follows. */
  readonly more?: boolean
}

/** The number of rows of a table, and of their names, in `members` the users. */
export interface Counts {
  readonly rows: number
  readonly names: number
}

/** The counts of a table. They take the place of all rows in a view of too many. */
export interface CountFrame extends Counts {
  readonly t: 'count'
  readonly number: number
  readonly of: string
  /** The number of the view. */
  readonly view: number
}

/** The row is as the `put` wants it; `version` is its version, 0 for a dropped one. */
export interface PutOk {
  readonly t: 'put.ok'
  readonly ch: number
  readonly version: number
  /** The result of an order that has one, such as an invitation. */
  readonly value?: unknown
}

/** A condition of the `put` failed: this row stays, or there is none. */
export interface Kept {
  readonly t: 'kept'
  readonly ch: number
  readonly row?: RowFrame
}

/** The frames of tables that servers send. */
export type TableFrame = RowsFrame | ChangeFrame | CountFrame | PutOk | Kept

/** The capability to serve tables. */
export const TABLES = 'tables'
