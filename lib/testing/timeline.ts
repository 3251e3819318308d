import { identity, type Observable, type ObservedValueOf, type SchedulerLike, type Subscription } from 'rxjs'
import { compare } from './difference.js'
import { type Completed, completed, type Errored, errored, type Marble } from './marble.js'

/** The events of a stream, recorded as they happen. */
export interface Timeline<V> {
  /** The records so far. */
  readonly records: readonly Marble<V>[]
  /** True once the recording has ended. */
  readonly over: () => boolean
  /** Calls once, at the end of the recording, or at once if it has ended. */
  readonly whenOver: (call: () => void) => void
}

/** Options for `timeline`. */
export interface TimelineOptions {
  /** Scheduler whose time the test advances: rxjs' `TestScheduler` or `VirtualTimeScheduler`, or `virtualTime()`. */
  readonly scheduler: SchedulerLike
  /** End of the recording, exclusive, in ms of the scheduler's clock; `timeline` unsubscribes then. */
  readonly untilMs: number
}

/** Records a projection of each value in place of the value. */
export interface Projection<T, V> {
  readonly project: (value: T) => V
}

/**
 * Subscribes now and records every event with its exact time, any number of values in one millisecond. Always unsubscribes,
 * so that a test can use streams that never end.
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
  const records: Marble<T>[] = []
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

/** Subscribes, and passes values, error and completion to one function. */
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

/** The result of `expectTimeline`. */
export interface TimelineExpectation<V> {
  /**
   * Throws an `Error` that shows both timelines side by side if they differ. If the recording has not ended, it throws at
   * its end: out of `flush`, `run` or `advanceTo`.
   */
  readonly toBe: (expected: readonly Marble<V>[]) => void
}

/** Compares a timeline, or records of one, with the expected records: every value and every time exactly. */
export const expectTimeline = <V>(actual: Timeline<V> | readonly Marble<V>[]): TimelineExpectation<V> => ({
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
