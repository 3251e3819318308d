import { bold, dim, green, red } from 'ansis'
import type { Outcome } from '../campaign/judge.js'

/** What a campaign has shown, for people. `boundMs`: within this a link that fell silent is to be given up. */
export const table = ({ verdict, mishaps, minutes, heap }: Outcome, boundMs: number): string => {
  const { figures, consumed, met, ruled, called, coverage, faults, recovered, violations, violationCount } = verdict
  const count = (value: number): string => value.toLocaleString('en-US')
  const strikes = Object.values(faults).reduce((sum, each) => sum + each, 0)
  const rows = Object.entries(faults)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, times]) => {
      const of = recovered.filter((each) => each.kind === kind)
      return [
        kind,
        count(times),
        ...percentiles(of.flatMap(({ noticedMs }) => noticedMs ?? [])),
        ...percentiles(of.map(({ recoveredMs }) => recoveredMs)),
      ]
    })
  const isGood = violationCount === 0 && mishaps.length === 0

  return [
    '',
    bold('faults'),
    ...columns([['', 'times', 'noticed p50', 'p99 ms', 'recovered p50', 'p99 ms'], ...rows]),
    dim(
      `  half-open links are to be noticed within ${boundMs} ms; recovered: online, and at the head as it was when the fault ended`,
    ),
    '',
    bold('messages'),
    ...columns([
      ['sent', count(figures.sent)],
      ['in the logs', count(figures.logged)],
      ['receipts', count(figures.receipts)],
      ['refused, not executed', count(figures.refusedNo)],
      ['nobody knows', count(figures.refusedUnknown)],
      ['of killed clients', count(figures.open)],
      ['deliveries', count(figures.deliveries)],
      ['of events for a user or for all', count(figures.events)],
      ['gaps', `${count(figures.gaps)}, ${count(figures.missing)} messages`],
      ['lives of clients', count(figures.lives)],
    ]),
    '',
    bold('consumers'),
    ...columns([
      ['offered', count(consumed.offered)],
      ['marked as redelivered', count(consumed.redelivered)],
      ['committed', count(consumed.committed)],
      ['copies', count(consumed.copies)],
      ['host names', count(consumed.hosts)],
    ]),
    '',
    bold('members and shared state'),
    ...columns([
      ['changes of rosters', count(met.changes)],
      ['members that left', count(met.left)],
      ['kicks that observers saw', count(met.kicksSeen)],
      ['writes of shared values', count(met.sets)],
      ['written', count(met.wrote)],
      ['kept by a condition', count(met.kept)],
      ['refused, or nobody knows', count(met.unset)],
      ['values seen', count(met.values)],
    ]),
    '',
    bold('kicks, bans, leaders, seats and creations'),
    ...columns([
      ['kicks', count(ruled.kicks)],
      ['orders of clients', count(ruled.ordered)],
      ['kicks whose user was looked for', count(ruled.removals)],
      ['kicked clients that were told', count(ruled.kicked)],
      ['bans', count(ruled.bans)],
      ['mutes', count(ruled.mutes)],
      ['messages refused because of them', count(ruled.forbidden)],
      ['banned clients that were told', count(ruled.barred)],
      ['bans whose user was looked for', count(ruled.absences)],
      ['returns after bans', count(ruled.returns)],
      ['terms that were led', count(ruled.led)],
      ['messages with terms', count(ruled.termed)],
      ['in the logs with terms', count(ruled.termsUsed)],
      ['refused because of their term', count(ruled.outdated)],
      ['seats taken', count(ruled.sittings)],
      ['clients that were seated', count(ruled.seated)],
      ['places in queues', count(ruled.waits)],
      ['refusals of full rooms', count(ruled.full)],
      ['creations', count(ruled.creations)],
      ['that were answered', count(ruled.created)],
      ['refused, because the name was in use', count(ruled.exists)],
      ['rooms that were closed', count(ruled.closings)],
      ['rooms in the directories at the end', count(ruled.listed)],
    ]),
    '',
    bold('calls'),
    ...columns([
      ['calls', count(called.calls)],
      ['commands', count(called.commands)],
      ['that ran', count(called.ran)],
      ['nobody knows', count(called.unknown)],
      ['given up', count(called.givenUp)],
      ['calls to members', count(called.asks)],
      ['answers of members', count(called.memberAnswers)],
      ['members without an answer', count(called.memberErrors)],
    ]),
    '',
    bold('shown'),
    ...columns(Object.entries(coverage).map(([what, times]) => [what, count(times)])),
    '',
    ...section('heap', ['', 'first calm', 'last calm'], heap.map(({ name, before, after }) => [name, megabytes(before), megabytes(after)])), // prettier-ignore
    ...mishaps.map((mishap) => red(mishap)),
    ...violations.map(({ rule, text }) => `${red(rule)} ${text}`),
    isGood
      ? green(
          `no violation in ${minutes.toFixed(1)} minutes, ${count(figures.sent)} messages, ${count(strikes)} faults`,
        )
      : red(
          `${count(violationCount)} violations in ${minutes.toFixed(1)} minutes, ${count(figures.sent)} messages, ${count(strikes)} faults`,
        ),
  ].join('\n')
}

const percentiles = (values: readonly number[]): readonly [string, string] => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): string => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
    return value === undefined ? '–' : value.toFixed(0)
  }
  return [at(0.5), at(0.99)]
}

const megabytes = (bytes: number | null): string => (bytes === null ? '–' : `${(bytes / 2 ** 20).toFixed(1)} MiB`)

/** Nothing where there are no rows. */
const section = (name: string, head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0 ? [] : [bold(name), ...columns([head, ...rows]), '']

/** The first column to the left, the others to the right. */
const columns = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart((widths[column] ?? 0) + 2),
      )
      .join('')
      .replace(/^/, '  ')
      .trimEnd(),
  )
}
