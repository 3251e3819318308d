import { AsyncSubject, of, tap } from 'rxjs'
import * as E from '#fp/Either'
import { type Checks, given } from './check.js'
import type { Deadlines } from './deadlines.js'
import { connectionError, type ConnectionError } from './error.js'
import type { Result, ResultStream } from './result.js'
import { type Cut, isAborted, waitChecks, type WaitOptions, watchWait } from './wait.js'

/** The limits of an action's wait. */
export interface Wait {
  /** The action's name, for messages. */
  readonly name: string
  readonly options: WaitOptions | null | undefined
  /** Every option of the action. Default: those of a wait. */
  readonly checks?: Checks
  readonly deadlines: Pick<Deadlines, 'after'>
  /** Called if the wait ends before the action. Default: the action goes on. */
  readonly cut?: () => void
}

/**
 * Starts an action and emits its answer, or `Left` if the signal is aborted or the time ends first. Starts nothing if
 * an option is invalid or the signal is aborted already.
 */
export const limited = <T>(
  { name, options: raw, checks = waitChecks, deadlines, cut }: Wait,
  start: () => ResultStream<T>,
): ResultStream<T> => {
  const { fault, options } = given(raw, checks)
  if (fault) return of(E.left(fault))
  if (isAborted(options.signal)) return of(E.left(cutShort(name, 'aborted')))
  if (!options.signal && options.withinMs === undefined) return start()
  const answer = new AsyncSubject<Result<T>>()
  const stop = watchWait(options, deadlines, (cause) => {
    answer.next(E.left(cutShort(name, cause)))
    answer.complete()
    cut?.()
  })
  start().pipe(tap(stop)).subscribe(answer)
  return answer.asObservable()
}

const cutShort = (name: string, cause: Cut): ConnectionError =>
  connectionError({
    code: `server/${cause}`,
    message:
      cause === 'aborted' ? `The signal was aborted before ${name} answered.` : `${name} did not answer in time.`,
    remedy: cause === 'aborted' ? 'Nothing to do: the caller has aborted it.' : 'Give it more time by withinMs.',
    kind: 'terminal',
  })
