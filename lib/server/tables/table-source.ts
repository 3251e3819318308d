import type { Data } from '../../core/ports.js'
import type { Codec, Sized } from '../../protocol/codec.js'
import type { Counts, View } from '../../protocol/frame.js'
import { changeFrames, type Difference, encoded, type FrameRow, rowsFrames, type TableAddress } from './frames.js'
import type { TableKind } from './kinds.js'
import type { Row, TablePosition } from './model.js'
import { type ChangedKeys, rowIndex } from './row-index.js'
import { canContinue, since, type Table } from './table.js'
import { windows } from './window.js'

/** The frames that lead a viewer to a position. A difference without any row may leave it at its position. */
export interface Plan {
  readonly frames: readonly Sized<Data>[]
  readonly to: TablePosition
}

/** The addressee of a plan. */
export interface Reader extends TableAddress {
  readonly codec: Codec
  /** The number that the client gave to its view. */
  readonly view: number
}

/** The rows of a table for its viewers: viewers with one codec at the same version share the encoded frames. */
export interface TableSource {
  readonly kind: TableKind
  readonly table: () => Table | undefined
  /** True where the table has too many rows for views of all. */
  readonly isLarge: () => boolean
  readonly counts: () => Counts
  /** Returns the encoded frame of the counts. */
  readonly counted: (to: Reader) => Sized<Data> | undefined
  /** Plans the frames of a view from a position on. */
  readonly plan: (view: View, to: Reader, at: TablePosition | undefined) => Plan
  /** Forgets what was computed for an earlier state of the table. */
  readonly changed: (keys?: ChangedKeys) => void
}

/** The share of the most rows, below which a large table is no longer large: a table at the bound must not flap. */
const hysteresis = 0.9

/** A difference without rows is sent after so many versions, so that a viewer does not fall out of the remembered changes. */
const mostSilent = 512

/** Frames with the remaining time of a member are shared for so long, in ms. */
const freshMs = 250

/** Creates the source of a table; `wall` is the clock of the rows. */
export const tableSource = (kind: TableKind, table: () => Table | undefined, wall: () => number): TableSource => {
  const index = rowIndex(table, kind.nameOf)
  const parts = windows()
  let isLarge = false
  let plannedAt = 0
  /** Known plans by codec, then by the view and the position before. */
  let known = new Map<Codec, Map<string, Plan>>()

  const frame: FrameRow = (row) => kind.frame(row, wall())
  const shared = (codec: Codec, key: string, make: () => Plan): Plan => {
    if (Math.abs(wall() - plannedAt) > freshMs) {
      known = new Map()
      plannedAt = wall()
    }
    const plans = known.get(codec) ?? new Map<string, Plan>()
    known.set(codec, plans)
    const made = plans.get(key) ?? make()
    plans.set(key, made)
    return made
  }
  const rowsPlan = (to: Reader, position: TablePosition, rows: readonly Row[], total?: Counts): Plan => ({
    frames: encoded(to.codec, rowsFrames(to, position, rows, frame, total)),
    to: position,
  })
  const changePlan = (to: Reader, position: TablePosition, difference: Difference): Plan => ({
    frames: encoded(to.codec, changeFrames(to, position, difference, frame)),
    to: position,
  })
  const planAll = (of: Table, to: Reader, at: TablePosition | undefined): Plan => {
    const item = since(of, at)
    const { epoch, version } = item
    if (item._tag === 'Rows')
      return rowsPlan(to, { epoch, version }, item.rows, kind.isCounted ? index.counts() : undefined)
    const isSilent = item.puts.length + item.drops.length === 0 && version - item.prev < mostSilent
    return isSilent && at ? { frames: [], to: at } : changePlan(to, { epoch, version }, item)
  }
  const planPart = (of: Table, view: View, to: Reader, at: TablePosition | undefined): Plan => {
    const { rows, version, before } = parts.of(view, of, () =>
      view.view === 'page' ? index.page(view.after, view.limit) : index.named(view.names ?? []),
    )
    const position = { epoch: of.epoch, version }
    if (at?.epoch === of.epoch && at.version === version) return { frames: [], to: at }
    if (at?.epoch !== of.epoch || at.version !== before?.version) return rowsPlan(to, position, [...rows.values()])
    const puts = [...rows.values()].filter((row) => before.rows.get(row.key) !== row)
    const drops = [...before.rows.keys()]
      .filter((key) => !rows.has(key))
      .map((key) => ({ key, cause: causeIn(of, key) }))
    return changePlan(to, position, { prev: before.version, puts, drops })
  }
  return {
    kind,
    table,
    counts: index.counts,
    isLarge: () => {
      const rows = table()?.rows.size ?? 0
      isLarge = rows > (isLarge ? kind.mostRows * hysteresis : kind.mostRows)
      return isLarge
    },
    counted: (to) => {
      const { number, of, codec, view } = to
      const nowhere = { epoch: '', version: 0 }
      return shared(codec, `count ${view}`, () => ({
        frames: encoded(codec, [{ t: 'count', number, of, view, ...index.counts() }]),
        to: nowhere,
      })).frames[0]
    },
    plan: (view, to, at) => {
      const of = table()
      if (!of) return { frames: [], to: at ?? { epoch: '', version: 0 } }
      const from = at && canContinue(of, at) ? at : undefined
      if (view.view === 'all')
        return shared(to.codec, from ? `all after ${from.version}` : `all of ${to.view}`, () => planAll(of, to, from))
      const { after = '', limit = '', names = [] } = view
      const key = `${view.view} ${to.view} ${from?.version ?? ''} ${limit} ${JSON.stringify([after, names])}`
      return shared(to.codec, key, () => planPart(of, view, to, from))
    },
    changed: (keys) => {
      known = new Map()
      index.changed(keys)
      parts.changed()
    },
  }
}

/** Returns the cause why a row is not in a part: it was dropped, or is in another part. */
const causeIn = ({ rows, changes }: Table, key: string): string => {
  if (rows.has(key)) return 'view'
  return changes.filter((change) => change.key === key).at(-1)?.cause ?? 'reconcile'
}
