import { alike, show } from './compare.js'
import { clock } from './transcript.js'

/** An output of a client on a connection: a frame, or an action on the socket. */
export interface Said {
  readonly at: number
  readonly link: number
  readonly what: unknown
}

/** Returns the index of the first difference, or `undefined`. Compares times only if `isStrict` is true. */
export const firstDifference = (
  actual: readonly Said[],
  expected: readonly Said[],
  isStrict: boolean,
): number | undefined => {
  const length = Math.max(actual.length, expected.length)
  for (let index = 0; index < length; index++) {
    if (!alike(parts(actual[index], isStrict), parts(expected[index], isStrict))) return index
  }
  return undefined
}

const parts = (said: Said | undefined, isStrict: boolean): unknown =>
  said && { link: said.link, what: said.what, at: isStrict ? said.at : 0 }

/** Number of rows to show before and after the first difference. */
const CONTEXT = 5
const WIDTH = 70

/** Shows both lists around their first difference, in two columns. */
export const sideBySide = (actual: readonly Said[], expected: readonly Said[], first: number): string => {
  const from = Math.max(0, first - CONTEXT)
  const to = Math.min(Math.max(actual.length, expected.length), first + CONTEXT + 1)
  const rows = Array.from({ length: to - from }, (_, row) => {
    const [then, now] = [expected[from + row], actual[from + row]]
    const start = from + row === first ? startOf(textOf(then), textOf(now)) : 0
    return { sign: from + row === first ? '>' : ' ', then: line(then, start), now: line(now, start) }
  })
  const width = Math.max(4, ...rows.map(({ then }) => then.length))
  return [
    `the client said something else at place ${first} (${actual.length} now, ${expected.length} then):`,
    '',
    ...[{ sign: ' ', then: 'then', now: 'now' }, ...rows].map(({ sign, then, now }) =>
      `${sign} ${then.padEnd(width)}  ${now}`.trimEnd(),
    ),
  ].join('\n')
}

const textOf = (said: Said | undefined): string => {
  if (!said) return '-'
  return typeof said.what === 'string' ? said.what : show(said.what, 5)
}

const line = (said: Said | undefined, start: number): string =>
  cut(said ? `${clock(said.at)} #${said.link} ` : '', textOf(said), start)

/** Returns the index from which to show long lines, so that a late difference is visible. */
const startOf = (one: string, other: string): number => {
  if (one === other) return 0
  const shorter = Math.min(one.length, other.length)
  let same = 0
  while (same < shorter && one.charAt(same) === other.charAt(same)) same++
  return same < WIDTH - 30 || one === '-' || other === '-' ? 0 : same - 20
}

const cut = (head: string, text: string, start: number): string => {
  const whole = head + (start > 0 ? `…${text.slice(start)}` : text)
  return whole.length > WIDTH ? `${whole.slice(0, WIDTH - 1)}…` : whole
}
