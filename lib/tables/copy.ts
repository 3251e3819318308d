import type { ChangeFrame, RowFrame, RowsFrame, TablePlace } from '../protocol/frame.js'

/** A row of a table. The value is as it was on the wire. */
export interface Row {
  readonly key: string
  readonly version: number
  readonly value: unknown
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
}

/** A client's copy of a table. */
export interface Copy {
  /** `undefined` before the first complete state. */
  readonly at: TablePlace | undefined
  readonly rows: ReadonlyMap<string, Row>
  /** The pages of a state that is not complete yet. */
  readonly pages: readonly RowFrame[]
  /** The number of the page to come. */
  readonly nextPage: number
}

export const emptyCopy: Copy = { at: undefined, rows: new Map(), pages: [], nextPage: 0 }

const rowOf = ([key, version, value]: RowFrame): Row => ({ key, version, value })

/** Takes a page; one of an earlier view has another number. Once all pages are there, their rows replace the copy, and the true difference is one change. */
export const takeRows = (copy: Copy, { epoch, version, page, rows, more }: RowsFrame): readonly [Copy, Difference?] => {
  if (page !== copy.nextPage) return [copy]
  const pages = [...copy.pages, ...rows]
  if (more) return [{ ...copy, pages, nextPage: page + 1 }]
  const all = new Map(pages.map((row) => [row[0], rowOf(row)]))
  const isSame = copy.at?.epoch === epoch
  const puts = [...all.values()].filter(({ key, version: of, value }) => {
    const known = copy.rows.get(key)
    return !known || (isSame ? known.version !== of : JSON.stringify(known.value) !== JSON.stringify(value))
  })
  const drops = [...copy.rows.keys()].filter((key) => !all.has(key)).map((key) => ({ key, cause: 'reconcile' }))
  return [
    { at: { epoch, version }, rows: all, pages: [], nextPage: 0 },
    { puts, drops },
  ]
}

/** Takes a change. `undefined` where it does not follow the copy: then the copy has to be read again from its place. */
export const takeChange = (copy: Copy, frame: ChangeFrame): readonly [Copy, Difference] | undefined => {
  const { epoch, version, prev, put, drop } = frame
  if (copy.at?.epoch !== epoch || copy.at.version !== prev) return undefined
  const rows = new Map(copy.rows)
  for (const row of put) rows.set(row[0], rowOf(row))
  // A row that came and went between two changes is in neither.
  const drops = drop.filter(([key]) => rows.delete(key)).map(([key, cause]) => ({ key, cause }))
  return [
    { at: { epoch, version }, rows, pages: [], nextPage: 0 },
    { puts: put.map(rowOf), drops },
  ]
}
