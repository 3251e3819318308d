import type { Data } from '../../core/ports.js'
import type { Codec, Sized } from '../../protocol/codec.js'
import { bounds } from '../../protocol/frame.js'
import { changeFrames, encoded, type FrameRow, rowsFrames, type TableAddress } from './frames.js'
import { nameOf, type TableKind } from './kinds.js'
import type { Row, TablePosition } from './model.js'
import { byKey } from './page.js'
import { emptyTable, since, type Table } from './table.js'

/** The rows of a table for its viewers: viewers with one codec at the same version share the encoded frames. */
export interface TableSource {
  readonly kind: TableKind
  readonly table: () => Table | undefined
  readonly frame: FrameRow
  /** True where the table has too many rows for views of all. */
  readonly isLarge: () => boolean
  readonly counts: () => { readonly rows: number; readonly names: number }
  /** Returns the encoded frame of the counts. */
  readonly counted: (codec: Codec, to: TableAddress) => Sized<Data>
  /** Returns the function that plans the frames of a view of all rows. */
  readonly planner: (
    codec: Codec,
    to: TableAddress,
  ) => (
    table: Table,
    at: TablePosition | undefined,
  ) => { readonly frames: readonly Sized<Data>[]; readonly to: TablePosition }
  /** Returns the rows after a key, in the order of the keys. */
  readonly page: (after: string | undefined, limit: number | undefined) => readonly Row[]
  /** Returns the rows with these names. */
  readonly named: (names: readonly string[]) => readonly Row[]
  /** Returns the cause why a row is not there, or `view` where it is. */
  readonly causeOf: (key: string) => string
  /** Forgets what was computed for an earlier state of the table. */
  readonly changed: () => void
}

const defaultPageRows = 50

/** The share of the most rows, below which a large table is no longer large: a table at the bound must not flap. */
const hysteresis = 0.9

/** A difference without rows is sent after so many versions, so that a viewer does not fall out of the remembered changes. */
const mostSilent = 512

/** Creates the source of a table; `wall` is the clock of the rows. */
export const tableSource = (kind: TableKind, table: () => Table | undefined, wall: () => number): TableSource => {
  let isLarge = false
  let computedAt = 0
  /** Encoded frames by codec, then by the position before; empty: all rows. */
  let known = new Map<Codec, Map<string, readonly Sized<Data>[]>>()
  let sorted: readonly Row[] | undefined
  let byName: ReadonlyMap<string, readonly Row[]> | undefined

  const rowsOf = (): Iterable<Row> => table()?.rows.values() ?? []
  const frame: FrameRow = (row) => kind.frame(row, wall())
  const names = (): ReadonlyMap<string, readonly Row[]> => {
    if (byName) return byName
    const all = new Map<string, Row[]>()
    for (const row of rowsOf()) {
      const name = nameOf(row.key)
      const others = all.get(name)
      if (others) others.push(row)
      else all.set(name, [row])
    }
    byName = all
    return all
  }
  const counts = (): ReturnType<TableSource['counts']> => ({ rows: table()?.rows.size ?? 0, names: names().size })
  /** Returns known frames, or makes them. Frames with a remaining time hold for one moment. */
  const shared = (codec: Codec, key: string, make: () => readonly Sized<Data>[]): readonly Sized<Data>[] => {
    if (computedAt !== wall()) known = new Map()
    computedAt = wall()
    const frames = known.get(codec) ?? new Map<string, readonly Sized<Data>[]>()
    known.set(codec, frames)
    const made = frames.get(key) ?? make()
    frames.set(key, made)
    return made
  }
  return {
    kind,
    table,
    frame,
    counts,
    isLarge: () => {
      const rows = table()?.rows.size ?? 0
      isLarge = rows > (isLarge ? kind.mostRows * hysteresis : kind.mostRows)
      return isLarge
    },
    counted: (codec, to) => {
      const [one] = shared(codec, 'count', () => encoded(codec, [{ t: 'count', ...to, ...counts() }]))
      return one as Sized<Data>
    },
    planner: (codec, to) => (of, at) => {
      const item = since(of, at)
      const { epoch, version } = item
      const position = { epoch, version }
      if (item._tag === 'Rows')
        return {
          frames: shared(codec, '', () => encoded(codec, rowsFrames(to, position, item.rows, frame))),
          to: position,
        }
      const isSilent = item.puts.length + item.drops.length === 0 && version - item.prev < mostSilent
      if (isSilent && at) return { frames: [], to: at }
      return {
        frames: shared(codec, String(item.prev), () => encoded(codec, changeFrames(to, position, item, frame))),
        to: position,
      }
    },
    page: (after, limit = defaultPageRows) => {
      sorted ??= [...rowsOf()].sort(byKey)
      const first = after === undefined ? 0 : sorted.findIndex(({ key }) => key > after)
      return first < 0 ? [] : sorted.slice(first, first + Math.min(limit, bounds.viewRows))
    },
    named: (wanted) => [...new Set(wanted)].flatMap((name) => names().get(name) ?? []),
    causeOf: (key) => {
      const { rows, changes } = table() ?? emptyTable('')
      if (rows.has(key)) return 'view'
      return changes.filter((change) => change.key === key).at(-1)?.cause ?? 'reconcile'
    },
    changed: () => {
      known = new Map()
      sorted = byName = undefined
    },
  }
}
