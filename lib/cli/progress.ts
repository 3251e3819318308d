import type { Tally } from './outgoing.js'

/** The partial cells of the bar, in eighths. */
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const mostCells = 40

/** The figures of a bar. */
export interface Progress {
  readonly tally: Tally
  /** The total number of messages, where it is known. */
  readonly total: number | undefined
  readonly elapsedMs: number
  readonly columns: number
}

/** Formats progress in one line that fits the terminal: a bar with a known total, otherwise figures only. */
export const progressLine = ({ tally, total, elapsedMs, columns }: Progress): string => {
  const settled = tally.acknowledged + tally.failed
  const perSecond = elapsedMs > 0 ? Math.round((tally.acknowledged * 1_000) / elapsedMs) : 0
  const failures = tally.failed > 0 ? `  ${grouped(tally.failed)} failed` : ''
  const figures = `${grouped(settled)}${total === undefined ? '' : ` of ${grouped(total)}`} messages  ${grouped(perSecond)}/s${failures}`
  const cells = Math.min(mostCells, columns - figures.length - 3)
  if (total === undefined || total === 0 || cells < 8) return figures.slice(0, Math.max(0, columns - 1))
  return `${bar(settled / total, cells)}  ${figures}`
}

const bar = (share: number, cells: number): string => {
  const parts = Math.round(Math.min(1, share) * cells * 8)
  return `${'█'.repeat(Math.floor(parts / 8))}${eighths[parts % 8] ?? ''}`.padEnd(cells, '░')
}

/** Formats a number as `12 345`, with a thin space that does not break. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f')
