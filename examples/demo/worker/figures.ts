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

interface Counters {
  readonly loopback: number
  readonly received: number
  readonly sent: number
}

/** The counters of the loopback and of all other interfaces together, from the text of /proc/net/dev. */
const countersIn = (text: string): Counters =>
  text
    .split('\n')
    .map((row) => /^\s*(\S+):\s*(.*)$/.exec(row))
    .reduce<Counters>(
      ({ loopback, received, sent }, row) => {
        const columns = (row?.[2] ?? '').split(/\s+/).map(Number)
        const [came = 0, went = 0] = [columns[0], columns[8]]
        return row?.[1] === 'lo'
          ? { loopback: loopback + came, received, sent }
          : { loopback, received: received + came, sent: sent + went }
      },
      { loopback: 0, received: 0, sent: 0 },
    )

export type NetworkEvent =
  | { readonly event: 'sample'; readonly data: Counters & { readonly at: number } }
  | { readonly event: 'absent'; readonly data: { readonly because: string } }

/** What came and went since the second before, per second. */
export const network$: Observable<NetworkEvent> = ticks$.pipe(
  map((at) => ({ at, ...countersIn(readFileSync('/proc/net/dev', 'utf8')) })),
  pairwise(),
  map(([before, now]): NetworkEvent => {
    const seconds = Math.max(0.001, (now.at - before.at) / 1_000)
    const rate = (of: keyof Counters) => Math.max(0, (now[of] - before[of]) / seconds)
    return {
      event: 'sample',
      data: { at: now.at, loopback: rate('loopback'), received: rate('received'), sent: rate('sent') },
    }
  }),
  catchError(() => of<NetworkEvent>({ event: 'absent', data: { because: 'This machine has no /proc/net/dev.' } })),
)
