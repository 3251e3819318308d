import { AsyncSubject, forkJoin, map, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { start } from '../client/action.js'
import type { Client } from '../client/client.js'
import type { ConnectOptions } from '../client/connecting.js'
import { closeChecks, type CloseOptions, type CloseReport, workLeft } from '../client/draining.js'
import type { Result, ResultStream } from '../core/result.js'
import { stream } from '../core/stream.js'
import type { WaitOptions } from '../core/wait.js'
import type { Kernel } from '../kernel/kernel.js'
import { observer } from '../store/calls.js'
import type { PoolParts } from './parts.js'

/** The calls about all members of a pool. */
export interface Together {
  readonly connect: (options?: Omit<ConnectOptions, 'room'>) => ResultStream<void>
  readonly disconnect: (options?: WaitOptions) => ResultStream<void>
  readonly drain: (options?: CloseOptions) => ResultStream<CloseReport>
  readonly close: (options?: CloseOptions) => ResultStream<CloseReport>
}

const sum = (all: readonly CloseReport[]): CloseReport => ({
  undelivered: all.reduce((count, { undelivered }) => count + undelivered, 0),
  stored: all.reduce((count, { stored }) => count + stored, 0),
  uncommitted: all.flatMap(({ uncommitted }) => uncommitted),
})

/** The first error, or all values. */
const sequence = <T>(all: readonly Result<T>[]): Result<readonly T[]> =>
  all.find(E.isLeft) ?? E.right(all.flatMap((each) => (E.isRight(each) ? [each.right] : [])))

/** `end` is called at a close, and `ended` when all members have ended. */
export const together = (
  { members, turns, deadlines, threw, watches }: PoolParts,
  { diagnostics }: Kernel,
  { end, ended }: { readonly end: () => void; readonly ended: () => void },
): Together => {
  /** Calls all members at once, and emits once all have answered. */
  const each = <T, R>(act: (client: Client) => ResultStream<T>, of: (all: readonly T[]) => R): ResultStream<R> => {
    const result$ = new AsyncSubject<Result<R>>()
    const all$: Observable<readonly Result<T>[]> = forkJoin(members.all().map(({ client }) => act(client)))
    all$.pipe(map((all) => E.map(of)(sequence(all)))).subscribe(result$)
    return stream(threw, result$)
  }
  const nothing = (): undefined => undefined

  return {
    connect: (options) => each((client) => client.connect(options), nothing),
    disconnect: (options) => each((client) => client.disconnect(options), nothing),
    drain: (options) =>
      start<CloseReport, CloseOptions>({ turns, deadlines, diagnostics }, options, {
        checks: closeChecks,
        begin: (settle, { drainMs = 5_000 }) => {
          const left = (): CloseReport => sum(members.all().map(({ parts }) => workLeft(parts)))
          const look = (): void => {
            const rest = left()
            if (rest.undelivered + rest.stored + rest.uncommitted.length === 0) settle(E.right(rest))
          }
          const late = deadlines.after(drainMs, () => {
            settle(E.right(left()))
          })
          watches.add(look)
          look()
          return () => {
            watches.delete(look)
            late.cancel()
          }
        },
      }),
    close: (options) => {
      end()
      const result$ = each((client) => client.close(options), sum)
      result$.subscribe(
        observer((result) => {
          if (E.isRight(result)) ended()
        }),
      )
      return result$
    },
  }
}
