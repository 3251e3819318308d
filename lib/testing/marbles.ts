import { asyncScheduler, noop, Observable, type SchedulerAction, Subscription, tap } from 'rxjs'
import { type RunHelpers, TestScheduler } from 'rxjs/testing'
import { epochNow } from '../core/platform.js'
import { delegatesOn } from './scheduler-delegates.js'
import type { marblesOf } from './marble.js'
import type { VirtualTime } from './virtual.js'

/** Options for `MarbleScheduler`. */
export interface MarbleOptions {
  /** The virtual time whose clock and queue it uses. */
  readonly time: VirtualTime
  /** Receives each moment that the run must reach, in ms. */
  readonly name: (ms: number) => void
  /** Runs the planned actions. */
  readonly advance: () => void
  /** Compares actual with expected records. Throws if they differ. */
  readonly compare: (actual: Logs, expected: Logs) => void
  /** Receives each value of an expected stream as it occurs. */
  readonly sees: (what: unknown) => void
}

type Logs = Parameters<typeof marblesOf>[0]
type Source = ReturnType<typeof TestScheduler.prototype.createHotObservable> | ReturnType<Cold>
type Cold = typeof TestScheduler.prototype.createColdObservable
type Expectation = ReturnType<typeof TestScheduler.prototype.expectObservable>

/**
 * rxjs' `TestScheduler`, always in run mode, with its actions on the heap of a virtual time: thousands of timers stay fast.
 *
 * The subscription of an expectation without `!` ends with the run, and with `!` both sides of `toEqual` end at that time;
 * rxjs itself never unsubscribes the first of them (ReactiveX/rxjs#7399).
 */
export class MarbleScheduler extends TestScheduler {
  readonly #options: MarbleOptions
  readonly #sources: { readonly name: string; readonly source: Source }[] = []
  readonly #planned = new Subscription()
  #windows = new Subscription()
  #isPlanning = false

  constructor(options: MarbleOptions) {
    super(options.compare)
    this.#options = options
    const { time } = options
    Object.defineProperties(this, {
      // All code in rxjs that needs the time reads one of these.
      frame: { get: time.now },
      now: { value: time.now },
      createDelegates: { value: () => delegatesOn(this) },
    })
  }

  override schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    const action = this.#options.time.schedule(work as (this: SchedulerAction<T>, state: T) => void, delay, state as T)
    if (this.#isPlanning) this.#planned.add(action)
    return action
  }

  /**
   * Runs one test at a time, and refuses to run inside a run of rxjs too: the end of the inner run would return rxjs'
   * timers to the platform while the outer run still needs them. In a run rxjs reports virtual time.
   */
  override run<T>(callback: (helpers: RunHelpers) => T): T {
    if (Math.abs(asyncScheduler.now() - epochNow()) > 1_000)
      throw new Error('a run inside a run: rxjs has one virtual time at a time, so end the outer run first')
    return super.run(callback)
  }

  /** Schedules an action of the test itself, which is no leak if the run ends before it is due. */
  plan(ms: number, work: () => void): void {
    this.#options.name(ms)
    this.#planning(() => this.schedule(work, ms - this.now()))
  }

  override createColdObservable<T = string>(
    ...given: Parameters<typeof TestScheduler.prototype.createColdObservable<T>>
  ): ReturnType<typeof TestScheduler.prototype.createColdObservable<T>> {
    const source = super.createColdObservable<T>(...given)
    this.#sources.push({ name: `cold('${given[0]}')`, source })
    return source
  }

  override createHotObservable<T = string>(
    ...given: Parameters<typeof TestScheduler.prototype.createHotObservable<T>>
  ): ReturnType<typeof TestScheduler.prototype.createHotObservable<T>> {
    const source = super.createHotObservable<T>(...given)
    this.#sources.push({ name: `hot('${given[0]}')`, source: source as Source })
    this.#options.name(lastFrame(source.messages))
    return source
  }

  override expectObservable<T>(source: Observable<T>, marbles: string | null = null): Expectation {
    const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(marbles, true)
    const begin = subscribedFrame === Infinity ? 0 : subscribedFrame
    const end = new Subscription()
    this.#windows.add(end)
    this.#options.name(unsubscribedFrame === Infinity ? begin : unsubscribedFrame)
    const { toBe, toEqual } = super.expectObservable(this.#window(source, end, true), `${begin}ms ^`)
    if (unsubscribedFrame !== Infinity) this.schedule(() => end.unsubscribe(), unsubscribedFrame)

    return {
      toBe: (expected, values, error) => {
        this.#options.name(lastFrame(TestScheduler.parseMarbles(expected, undefined, undefined, false, true)))
        toBe(expected, values, error)
      },
      toEqual: (other: Observable<unknown>) => {
        toEqual(this.#window(other, end, false) as never)
      },
    }
  }

  override flush(): void {
    const { hotObservables } = this
    this.#planning(() => {
      for (const hot of hotObservables.splice(0)) hot.setup()
    })
    this.#options.advance()
    this.#windows.unsubscribe()
    this.#windows = new Subscription()
    super.flush()
  }

  /** Ends the expectations and cancels planned actions. */
  end(): void {
    this.#windows.unsubscribe()
    this.#planned.unsubscribe()
  }

  /** Returns one line for each marble source that still has a subscription. */
  leaks(): readonly string[] {
    return this.#sources.flatMap(({ name, source }) =>
      source.subscriptions
        .filter(({ unsubscribedFrame }) => unsubscribedFrame === Infinity)
        .map(({ subscribedFrame }) => `${name} is subscribed to since ${subscribedFrame} ms`),
    )
  }

  #planning(work: () => void): void {
    this.#isPlanning = true
    work()
    this.#isPlanning = false
  }

  #window<T>(source: Observable<T>, end: Subscription, isSeen: boolean): Observable<T> {
    const { sees } = this.#options
    return new Observable((to) => {
      const subscription = source.pipe(tap<T>({ next: isSeen ? sees : noop })).subscribe(to)
      end.add(subscription)
      return subscription
    })
  }
}

const lastFrame = (messages: readonly { readonly frame: number }[]): number =>
  messages.reduce((last, { frame }) => Math.max(last, frame), 0)
