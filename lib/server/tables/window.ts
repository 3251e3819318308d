import type { View } from '../../protocol/frame.js'
import type { Row } from './model.js'
import type { Table } from './table.js'

/** The part of a table that views of one page, or of some names, show: all viewers of one part share it. */
export interface Window {
  readonly rows: ReadonlyMap<string, Row>
  /** The version of the table in which the rows became these. */
  readonly version: number
  /** The rows before, and their version. */
  readonly before: { readonly rows: ReadonlyMap<string, Row>; readonly version: number } | undefined
}

/** The windows of a table. */
export interface Windows {
  /** Returns the window of a view in the present table. `select` returns its rows. */
  readonly of: (view: View, table: Table, select: () => readonly Row[]) => Window
  /** The table has changed: forgets windows that nobody has used since the change before. */
  readonly changed: () => void
}

interface Known {
  window: Window
  /** The version of the table for which the rows were last selected. */
  checked: number
  epoch: string
  isUsed: boolean
}

/** The most windows of a table: viewers of more get the rows of their part with each change. */
const mostWindows = 64

export const windows = (): Windows => {
  const all = new Map<string, Known>()

  return {
    of: ({ view, after = '', limit = 0, names = [] }, { epoch, version }, select) => {
      const key = JSON.stringify([view, after, limit, names])
      const known = all.get(key)
      if (known?.epoch === epoch) {
        known.isUsed = true
        if (known.checked !== version) {
          known.checked = version
          known.window = next(known.window, rowsBy(select()), version)
        }
        return known.window
      }
      const window: Window = { rows: rowsBy(select()), version, before: undefined }
      all.delete(key)
      all.set(key, { window, checked: version, epoch, isUsed: true })
      const [oldest] = all.keys()
      if (all.size > mostWindows && oldest !== undefined) all.delete(oldest)
      return window
    },
    changed: () => {
      for (const [key, known] of all) {
        if (known.isUsed) known.isUsed = false
        else all.delete(key)
      }
    },
  }
}

const rowsBy = (rows: readonly Row[]): ReadonlyMap<string, Row> => new Map(rows.map((row) => [row.key, row]))

/** Returns the window after a change of the table: the same one where its rows are the same. */
const next = (window: Window, rows: ReadonlyMap<string, Row>, version: number): Window => {
  const { rows: before } = window
  const isSame = rows.size === before.size && [...rows].every(([key, row]) => before.get(key) === row)
  return isSame ? window : { rows, version, before: { rows: before, version: window.version } }
}
