/** The place of a reader in a table. */
export interface TablePlace {
  readonly epoch: string
  readonly version: number
}

/** A row on the wire: its key, the version that it made, and its value as a payload. */
export type RowFrame = readonly [key: string, version: number, value: unknown]

// ---- client to server

/** Views a table of a joined room: the difference from a place on, or all rows, and then each change. `none` ends that. */
export interface View {
  readonly t: 'view'
  readonly ch: number
  readonly of: string
  readonly view: 'all' | 'none'
  readonly from?: TablePlace
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
}

// ---- server to client

/** A page of all rows of a table of the room with that number. `more`: another page follows. */
export interface RowsFrame extends TablePlace {
  readonly t: 'rows'
  readonly number: number
  readonly of: string
  /** Counts the pages of one view, from 0. */
  readonly page: number
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
}

/** The row is as the `put` wants it; `version` is its version, 0 for a dropped one. */
export interface PutOk {
  readonly t: 'put.ok'
  readonly ch: number
  readonly version: number
}

/** A condition of the `put` failed: this row stays, or there is none. */
export interface Kept {
  readonly t: 'kept'
  readonly ch: number
  readonly row?: RowFrame
}

/** The frames of tables that servers send. */
export type TableFrame = RowsFrame | ChangeFrame | PutOk | Kept

/** The capability to serve tables. */
export const TABLES = 'tables'
