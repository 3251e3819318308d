import { from, isObservable, NEVER, Observable, type SchedulerLike, tap } from 'rxjs'

/** Watches the results of the test's functions for promises. */
export interface Promises {
  /** Returns the same result. If it is a promise or an Observable that awaits one, the run fails and says what to return. */
  readonly watch: <T>(option: string, answer: T) => T
  /** Wraps a function so that its results are watched. */
  readonly watched: <A extends unknown[], T>(option: string, call: (...given: A) => T) => (...given: A) => T
}

/**
 * A promise settles in real time, and a virtual scheduler does not wait for that: code that needs the result would wait for
 * ever, and a test would hang, or pass without testing anything. So a promise is an error, which `flush`, `run` or
 * `advance…` throws.
 */
export const promises = (scheduler: SchedulerLike): Promises => {
  const fail = (option: string): void => {
    const error = new Error(
      `${option} gave a promise, which never settles in virtual time. ` +
        "Return the value itself or of(value), or cold('20ms (a|)', { a: value }) where it is to take 20 ms.",
    )
    scheduler.schedule(() => {
      throw error
    })
  }
  const listened = <T>(option: string, source: Observable<T>): Observable<T> =>
    new Observable((to) => {
      let answers = 0
      const answered = (): void => {
        answers++
      }
      const isWaiting = asksPromises(() => {
        to.add(source.pipe(tap({ next: answered, error: answered, complete: answered })).subscribe(to))
      })
      if (isWaiting && answers === 0) fail(option)
    })
  const watch = <T>(option: string, answer: T): T => {
    if (isObservable(answer)) return listened(option, answer) as T
    if (!isPromise(answer)) return answer
    // A later rejection of the promise does not matter any more.
    if (isThenable(answer)) from(answer).subscribe({ error: () => undefined })
    fail(option)
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

/** True for promises, and for async iterables, which await promises. */
const isPromise = (value: unknown): boolean =>
  isThenable(value) || (typeof value === 'object' && value !== null && Symbol.asyncIterator in value)

/** True if `work` calls `then` of a promise at once, as RxJS does for an Observable that is made of a promise. */
const asksPromises = (work: () => void): boolean => {
  const { then } = Promise.prototype
  let asks = false
  Promise.prototype.then = function (...given) {
    asks = true
    return Reflect.apply(then, this, given)
  }
  try {
    work()
  } finally {
    Promise.prototype.then = then
  }
  return asks
}
