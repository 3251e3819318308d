import { concat, defer, filter, map, merge, type Observable, of, race, repeat, switchMap, take } from 'rxjs'
import type { Deadlines } from '../../core/deadlines.js'

/** The result of a ping: its round trip in ms, a sign of life, or silence where its pong is due. */
export type Reading = { readonly _tag: 'Measured'; readonly ms: number } | { readonly _tag: 'Alive' | 'Silent' }

/** A connection, as its pings see it. */
export interface Pinged {
  readonly deadlines: Deadlines
  /** Writes a ping and returns its number. */
  readonly ping: () => number
  /** Emits at the end of each turn with a frame: the number of the last pong in it, 0 without one. */
  readonly heard$: Observable<number>
  /** The time of the last frame. */
  readonly heardAt: () => number
  /** The time between two pings, in ms. */
  readonly intervalMs: () => number
  /** The time for a pong, in ms, after which a silent server is suspicious. */
  readonly patienceMs: () => number
  /** The longest possible round trip, in ms: the kernel gives the link up after that. */
  readonly longestMs: number
}

/** Lateness of a timer, in ms, beyond which this machine was asleep or busy: it says nothing about the connection. */
const lateMs = 1_000

const alive: Reading = { _tag: 'Alive' }
const silent: Reading = { _tag: 'Silent' }

/**
 * Pings a connection in intervals while subscribed, and emits the results. Never completes; waits after `Silent` until a
 * frame arrives.
 *
 * A later pong answers a ping too: a turn writes only the last of its pings. A timer that fires late pings once more
 * before it judges, and the round trip of a ping during which the machine slept is none.
 */
export const pings = (pinged: Pinged): Observable<Reading> => {
  const { deadlines, heard$, heardAt, intervalMs, longestMs } = pinged
  const { now, reached } = deadlines
  let askedAt = now()

  const answered = (n: number, at: number, longest: number): Observable<Reading> =>
    heard$.pipe(
      filter((pong) => pong >= n),
      map((pong): Reading => (pong === n && now() - at <= longest ? { _tag: 'Measured', ms: now() - at } : alive)),
      take(1),
    )
  const ping = (isAgain: boolean): Observable<Reading> =>
    defer(() => {
      askedAt = now()
      const [at, n, patienceMs] = [askedAt, pinged.ping(), pinged.patienceMs()]
      const due = at + patienceMs
      const overdue$ = reached(due).pipe(
        switchMap(() => {
          if (heardAt() > at) return of(alive)
          if (!isAgain && now() - due > lateMs) return ping(true)
          return concat(of(silent), merge(answered(n, at, longestMs), heard$.pipe(map(() => alive))).pipe(take(1)))
        }),
      )
      return race(answered(n, at, patienceMs + lateMs), overdue$)
    })
  return ping(false).pipe(repeat({ delay: () => reached(Math.max(now(), askedAt + intervalMs())) }))
}
