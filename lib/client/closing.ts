import { AsyncSubject, map, merge, type Observable, of, switchMap, take } from 'rxjs'
import * as E from '#fp/Either'
import { deadlines as deadlinesOn } from '../core/deadlines.js'
import type { ResultStream } from '../core/result.js'
import { unhandled } from '../core/stream.js'
import type { WaitOptions } from '../core/wait.js'
import { start } from './action.js'
import { decided } from './connecting.js'
import { closeChecks, type CloseOptions, type CloseReport, draining } from './draining.js'
import type { Parts } from './parts.js'

/** The calls that end a client. */
export interface Closing {
  readonly close: (options?: CloseOptions | null) => ResultStream<CloseReport>
  readonly logout: (options?: WaitOptions | null) => ResultStream<void>
}

export const closing = (parts: Parts): Closing => {
  const { kernel, stored } = parts
  const drain = draining(parts)
  // The client's own deadlines end with it, before the store has answered.
  const deadlines = deadlinesOn(kernel.config.scheduler)
  /** Emits when `close` was called with a drain of 0 ms: no call waits any longer. */
  const hurried$ = new AsyncSubject<true>()
  /** Emits the result once the store has everything, or after its time to open. */
  const released = <T>(result: T): Observable<T> =>
    stored
      ? merge(stored.close(), hurried$).pipe(
          take(1),
          map(() => result),
        )
      : of(result)
  const closed$ = decided(kernel, ({ _tag }) => (_tag === 'Closed' ? E.right(drain.report()) : undefined)).pipe(
    switchMap(released),
  )
  return {
    close: (options) =>
      start<CloseReport, CloseOptions>(kernel, options, {
        checks: closeChecks,
        deadlines,
        begin: (settle, { drainMs = 5_000 }) => {
          if (drainMs === 0) {
            hurried$.next(true)
            hurried$.complete()
          }
          drain.begin(drainMs)
          return closed$.subscribe({ next: settle, error: unhandled })
        },
      }),
    logout: (options) =>
      start<undefined>(kernel, options, {
        deadlines,
        begin: (settle) => {
          const erased$ = stored?.erase() ?? of(E.right(undefined))
          kernel.send({ _tag: 'Close' })
          return erased$.subscribe({ next: settle, error: unhandled })
        },
      }),
  }
}
