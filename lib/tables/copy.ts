import type { ChangeFrame, CountFrame, RowFrame, RowsFrame, TablePlace } from '../protocol/frame.js'

/** A row of a table. The value is as it was on the wire. */
export interface Row {
  readonly key: string
  /** The version that the row made; of a member, the offset of the room's log at its join. */
  readonly number: number
  readonly value: unknown
  /** Of a member that is expected to leave: the ms until then. */
  readonly leavingInMs?: number
}

/** A row that was dropped, and why. */
export interface Dropped {
  readonly key: string
  readonly cause: string
}

/** The difference between two states of a table: each key once. */
export interface Difference {
  readonly puts: readonly Row[]
  readonly drops: readonly Dropped[]
  /** True for the difference to a complete state, which came in the place of the changes. */
  readonly isReconciled: boolean
}

/** A client's copy of a table, or of the part of it that the client views. */
export interface Copy {
  /** `undefined` before the first complete state, and where the server sends counts alone. */
  readonly at: TablePlace | undefined
  readonly rows: ReadonlyMap<string, Row>
  /** The counts of the whole table, as the server last sent them. */
  readonly counts: Pick<CountFrame, 'rows' | 'names'> | undefined
  /** The rows of a state that is not complete yet. */
  readonly pages: readonly Row[]
  /** The number of the page to come. */
  readonly nextPage: number
  /** The parts of a difference that is not complete yet. */
  readonly parts: readonly ChangeFrame[]
}

export const emptyCopy: Copy = {
  at: undefined,
  rows: new Map(),
  counts: undefined,
  pages: [],
  nextPage: 0,
  parts: [],
}

const rowOf = ([key, number, value, leavingInMs]: RowFrame): Row => ({
  key,
  number,
  value,
  ...(leavingInMs !== undefined && { leavingInMs }),
})

/** True for rows that differ for an observer: a remaining time goes on by itself. */
const differs = (a: Row, b: Row): boolean =>
  a.number !== b.number ||
  (a.leavingInMs === undefined) !== (b.leavingInMs === undefined) ||
  JSON.stringify(a.value) !== JSON.stringify(b.value)

const changed = (copy: Copy, rows: readonly Row[]): readonly Row[] =>
  rows.filter((row) => {
    const known = copy.rows.get(row.key)
    return !known || differs(known, row)
  })

/**
 * Takes a page. The first one begins anew; any other has to be the next. Once all pages are there, their rows replace the
 * copy, and the true difference is one change.
 */
export const takeRows = (copy: Copy, { epoch, version, page, rows, more }: RowsFrame): readonly [Copy, Difference?] => {
  if (page !== 0 && page !== copy.nextPage) return [copy]
  const pages = [...(page === 0 ? [] : copy.pages), ...rows.map(rowOf)]
  if (more) return [{ ...copy, pages, nextPage: page + 1 }]
  const all = new Map(pages.map((row) => [row.key, row]))
  const puts = changed(copy, pages)
  const drops = [...copy.rows.keys()].filter((key) => !all.has(key)).map((key) => ({ key, cause: 'reconcile' }))
  return [
    { ...emptyCopy, counts: copy.counts, at: { epoch, version }, rows: all },
    { puts, drops, isReconciled: true },
  ]
}

/**
 * Takes a change, or a part of one. `undefined` where it does not follow the copy: then the copy has to be read again
 * from its place.
 */
export const takeChange = (copy: Copy, frame: ChangeFrame): readonly [Copy, Difference?] | undefined => {
  const { epoch, version, prev, more } = frame
  if (copy.at?.epoch !== epoch || copy.at.version !== prev) return undefined
  const parts = [...copy.parts.filter((part) => part.version === version), frame]
  if (more) return [{ ...copy, parts }]
  const put = parts.flatMap((part) => part.put.map(rowOf))
  const puts = changed(copy, put)
  const rows = new Map(copy.rows)
  for (const row of put) rows.set(row.key, row)
  // A row that came and went between two changes may be in no copy.
  const drops = parts.flatMap(({ drop }) => drop.filter(([key]) => rows.delete(key)))
  return [
    { ...copy, at: { epoch, version }, rows, parts: [] },
    { puts, drops: drops.map(([key, cause]) => ({ key, cause })), isReconciled: false },
  ]
}

/** Takes counts. `isInstead`: they came in the place of the rows, so the copy has none. */
export const takeCount = (copy: Copy, { rows, names }: CountFrame, isInstead: boolean): Copy => ({
  ...(isInstead ? emptyCopy : copy),
  counts: { rows, names },
})
