import { identity, type Observable, type SchedulerLike, Subscription } from 'rxjs'
import { difference, firstDifference, textOf } from './difference.js'
import { callersOf, failure } from './failure.js'
import type { Marble } from './marble.js'
import type { ExpectOptions } from './run-helpers.js'
import { type Projection, record, type Timeline, type TimelineExpectation } from './timeline.js'
import type { Transcript } from './transcript.js'

type Marks = readonly Marble<unknown>[]

/** The expectations of a run, and their checks. */
export interface Expectations {
  /** Makes an expectation about a stream, and subscribes to the stream now. */
  readonly ofStream: <T, V>(
    source: Observable<T>,
    options: ExpectOptions & Partial<Projection<T, V>>,
    isShown: boolean,
  ) => TimelineExpectation<V>
  /** Makes an expectation about records that come from elsewhere. */
  readonly ofRecords: <V>(actual: Timeline<V> | readonly Marble<V>[]) => TimelineExpectation<V>
  /** Throws an `Error` that shows the difference and the transcript around it, if the lists differ. */
  readonly judge: (actual: Marks, expected: Marks, place?: string) => void
  /** Notes a value of an expected stream in the transcript. */
  readonly sees: (what: unknown) => void
  /** Compares all expectations so far, and removes them. */
  readonly check: () => void
  /** Throws an `Error` if an expectation has no `toBe`: it would pass whatever the stream emits. */
  readonly insist: () => void
  /** Unsubscribes from all streams. */
  readonly end: () => void
}

/** The dependencies of `expectations`. */
export interface ExpectationsParts {
  readonly scheduler: SchedulerLike
  readonly transcript: Transcript
  /** Schedules the end of a recording. */
  readonly plan: (ms: number, act: () => void) => void
  /** Receives the last moment of each expectation, in ms. */
  readonly reach: (ms: number) => void
}

export const expectations = ({ scheduler, transcript, plan, reach }: ExpectationsParts): Expectations => {
  const windows = new Subscription()
  let checks: (() => void)[] = []
  const unsaid = new Set<unknown>()

  const judge = (actual: Marks, expected: Marks, place?: string): void => {
    const first = firstDifference(actual, expected)
    if (first === undefined) return
    const [ms] = actual[first] ?? expected[first] ?? []
    throw failure(difference(actual, expected, first), transcript.show(ms), place)
  }
  const sees = (what: unknown): void => {
    transcript.note('client', '', () => [`sees ${textOf(what)}`])
  }
  const expectation = <V>(records: () => readonly Marble<V>[]): TimelineExpectation<V> => {
    unsaid.add(records)
    return {
      toBe: function called(expected) {
        const place = callersOf(called)
        unsaid.delete(records)
        reach(expected.at(-1)?.[0] ?? 0)
        checks.push(() => {
          judge(records(), expected, place)
        })
      },
    }
  }

  return {
    ofStream: (source, { untilMs = Infinity, project = identity as never }, isShown) => {
      const records: Marble<ReturnType<typeof project>>[] = []
      const recording = record(source, project, (what) => {
        const ms = scheduler.now()
        if (ms >= untilMs) return
        if (isShown) sees(what)
        records.push([ms, what])
      })
      windows.add(recording)
      if (untilMs < Infinity) {
        plan(untilMs, () => {
          recording.unsubscribe()
        })
      }
      return expectation(() => records)
    },
    ofRecords: (actual) => expectation(() => ('records' in actual ? actual.records : actual)),
    judge,
    sees,
    check: () => {
      const due = checks
      checks = []
      for (const check of due) check()
    },
    insist: () => {
      if (unsaid.size > 0) throw new Error(`${unsaid.size} of what was expected without .toBe(…): nothing is compared`)
    },
    end: () => {
      windows.unsubscribe()
    },
  }
}
