import { Observable, type Observer, type Operator, Subscriber, type Subscription, type TeardownLogic } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { thrownText } from './guard.js'
import { readLength } from './redact.js'
import { hasMethods } from './shape.js'

/** Reports an error that a subscriber threw; `false` if nobody listens: then RxJS reports it as usual. */
export type Report = (thrown: unknown) => boolean

/**
 * An Observable that reports each error that a subscriber throws as a fault, without affecting other subscribers.
 * Applies to everything piped from it.
 */
export class Stream<T> extends Observable<T> {
  // No `#report`: Vue and other libraries wrap an object of a component's state in a Proxy, and a private field cannot
  // be read through it. Plain rxjs has none either.
  private readonly report: Report

  constructor(report: Report, subscribe?: (to: Subscriber<T>) => TeardownLogic) {
    super(subscribe)
    this.report = report
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    return Object.assign(new Stream<R>(this.report), { source: this, operator })
  }

  override subscribe(
    to?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((thrown: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    return super.subscribe(this.subscriberOf(to, error, complete))
  }

  /** Returns a subscriber whose errors are reported; a subscriber of any copy of rxjs stays as it is. */
  protected subscriberOf(
    to?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((thrown: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscriber<T> {
    if (isSubscriber<T>(to)) return to
    return new Guarded(typeof to === 'object' && to ? to : { next: to, error, complete }, this.report)
  }
}

/**
 * True for a subscriber of any copy of rxjs, recognised by its shape as rxjs does: it ends the subscription itself when
 * it is done.
 */
const isSubscriber = <T>(to: unknown): to is Subscriber<T> =>
  hasMethods(to, 'next', 'error', 'complete', 'add', 'remove', 'unsubscribe') && 'closed' in to

type Handlers<T> = { readonly [K in keyof Observer<T>]?: Observer<T>[K] | null | undefined }

/** Notifies an observer, and reports the errors that it throws. */
class Guarded<T> extends Subscriber<T> {
  private observer: Handlers<T>
  private readonly report: Report

  constructor(observer: Handlers<T>, report: Report) {
    super()
    this.observer = observer
    this.report = report
  }

  /** Releases the observer: a source may hold its subscriber for some time. */
  override unsubscribe(): void {
    super.unsubscribe()
    this.observer = {}
  }

  protected override _next(value: T): void {
    try {
      this.observer.next?.(value)
    } catch (thrown) {
      this.blame(thrown)
    }
  }

  protected override _complete(): void {
    try {
      this.observer.complete?.()
    } catch (thrown) {
      this.blame(thrown)
    } finally {
      this.unsubscribe()
    }
  }

  protected override _error(error: unknown): void {
    try {
      if (this.observer.error) this.observer.error(error)
      else unhandled(error)
    } catch (thrown) {
      unhandled(thrown)
    } finally {
      this.unsubscribe()
    }
  }

  private blame(thrown: unknown): void {
    if (!this.report(thrown)) unhandled(thrown)
  }
}

/** Reports an unhandled error as RxJS does. */
export const unhandled = (error: unknown): void => {
  new Observable((to) => {
    to.error(error)
  }).subscribe()
}

/** Wraps an Observable in a stream. */
export const stream = <T>(report: Report, source: Observable<T>): Observable<T> =>
  new Stream<T>(report, (to) => source.subscribe(to))

/** Takes the first answer of a source, and ends it. `pipe(take(1))` takes twice as long. */
export class First<T> extends Subscriber<T> {
  readonly #settled: (answer: Either<string, T>) => void

  constructor(settled: (answer: Either<string, T>) => void) {
    super()
    this.#settled = settled
  }

  /** Ends the source with an answer. */
  settle(answer: Either<string, T>): void {
    this.unsubscribe()
    this.#settled(answer)
  }

  protected override _next(value: T): void {
    this.settle(E.right(value))
  }

  protected override _error(thrown: unknown): void {
    this.settle(E.left(thrownText(thrown, readLength)))
  }

  protected override _complete(): void {
    this.settle(E.left('it completed without an answer'))
  }
}
