import { from, NEVER, type SchedulerLike } from 'rxjs'

/** Watches what functions of the test answer. */
export interface Promises {
  /** The same answer, unless it is a promise: then the run fails with what to return instead. */
  readonly watch: <T>(option: string, answer: T) => T
  /** The same function, whose answers are watched. */
  readonly watched: <A extends unknown[], T>(option: string, call: (...given: A) => T) => (...given: A) => T
}

/**
 * A promise settles in real time, which a virtual scheduler does not wait for: what waits for it would wait for ever, and
 * a test would hang or pass without having tested anything. So it is an error, thrown out of `flush`, `run` or `advance…`.
 */
export const promises = (scheduler: SchedulerLike): Promises => {
  const watch = <T>(option: string, answer: T): T => {
    if (!isPromise(answer)) return answer
    const error = new Error(
      `${option} gave a promise, which never settles in virtual time. ` +
        "Return the value itself or of(value), or cold('20ms (a|)', { a: value }) where it is to take 20 ms.",
    )
    // If it rejects, that is of no interest any more.
    if (isThenable(answer)) from(answer).subscribe({ error: () => undefined })
    scheduler.schedule(() => {
      throw error
    })
    return NEVER as T
  }
  return {
    watch,
    watched:
      (option, call) =>
      (...given) =>
        watch(option, call(...given)),
  }
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** What waits for promises, too. */
const isPromise = (value: unknown): boolean =>
  isThenable(value) || (typeof value === 'object' && value !== null && Symbol.asyncIterator in value)
