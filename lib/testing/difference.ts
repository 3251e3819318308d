import { alike, show } from './compare.js'
import { completed, isErrored, type Marble } from './marble.js'

type Marks = readonly Marble<unknown>[]

/** Throws an `Error` that shows both lists where they differ. */
export const compare = (actual: Marks, expected: Marks): void => {
  const first = firstDifference(actual, expected)
  if (first !== undefined) throw new Error(difference(actual, expected, first))
}

/** Returns the index of the first record that differs, or `undefined` if the lists are equal. */
export const firstDifference = (actual: Marks, expected: Marks): number | undefined => {
  const length = Math.max(actual.length, expected.length)
  for (let index = 0; index < length; index++) if (!alike(actual[index], expected[index])) return index
  return undefined
}

/** Number of records to show on either side of the first difference. */
const CONTEXT = 8

/** Shows both lists around their first difference, in two columns. */
export const difference = (actual: Marks, expected: Marks, first: number): string => {
  const from = Math.max(0, first - CONTEXT)
  const to = Math.min(Math.max(actual.length, expected.length), first + CONTEXT + 1)
  const rows = Array.from({ length: to - from }, (_, row) => ({
    sign: from + row === first ? '>' : ' ',
    actual: line(actual[from + row]),
    expected: line(expected[from + row]),
  }))
  const width = Math.min(60, Math.max(6, ...rows.map((row) => row.actual.length)))
  const table = [{ sign: ' ', actual: 'actual', expected: 'expected' }, ...rows].map((row) =>
    `${row.sign} ${row.actual.padEnd(width)}  ${row.expected}`.trimEnd(),
  )
  const counts = `${actual.length} records, ${expected.length} expected`
  return [`timelines differ at record ${first} (${counts}):`, '', ...table].join('\n')
}

const line = (mark: Marble<unknown> | undefined): string => (mark ? `${mark[0]} ${textOf(mark[1])}` : '-')

/** Formats a value or an end on one line, as marbles do: `|` for a completion, `#` for an error. */
export const textOf = (what: unknown): string => {
  if (what === completed) return '|'
  return isErrored(what) ? `# ${show(what.error)}` : show(what)
}
