import { concatMap, defer, type Observable, of } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import type { Deadlines } from '../core/deadlines.js'
import type { Stored, StoreFailure } from '../store/port.js'

export interface StoreTimeoutNeeds {
  /** The longest total wait, in ms. */
  readonly waitMs: number
  readonly deadlines: Deadlines
  readonly now: () => number
  /** Reports the start of the first wait. */
  readonly waits: () => void
  readonly report: (message: string) => void
}

/** Retries an act until the lease in its way is over. After `waitMs` in all it answers with the act's failure. */
export type StoreTimeout = <T>(open: () => Stored<T>) => Stored<T>

/** Interval between checks of a lease, in ms. */
const lookMs = 1_000

export const storeTimeout = ({ waitMs, deadlines, now, waits, report }: StoreTimeoutNeeds): StoreTimeout => {
  const limit = `storing.waitMs, ${waitMs} ms`
  let until: number | undefined
  let isTold = false

  const wait = (freeInMs: number): Observable<unknown> | undefined => {
    if (until === undefined) {
      until = now() + waitMs
      report(
        `What an earlier client stored is under a lease, and nobody can ask whether that client runs: waiting for the end of the lease, at most ${limit}.`,
      )
      waits()
    }
    const leftMs = until - now()
    if (leftMs > 0) return deadlines.elapsed(Math.min(leftMs, lookMs, Math.max(1, freeInMs)))
    if (!isTold)
      report(`The lease of an earlier client was not over within ${limit}: what that one stored is not used.`)
    isTold = true
    return undefined
  }
  return <T>(open: () => Stored<T>): Stored<T> => {
    const tried: Observable<Either<StoreFailure, T>> = defer(open).pipe(
      concatMap((answer) => {
        if (E.isRight(answer) || answer.left.because !== 'leased') return of(answer)
        return wait(answer.left.freeInMs ?? lookMs)?.pipe(concatMap(() => tried)) ?? of(answer)
      }),
    )
    return tried
  }
}
