import * as E from '#fp/Either'
import { between, type Checks } from './check.js'
import type { Deadlines } from './deadlines.js'
import { guard } from './guard.js'
import { hasMethods } from './shape.js'

/** An `AbortSignal`, recognised by its members: of the platform, of another realm, or a polyfill. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly addEventListener: (type: 'abort', listener: () => void) => void
  readonly removeEventListener: (type: 'abort', listener: () => void) => void
}

/** Limits of an action's wait. Both are optional. */
export interface WaitOptions {
  /** Ends the wait when it is aborted: the answer is `Left` with a code that ends in `/aborted`. Its reason is not read. */
  readonly signal?: AbortSignalLike | undefined
  /**
   * The longest wait in milliseconds, above 0: then the answer is `Left` with a code that ends in `/timeout`.
   * `Infinity` is no limit.
   */
  readonly withinMs?: number | undefined
}

/** The reason of an early end of a wait. */
export type Cut = 'aborted' | 'timeout'

/**
 * Calls `cut` at most once: when the signal is aborted or the time is over. Returns a function that ends the watch and
 * removes the listener; call it once the action is settled. A signal that is aborted already emits no event: ask
 * `isAborted` first.
 */
export const watchWait = (
  { signal, withinMs }: WaitOptions,
  deadlines: Pick<Deadlines, 'after'>,
  cut: (cause: Cut) => void,
): (() => void) => {
  const stop = (): void => {
    late?.cancel()
    guard(() => signal?.removeEventListener('abort', aborted))
  }
  const end = (cause: Cut): void => {
    stop()
    cut(cause)
  }
  const aborted = (): void => {
    end('aborted')
  }
  const late =
    withinMs === undefined
      ? undefined
      : deadlines.after(withinMs, () => {
          end('timeout')
        })
  guard(() => signal?.addEventListener('abort', aborted))
  return stop
}

/** True for an aborted signal. */
export const isAborted = (signal: AbortSignalLike | undefined): boolean =>
  signal !== undefined && E.getOrElse(() => false)(guard(() => signal.aborted))

/** True for an `AbortSignal`, by its members alone. */
export const isAbortSignal = (value: unknown): value is AbortSignalLike =>
  E.getOrElse(() => false)(
    guard(
      () =>
        hasMethods(value, 'addEventListener', 'removeEventListener') &&
        typeof (value as Partial<AbortSignalLike>).aborted === 'boolean',
    ),
  )

/** The checks of an action's limits. */
export const waitChecks: Checks<keyof WaitOptions> = {
  signal: { expected: 'signal', is: isAbortSignal },
  withinMs: { expected: 'time', is: /*#__PURE__*/ between(Number.MIN_VALUE, Infinity) },
}
