import { Observable, switchMap } from 'rxjs'
import { type Checks, count, given, share, time } from './check.js'
import type { Deadline } from './deadlines.js'
import { filled } from './filled.js'
import type { RetryLimit } from './retries.js'

/** Options of `retryBudget`. All are optional. */
export interface RetryBudget {
  /** The retries that one success allows, from 0 to 1. Default 0.1. */
  readonly ratio?: number | undefined
  /** The retries that each minute allows. Default 20. */
  readonly perMinute?: number | undefined
  /** The most retries that are saved while none is needed. Default 10. */
  readonly burst?: number | undefined
}

const defaults = { ratio: 0.1, perMinute: 20, burst: 10 }
const checks: Checks<keyof RetryBudget> = { ratio: share, perMinute: time, burst: count }

/** Successes save at most so many times `burst`. */
const savings = 10
const minuteMs = 60_000

/**
 * Makes the budget of a client's retries: `createClient({ url, retries: retryBudget() })`. Token requests, attempts to connect, joins and
 * repeated calls share it, so a sick server is not hammered. A retry without a permit waits, first come, first served.
 *
 * A bucket of permits begins with `burst`. A retry takes one. Time adds `perMinute` while there are less than `burst`, and a random part of one. A
 * success adds `ratio`, and one more if it was a retry, up to ten times `burst`. So fewer than `burst + 1 + perMinute · minutes + ratio · successes` retries fail, and a server
 * that is well again is asked by more retries with each answer.
 *
 * Ratio: "Handling Overload", Site Reliability Engineering (Google, 2016), chapter 21. Bucket: gRPC proposal A6, retry
 * throttling. Floor by time: `RetryBudget` of Twitter's Finagle. The permit that is given back: the retry quota of the AWS SDKs.
 */
export const retryBudget = (options?: RetryBudget | null): RetryLimit => {
  const { fault, options: checked } = given(options, checks)
  const { ratio, perMinute, burst } = filled(defaults, checked)
  return Object.freeze({
    _tag: 'RetryBudget',
    fault,
    begin: ({ deadlines, random, counters }) => {
      const waiting = new Set<() => void>()
      // A part of a permit more: clients that lose a server at the same time would else ask in step.
      const full = burst + random()
      let permits = full
      let at = deadlines.now()
      let alarm: Deadline | undefined

      const serve = (): void => {
        const now = deadlines.now()
        permits = Math.max(permits, Math.min(full, permits + ((now - at) * perMinute) / minuteMs))
        at = now
        for (const go of waiting) {
          if (permits < 1) break
          permits--
          waiting.delete(go)
          go()
        }
        alarm?.cancel()
        const ms = Math.ceil(((1 - permits) * minuteMs) / perMinute)
        alarm = waiting.size === 0 ? undefined : deadlines.after(ms, serve)
      }
      const permit$ = (held?: unknown): Observable<unknown> =>
        new Observable((to) => {
          const go = (): void => {
            to.next(undefined)
            to.complete()
          }
          waiting.add(go)
          serve()
          if (waiting.has(go)) {
            counters.retriesHeld++
            if (held !== undefined) to.next(held)
          }
          return () => waiting.delete(go)
        })
      return {
        permitted: (time$, held) => time$.pipe(switchMap(() => permit$(held))),
        succeeded: (wasRetry) => {
          permits = Math.max(permits, Math.min(savings * burst, permits + ratio + (wasRetry ? 1 : 0)))
          if (waiting.size > 0) serve()
        },
      }
    },
  } satisfies RetryLimit)
}
