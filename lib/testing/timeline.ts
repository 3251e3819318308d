import { identity, type Observable, type ObservedValueOf, type SchedulerLike } from 'rxjs'
import { alike, show } from './compare.js'

/** The end of a stream, on a timeline. */
export interface Completed {
  readonly _tag: 'Completed'
}
export const completed: Completed = /*#__PURE__*/ Object.freeze({ _tag: 'Completed' as const })

/** An error that ended a stream, on a timeline. */
export interface Errored {
  readonly _tag: 'Errored'
  readonly error: unknown
}
export const errored = (error: unknown): Errored => ({ _tag: 'Errored', error })

/** What happened when, in ms of the scheduler's clock. */
export type Mark<V> = readonly [ms: number, what: V | Completed | Errored]

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

  const record = (what: T | Completed | Errored): void => {
    const ms = scheduler.now()
    if (ms < untilMs) records.push([ms, what])
  }
  const subscription = source.subscribe({
    next: (value) => {
      record(project(value))
    },
    error: (error: unknown) => {
      record(errored(error))
    },
    complete: () => {
      record(completed)
    },
  })
  scheduler.schedule(
    () => {
      isOver = true
      subscription.unsubscribe()
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

const compare = (actual: readonly Mark<unknown>[], expected: readonly Mark<unknown>[]): void => {
  const length = Math.max(actual.length, expected.length)
  for (let index = 0; index < length; index++) {
    if (!alike(actual[index], expected[index])) throw new Error(difference(actual, expected, index))
  }
}

/** Records shown around the first difference, on either side of it. */
const CONTEXT = 8

const difference = (actual: readonly Mark<unknown>[], expected: readonly Mark<unknown>[], first: number): string => {
  const from = Math.max(0, first - CONTEXT)
  const to = Math.min(Math.max(actual.length, expected.length), first + CONTEXT + 1)
  const rows = Array.from({ length: to - from }, (_, row) => ({
    sign: from + row === first ? '>' : ' ',
    actual: line(actual[from + row]),
    expected: line(expected[from + row]),
  }))
  const width = Math.min(60, Math.max(6, ...rows.map((row) => row.actual.length)))
  const table = [{ sign: ' ', actual: 'actual', expected: 'expected' }, ...rows].map((row) =>
    `${row.sign} ${row.actual.padEnd(width)}  ${row.expected}`.trimEnd(),
  )
  const counts = `${actual.length} records, ${expected.length} expected`
  return [`timelines differ at record ${first} (${counts}):`, '', ...table].join('\n')
}

const line = (mark: Mark<unknown> | undefined): string => {
  if (!mark) return '-'
  const [ms, what] = mark
  return `${ms} ${what === completed ? '|' : show(what)}`
}
