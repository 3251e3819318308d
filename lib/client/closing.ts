import { AsyncSubject, map, merge, type Observable, of, switchMap, take } from 'rxjs'
import * as E from '#fp/Either'
import { deadlines as deadlinesOn } from '../core/deadlines.js'
import type { ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { start } from './action.js'
import { cut, decided, rethrow } from './deciding.js'
import { closeChecks, type CloseOptions, type CloseReport, defaultDrainMs, draining, nothingLeft } from './draining.js'
import type { Parts } from './parts.js'

/** The calls that end a client. */
export interface Closing {
  readonly close: (options?: CloseOptions | null) => ResultStream<CloseReport>
  readonly logout: (options?: WaitOptions | null) => ResultStream<void>
}

export const closing = (parts: Parts): Closing => {
  const { kernel, stored } = parts
  const { send, config } = kernel
  const { scheduler } = config
  const drain = draining(parts)
  let report: CloseReport = nothingLeft
  /** Emits when `close` was called with a drain of 0 ms: no call waits any longer. */
  const hurried$ = new AsyncSubject<void>()

  const drained = (drainMs: number): ResultStream<CloseReport> =>
    decided(
      kernel,
      {},
      {
        begin: () => {
          drain.begin(drainMs, (left) => {
            report = left
            send({ _tag: 'Close' })
          })
        },
        decide: (now) => (now._tag === 'Closed' ? E.right(report) : undefined),
      },
    )
  /** Emits once the store has everything, or after its time to open. */
  const released = (): Observable<unknown> => (stored ? merge(stored.close(), hurried$).pipe(take(1)) : of(undefined))

  return {
    close: (options) =>
      start<CloseReport, CloseOptions>(kernel, options, {
        checks: closeChecks,
        // The client's own deadlines end with it, before the store has answered.
        deadlines: deadlinesOn(scheduler),
        aborted: cut.aborted,
        begin: (settle, { drainMs = defaultDrainMs }) => {
          if (drainMs === 0) {
            hurried$.next()
            hurried$.complete()
          }
          const waiting = drained(drainMs)
            .pipe(switchMap((done) => released().pipe(map(() => done))))
            .subscribe({ next: settle, error: rethrow })
          return (cause) => {
            waiting.unsubscribe()
            return cut[cause]()
          }
        },
      }),
    logout: (wait) =>
      start<undefined>(kernel, wait, {
        deadlines: deadlinesOn(scheduler),
        aborted: cut.aborted,
        begin: (settle) => {
          const erased$ = stored?.erase() ?? of(E.right(undefined))
          send({ _tag: 'Close' })
          const waiting = erased$.subscribe({ next: settle, error: rethrow })
          return (cause) => {
            waiting.unsubscribe()
            return cut[cause]()
          }
        },
      }),
  }
}
