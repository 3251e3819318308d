import { bold, dim, green, red } from 'ansis'
import type { Outcome } from '../run/outcome.js'
import { floorMs, isBusy, judge } from './judgement.js'

/** The results of a siege, for people. */
export const table = (outcomes: readonly Outcome[]): string => {
  const rows = outcomes.map(rowOf)
  const wrong = outcomes.filter((outcome) => judge(outcome).length > 0).length
  return [
    '',
    bold('good clients'),
    ...columns([
      ['', 'calm p50', 'p99', 'stall', 'attack p50', 'p99', 'stall ms', 'gaps', 'missing', 'links', 'turned away', 'heap', 'rss MiB', 'sockets', 'delay', 'turn ms', 'server'], // prettier-ignore
      ...rows,
    ]),
    dim(
      '  from publish to delivery; stall: the longest time without a delivery; delay: of the event loop of the server; turn: its longest, in CPU time',
    ),
    '',
    bold('refusals and attackers'),
    ...outcomes.map(countsOf),
    '',
    ...outcomes.flatMap((outcome) => judge(outcome).map((because) => `${red(outcome.attack)} ${because}`)),
    ...(outcomes.some(isBusy)
      ? [
          `other work keeps the machine busy: p99 above ${floorMs} ms in the calm of ${outcomes.filter(isBusy).length} attacks`,
        ]
      : []),
    wrong === 0
      ? green(`${outcomes.length} attacks, nothing was lost, p99 within 3 × calm or ${floorMs} ms`)
      : red(`${wrong} of ${outcomes.length} attacks hurt`),
  ].join('\n')
}

const rowOf = ({ attack, good, most, death }: Outcome): readonly string[] => {
  const ms = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(0))
  const MiB = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)
  const { calm, attack: under, losses } = good ?? {}
  const times = [calm, under].flatMap((each) => [ms(each?.p50), ms(each?.p99), ms(each?.stallMs)])
  const counts = [losses?.gaps, losses?.missing, losses?.lostLinks, losses?.turnedAway].map(ms)
  return [
    attack,
    ...times,
    ...counts,
    MiB(most.heapUsed),
    MiB(most.rss),
    ms(most.sockets),
    ms(most.delayMs),
    ms(most.turnMs),
    death === undefined ? 'lived' : 'died',
  ]
}

const countsOf = ({ attack, metrics, tally, seconds }: Outcome): string => {
  const list = (counts: Readonly<Record<string, number | undefined>>): string =>
    Object.entries(counts)
      .filter(([, count]) => count !== undefined && count > 0)
      .map(([name, count = 0]) => `${name} ${count.toLocaleString('en-US')}`)
      .join(', ') || 'nothing'
  const refused = metrics ? list({ ...metrics.causes, slowed: metrics.slowed }) : 'unknown'
  return `  ${attack.padEnd(12)} refused: ${refused}; in ${seconds} s: ${list(tally)}`
}

/** The first column to the left, the others to the right. */
const columns = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart((widths[column] ?? 0) + 2))).join('')}`.trimEnd(),
  )
}
