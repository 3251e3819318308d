import { identity, type Observable, type ObservedValueOf, type SchedulerLike, type Subscription } from 'rxjs'
import { compare } from './difference.js'
import { type Completed, completed, type Errored, errored, type Mark } from './mark.js'

/** What a stream does, as it does it. */
export interface Timeline<V> {
  /** So far. */
  readonly records: readonly Mark<V>[]
  /** True once its time is over. */
  readonly over: () => boolean
  /** Calls once, at the end of its time; at once if that has passed. */
  readonly whenOver: (call: () => void) => void
}

/** What `timeline` is told. */
export interface TimelineOptions {
  /** A scheduler whose time the test lets pass: rxjs' `TestScheduler` or `VirtualTimeScheduler`, or `virtualTime()`. */
  readonly scheduler: SchedulerLike
  /** Until then, exclusively, is recorded, and then is unsubscribed. In ms of the scheduler's clock. */
  readonly untilMs: number
}

/** What is recorded of a value, where that is not the value. */
export interface Projection<T, V> {
  readonly project: (value: T) => V
}

/**
 * Subscribes now and records what happens with its exact time, any number of values in one millisecond. Always
 * unsubscribes, so that streams that never end can be tested.
 */
export const timeline: {
  <S extends Observable<unknown>>(
    source: S,
    options: TimelineOptions & { readonly project?: never },
  ): Timeline<ObservedValueOf<S>>
  <S extends Observable<unknown>, V>(
    source: S,
    options: TimelineOptions & Projection<ObservedValueOf<S>, V>,
  ): Timeline<V>
} = <T>(
  source: Observable<T>,
  { scheduler, untilMs, project = identity }: TimelineOptions & Partial<Projection<T, T>>,
): Timeline<T> => {
  const records: Mark<T>[] = []
  const waiting: (() => void)[] = []
  let isOver = false
  const recording = record(source, project, (what) => {
    const ms = scheduler.now()
    if (ms < untilMs) records.push([ms, what])
  })
  scheduler.schedule(
    () => {
      isOver = true
      recording.unsubscribe()
      for (const call of waiting) call()
    },
    Math.max(0, untilMs - scheduler.now()),
  )

  return {
    records,
    over: () => isOver,
    whenOver: (call) => {
      if (isOver) call()
      else waiting.push(call)
    },
  }
}

/** Subscribes, and tells values and ends alike. */
export const record = <T, V>(
  source: Observable<T>,
  project: (value: T) => V,
  told: (what: V | Completed | Errored) => void,
): Subscription =>
  source.subscribe({
    next: (value) => {
      told(project(value))
    },
    error: (error: unknown) => {
      told(errored(error))
    },
    complete: () => {
      told(completed)
    },
  })

/** What `expectTimeline` answers. */
export interface TimelineExpectation<V> {
  /**
   * Throws an `Error` that shows both timelines side by side if they differ. Where the time is not over yet it does so
   * then: out of `flush`, `run` or `advanceTo`.
   */
  readonly toBe: (expected: readonly Mark<V>[]) => void
}

/** Compares a timeline, or records of one, with what was expected: every value and every time exactly. */
export const expectTimeline = <V>(actual: Timeline<V> | readonly Mark<V>[]): TimelineExpectation<V> => ({
  toBe: (expected) => {
    if ('records' in actual) {
      actual.whenOver(() => {
        compare(actual.records, expected)
      })
    } else {
      compare(actual, expected)
    }
  },
})
