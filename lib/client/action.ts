import { AsyncSubject, Subscription, type TeardownLogic } from 'rxjs'
import * as E from '#fp/Either'
import { type Checks, given } from '../core/check.js'
import type { Deadlines } from '../core/deadlines.js'
import { connectionError, type WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { stream } from '../core/stream.js'
import { type Cut, isAborted, waitChecks, type WaitOptions, watchWait } from '../core/wait.js'
import type { Kernel } from '../kernel/kernel.js'
import { told } from '#texts'

/** Settles an action. Later calls are ignored. */
export type Settle<T> = (result: Result<T>) => void

export interface Action<T, O extends WaitOptions> {
  /** Starts the action in a turn. The teardown runs once the action is settled, or before it is cut. */
  readonly begin: (settle: Settle<T>, options: Partial<O>) => TeardownLogic
  /** Every option of the action. Default: those of a wait. */
  readonly checks?: Checks
  /** The default of `withinMs`. */
  readonly withinMs?: number | ((options: Partial<O>) => number)
  /**
   * Gives up a waiting action and returns the error; also the error of a signal that was aborted before the call, and
   * then the action does not start. Called in a turn, at most once. Default: the error of a client's call.
   */
  readonly cut?: (cause: Cut, withinMs: number) => WebSocketError
  /** The deadlines that measure `withinMs`. Default: the client's deadlines, which end with it. */
  readonly deadlines?: Pick<Deadlines, 'after'>
}

/**
 * Starts an action at the call, unless an option is invalid. Its stream emits exactly one result, replays it to later
 * subscribers and completes; unsubscribing cancels nothing.
 */
export const start = <T, O extends WaitOptions = WaitOptions>(
  kernel: Pick<Kernel, 'turns' | 'deadlines' | 'diagnostics'>,
  raw: O | null | undefined,
  { begin, cut = cutShort, checks = waitChecks, withinMs, deadlines = kernel.deadlines }: Action<T, O>,
): ResultStream<T> => {
  const { turns } = kernel
  const { fault, options } = given<O>(raw, checks)
  const wait = {
    ...options,
    withinMs: options.withinMs ?? (typeof withinMs === 'function' ? withinMs(options) : withinMs),
  }
  const result$ = new AsyncSubject<Result<T>>()
  /** Open until the action is settled. */
  const begun = new Subscription()
  const settle = (resultOf: () => Result<T>): void => {
    if (begun.closed) return
    begun.unsubscribe()
    const result = resultOf()
    turns.within(() => {
      turns.publish(() => {
        result$.next(result)
        result$.complete()
      })
    })
  }
  const end = (cause: Cut): void => {
    settle(() => E.left(cut(cause, wait.withinMs ?? 0)))
  }
  turns.command(() => {
    if (fault) settle(() => E.left(fault))
    else if (isAborted(wait.signal)) end('aborted')
    else {
      const settled: Settle<T> = (result) => {
        settle(() => result)
      }
      begun.add(begin(settled, wait))
      if (begun.closed) return
      const late = (cause: Cut): void => {
        turns.enter(() => {
          end(cause)
        })
      }
      begun.add(watchWait(wait, deadlines, late))
    }
  })
  return stream(kernel.diagnostics.threw, result$)
}

/** The error of a client's call whose wait has ended. */
export const cutShort = (cause: Cut): WebSocketError =>
  connectionError({ ...told(`connection/${cause}`), kind: cause === 'aborted' ? 'terminal' : 'retry' })
