import { Subscription } from 'rxjs'
import type { ConnectionState as State } from '../connection/model.js'
import type { Checks } from '../core/check.js'
import { connectionError, type WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import type { Cut, WaitOptions } from '../core/wait.js'
import type { Kernel } from '../kernel/kernel.js'
import { start } from './action.js'
import { told } from '#texts'

/** The error for each reason that ends the wait of a client's call. */
export const cut: Readonly<Record<Cut, () => WebSocketError>> = {
  aborted: () => connectionError({ ...told('connection/aborted'), kind: 'terminal' }),
  timeout: () => connectionError({ ...told('connection/timeout'), kind: 'retry' }),
}

/** Result streams never error, unless a room handle comes from elsewhere. */
export const rethrow = (thrown: unknown): void => {
  throw thrown
}

export interface Decision<T> {
  readonly begin: () => void
  /** The result of a state, if it decides the call. */
  readonly decide: (state: State) => Result<T> | undefined
  readonly checks?: Checks
}

/** Begins at the call, and answers once, with the first state that decides the result. */
export const decided = <T>(
  kernel: Kernel,
  wait: WaitOptions | null | undefined,
  { begin, decide, checks }: Decision<T>,
): ResultStream<T> => {
  const { turns, state } = kernel
  return start<T>(kernel, wait, {
    ...(checks && { checks }),
    aborted: cut.aborted,
    begin: (settle) => {
      let watching = Subscription.EMPTY
      let isOver = false
      begin()
      turns.route(() => {
        if (isOver) return
        watching = state.watch((next) => {
          const result = isOver ? undefined : decide(next)
          if (!result) return
          isOver = true
          settle(result)
          turns.enter(() => {
            watching.unsubscribe()
          })
        })
      })
      return (cause) => {
        isOver = true
        watching.unsubscribe()
        return cut[cause]()
      }
    },
  })
}
