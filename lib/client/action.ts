import { AsyncSubject } from 'rxjs'
import * as E from '#fp/Either'
import { type Checks, given } from '../core/check.js'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { stream } from '../core/stream.js'
import { type Cut, isAborted, waitChecks, type WaitOptions, watchWait } from '../core/wait.js'
import type { Kernel } from '../kernel/kernel.js'

/** Settles an action. Later calls are ignored. */
export type Settle<T> = (result: Result<T>) => void

/** Gives up a waiting action and returns the error. Called in a turn, at most once, and only before the answer. */
export type GiveUp = (cause: Cut) => WebSocketError

export interface Action<T, O extends WaitOptions> {
  /** Starts the action in a turn. Returns the function that gives it up, or nothing if it has answered already. */
  readonly begin: (settle: Settle<T>, options: Partial<O>) => GiveUp | undefined
  /** Every option of the action. Default: those of a wait. */
  readonly checks?: Checks
  /** The default of `withinMs`. */
  readonly withinMs?: number
  /** The error of a signal that was aborted before the call; the action does not start then. */
  readonly aborted: () => WebSocketError
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
  { begin, aborted, checks = waitChecks, withinMs, deadlines = kernel.deadlines }: Action<T, O>,
): ResultStream<T> => {
  const { turns } = kernel
  const { fault, options } = given<O>(raw, checks)
  const wait = { ...options, withinMs: options.withinMs ?? withinMs }
  const result$ = new AsyncSubject<Result<T>>()
  let isSettled = false
  let stop: (() => void) | undefined

  const publish = (result: Result<T>): void => {
    turns.publish(() => {
      result$.next(result)
      result$.complete()
    })
  }
  const settle: Settle<T> = (result) => {
    if (isSettled) return
    isSettled = true
    stop?.()
    if (turns.busy()) publish(result)
    else
      turns.enter(() => {
        publish(result)
      })
  }
  turns.command(() => {
    if (fault) settle(E.left(fault))
    else if (isAborted(wait.signal)) settle(E.left(aborted()))
    else {
      const giveUp = begin(settle, wait)
      if (isSettled || !giveUp || (!wait.signal && wait.withinMs === undefined)) return
      stop = watchWait(wait, deadlines, (cause) => {
        turns.enter(() => {
          if (!isSettled) settle(E.left(giveUp(cause)))
        })
      })
    }
  })
  return stream(kernel.diagnostics.threw, result$)
}
