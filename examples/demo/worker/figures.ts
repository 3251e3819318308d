import { cpus, freemem, loadavg, totalmem } from 'node:os'
import { readFileSync } from 'node:fs'
import { catchError, map, type Observable, of, pairwise, share, timer } from 'rxjs'

/** Once a second, for everybody at the same moment. */
const ticks$ = timer(0, 1_000).pipe(
  map(() => Date.now()),
  share(),
)

interface Spent {
  readonly all: number
  readonly idle: number
}

const spent = (): Spent =>
  cpus().reduce<Spent>(
    ({ all, idle }, { times }) => ({
      all: all + times.user + times.nice + times.sys + times.irq + times.idle,
      idle: idle + times.idle,
    }),
    { all: 0, idle: 0 },
  )

/** How busy the cores were since the second before, and the kernel's averages. */
export const load$ = ticks$.pipe(
  map((at) => ({ at, ...spent() })),
  pairwise(),
  map(([before, { at, all, idle }]) => {
    const [one = 0, five = 0, fifteen = 0] = loadavg()
    const passed = Math.max(1, all - before.all)
    return {
      at,
      busy: Math.max(0, 1 - (idle - before.idle) / passed),
      average: [one, five, fifteen] as [number, number, number],
      cores: cpus().length,
    }
  }),
)

/** What is in use, and what there is. */
export const memory$ = ticks$.pipe(map((at) => ({ at, used: totalmem() - freemem(), total: totalmem() })))

/** The counters of all interfaces together, from the text of /proc/net/dev. */
const countersIn = (text: string): readonly [received: number, sent: number] => {
  const rows = text
    .split('\n')
    .slice(2)
    .filter((row) => row.includes(':'))
  const columns = rows.map((row) => (row.split(':')[1] ?? '').trim().split(/\s+/).map(Number))
  const sum = (column: number) => columns.reduce((total, row) => total + (row[column] ?? 0), 0)
  return [sum(0), sum(8)]
}

export type NetworkEvent =
  | {
      readonly event: 'sample'
      readonly data: { readonly at: number; readonly received: number; readonly sent: number }
    }
  | { readonly event: 'absent'; readonly data: { readonly because: string } }

/** What came and went through all interfaces since the second before, per second. */
export const network$: Observable<NetworkEvent> = ticks$.pipe(
  map((at) => ({ at, counters: countersIn(readFileSync('/proc/net/dev', 'utf8')) })),
  pairwise(),
  map(([before, { at, counters }]): NetworkEvent => {
    const seconds = Math.max(0.001, (at - before.at) / 1_000)
    const rate = (index: 0 | 1) => Math.max(0, (counters[index] - before.counters[index]) / seconds)
    return { event: 'sample', data: { at, received: rate(0), sent: rate(1) } }
  }),
  catchError(() => of<NetworkEvent>({ event: 'absent', data: { because: 'This machine has no /proc/net/dev.' } })),
)
