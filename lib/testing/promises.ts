import { from, isObservable, NEVER, Observable, type SchedulerLike, tap } from 'rxjs'

/** Watches what functions of the test answer. */
export interface Promises {
  /** The same answer, unless it is a promise or an Observable that waits for one: then the run fails, and says what to return. */
  readonly watch: <T>(option: string, answer: T) => T
  /** The same function, whose answers are watched. */
  readonly watched: <A extends unknown[], T>(option: string, call: (...given: A) => T) => (...given: A) => T
}

/**
 * A promise settles in real time, which a virtual scheduler does not wait for: what waits for it would wait for ever, and
 * a test would hang or pass without having tested anything. So it is an error, thrown out of `flush`, `run` or `advance…`.
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
    // If it rejects, that is of no interest any more.
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

/** What waits for promises, too. */
const isPromise = (value: unknown): boolean =>
  isThenable(value) || (typeof value === 'object' && value !== null && Symbol.asyncIterator in value)

/** Whether something asks a promise for its result at once, as RxJS does where an Observable is made of one. */
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
