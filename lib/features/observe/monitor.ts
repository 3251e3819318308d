import { Observable, Subscription, tap } from 'rxjs'
import type { Parts } from '../../client/parts.js'
import { cell } from '../../core/cell.js'
import type { Extension } from '../../kernel/extension.js'
import type { Welcome } from '../../protocol/frame.js'
import { answering, type Health, isDoubted, stateOf, type Verdict } from './health-state.js'
import { hearing } from './hearing.js'
import { pings, type Reading } from './pings.js'
import { measured, type RoundTrip } from './round-trip.js'

/** Measures the connection while somebody watches it. */
export interface Monitor extends Extension {
  /** The health at once, then each change. `intervalMs`: the time between two pings; the shortest one of all watchers. */
  readonly watch: (intervalMs: number) => Observable<Health>
}

/** The shortest time for a pong, in ms; a slow connection has three of its round trips. */
const leastPatienceMs = 2_000

export const monitor = ({ kernel, outbox, over }: Parts): Monitor => {
  const { turns, deadlines, present, state } = kernel
  const { now } = deadlines
  const ear = hearing(kernel)
  const watchers = new Set<{ readonly intervalMs: number }>()
  let pinging = Subscription.EMPTY
  let connection = state.value()
  let roundTrip: RoundTrip | undefined
  let verdict: Verdict = 'good'

  const look = (): Health => {
    const at = ear.at()
    return {
      state: stateOf(connection, verdict),
      roundTrip,
      heardAt: at,
      silentMs: at === undefined ? undefined : now() - at,
      waitingBytes: { outbox: outbox.totals.bytes, socket: present.link()?.unsent() ?? 0 },
    }
  }
  const health = cell(look(), turns)
  const refresh = (): void => {
    health.set(look())
  }
  /** Shows another state. */
  const show = (): void => {
    if (stateOf(connection, verdict) !== health.value().state) refresh()
  }
  const intervalMs = (): number => Math.min(...[...watchers].map((each) => each.intervalMs))
  const patienceMs = ({ heartbeat: { graceMs } }: Welcome): number =>
    Math.min(graceMs / 2, Math.max(leastPatienceMs, 3 * (roundTrip?.smoothedMs ?? 0)))

  const take = (reading: Reading): void => {
    if (reading._tag === 'Measured') roundTrip = measured(roundTrip, reading.ms)
    // Where the server answers no pings, silence says nothing before the kernel finds it too long.
    if (reading._tag !== 'Silent') verdict = answering(roundTrip, verdict)
    else if (roundTrip || isDoubted(connection)) verdict = 'degraded'
    if (reading._tag === 'Measured') refresh()
    else show()
  }
  const ping = (): void => {
    pinging.unsubscribe()
    const welcome = present.welcome()
    if (!welcome || watchers.size === 0) return
    const { intervalMs: serverMs, graceMs } = welcome.heartbeat
    pinging = pings({
      deadlines,
      ping: kernel.probe,
      heard$: ear.heard$,
      heardAt: () => ear.at() ?? 0,
      intervalMs,
      patienceMs: () => patienceMs(welcome),
      longestMs: serverMs + graceMs,
    })
      .pipe(tap(take))
      .subscribe()
  }
  const begin = (): void => {
    connection = state.value()
    ear.begin()
    const isSilent = now() - (ear.at() ?? 0) >= (present.welcome()?.heartbeat.intervalMs ?? Infinity)
    verdict = isSilent && isDoubted(connection) ? 'degraded' : answering(roundTrip, verdict)
  }
  /** Looks at the connection at the end of a turn; where the kernel doubts it, pings at once. */
  const follow = (): void => {
    const before = isDoubted(connection)
    if (connection === state.value()) return
    connection = state.value()
    if (isDoubted(connection) && !before) ping()
    show()
  }
  if (over()) health.complete()

  return {
    watch: (ms) =>
      new Observable((to) => {
        const watcher = { intervalMs: ms }
        turns.within(() => {
          const isFirst = watchers.size === 0
          const isFaster = ms < intervalMs()
          watchers.add(watcher)
          if (isFirst) begin()
          if (isFaster) ping()
          refresh()
        })
        to.add(health.changes$.subscribe(to))
        return () => {
          watchers.delete(watcher)
          if (watchers.size === 0) pinging.unsubscribe()
        }
      }),
    frames: {
      pong: ({ n }) => {
        ear.pong(n)
      },
    },
    up: (_, link) => {
      ear.follow(link)
      roundTrip = undefined
      verdict = 'good'
      ping()
    },
    down: () => {
      pinging.unsubscribe()
      ear.follow(undefined)
      return false
    },
    step: () => {
      if (watchers.size === 0) return
      ear.look()
      follow()
    },
    close: () => {
      connection = state.value()
      refresh()
      health.complete()
    },
  }
}
