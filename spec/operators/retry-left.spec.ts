import {
  concat,
  defer,
  delay,
  NEVER,
  type Observable,
  of,
  type SchedulerLike,
  throwError,
  timer,
  VirtualTimeScheduler,
} from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import * as E from '#fp/Either'
import { type RetryLeft, retryLeft } from '../../lib/operators/index.js'
import { completed, errored, type Marble } from '../../lib/testing/marble.js'
import { expectTimeline, timeline } from '../../lib/testing/timeline.js'
import { virtualTime } from '../../lib/testing/virtual.js'

interface Failure {
  readonly kind: 'retry' | 'terminal'
  readonly retryAfterMs?: number
  readonly spreadMs?: number
}
type Answer = E.Either<Failure, string>

const busy: Answer = E.left({ kind: 'retry' })
const forbidden: Answer = E.left({ kind: 'terminal' })
const ok: Answer = E.right('ok')

/** Answers in turn, one per subscription, 10 ms after it. */
const answering = (
  scheduler: SchedulerLike,
  ...answers: readonly (Answer | readonly Answer[])[]
): Observable<Answer> => {
  let attempts = 0
  return defer(() => of(...[answers[attempts++] ?? ok].flat()).pipe(delay(10, scheduler)))
}

const plan = { floorMs: 0, firstMs: 100, factor: 2, capMs: 400 }

/** In a scheduler that rxjs does not know of, outside of `run`: what is not injected is not seen. */
const played = (
  source: (scheduler: SchedulerLike) => Observable<Answer>,
  options: RetryLeft<Failure> = {},
  untilMs = 100_000,
): readonly Marble<Answer>[] => {
  const scheduler = virtualTime()
  const stream = source(scheduler).pipe(retryLeft({ ...plan, random: () => 1, scheduler, ...options }))
  const { records } = timeline(stream, { scheduler, untilMs })
  scheduler.run()
  return records
}

describe('retryLeft', () => {
  it('[OP20] tries again after a growing wait, up to its cap', () => {
    expectTimeline(played((s) => answering(s, busy, busy, busy, busy, ok))).toBe([
      // Waits of 100, 200, 400 and 400 ms between answers that take 10.
      [5 * 10 + 1_100, ok],
      [5 * 10 + 1_100, completed],
    ])
  })

  it('[OP20] [T9] takes its time from the scheduler alone', () => {
    const scheduler = new VirtualTimeScheduler()
    const source = answering(scheduler, busy, ok).pipe(retryLeft({ ...plan, random: () => 0.5, scheduler }))
    const actual = timeline(source, { scheduler, untilMs: 1_000 })
    scheduler.flush()
    expectTimeline(actual).toBe([
      [70, ok],
      [70, completed],
    ])
  })

  it('[OP20] is written in marbles as well', () => {
    const test = new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected)
    })
    test.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Answer>('-b-', { b: busy })
      const retried = source.pipe(retryLeft({ ...plan, count: 2, random: () => 0.5, scheduler: test }))
      expectObservable(retried, '^ 200ms !').toBe('1ms - 50ms - 100ms b', { b: busy })
      expectSubscriptions(source.subscriptions).toBe(['^!', '51ms ^!', '152ms ^ 47ms - !'])
    })
  })

  it('[OP21] lets other Lefts through, and goes on', () => {
    expectTimeline(played((s) => answering(s, [forbidden, ok]))).toBe([
      [10, forbidden],
      [10, ok],
      [10, completed],
    ])
  })

  it('[OP21] tries again what `when` says; if it throws, nothing', () => {
    expect(played((s) => answering(s, forbidden), { when: ({ kind }) => kind === 'terminal' })[0]).toEqual([120, ok])
    const throwing = (): never => {
      throw new Error('no')
    }
    expect(played((s) => answering(s, busy), { when: throwing })[0]).toEqual([10, busy])
  })

  it('[OP22] gives the Left after so many retries in a row', () => {
    expectTimeline(played((s) => answering(s, busy, busy, busy), { count: 2 })).toBe([
      [330, busy],
      [330, completed],
    ])
    expectTimeline(played((s) => answering(s, busy), { count: 0 })).toBe([
      [10, busy],
      [10, completed],
    ])
  })

  it('[OP22] starts to count again with a Right', () => {
    const records = played((s) => answering(s, busy, [ok, busy], [ok, busy], ok), { count: 1 })
    expectTimeline(records).toBe([
      [120, ok],
      [230, ok],
      [340, ok],
      [340, completed],
    ])
  })

  it('[OP23] [T12] obeys the wait that a server asks for', () => {
    const later: Answer = E.left({ kind: 'retry', retryAfterMs: 5_000, spreadMs: 1_000 })
    expect(played((s) => answering(s, later))[0]).toEqual([6_020, ok])
    const never: Answer = E.left({ kind: 'retry', retryAfterMs: 2 ** 40 })
    expect(played((s) => answering(s, never), {}, 2 ** 42)[0]).toEqual([2 ** 31 - 1 + 20, ok])
  })

  it('[OP24] [T7] starts again for each subscriber, and leaves errors of the source alone', () => {
    const scheduler = virtualTime()
    const boom = new Error('boom')
    const source = defer(() =>
      concat(
        of(ok),
        timer(5, scheduler),
        throwError(() => boom),
      ),
    ) as Observable<Answer>
    const stream = source.pipe(retryLeft({ scheduler }))
    const both = [timeline(stream, { scheduler, untilMs: 50 }), timeline(stream, { scheduler, untilMs: 50 })]
    scheduler.run()
    for (const { records } of both) expect(records.map(([ms]) => ms)).toEqual([0, 5, 5])
    expect(both[0]!.records.at(-1)).toEqual([5, errored(boom)])
  })

  it('[OP24] [P26] leaves nothing behind when it is unsubscribed, also while it waits', () => {
    for (const after of [5, 50]) {
      const scheduler = virtualTime()
      const subscription = answering(scheduler, busy, busy, busy)
        .pipe(retryLeft({ ...plan, scheduler }))
        .subscribe()
      scheduler.advanceTo(after)
      subscription.unsubscribe()
      expect(scheduler.pending()).toBe(0)
    }
    expect(played(() => NEVER)).toEqual([])
  })

  it('[OP24] waits even for a source that answers within the call', () => {
    const scheduler = virtualTime()
    let attempts = 0
    const source = defer(() => of(++attempts < 1_000 ? busy : ok))
    const actual = timeline(source.pipe(retryLeft({ ...plan, random: () => 0, scheduler })), { scheduler, untilMs: 10 })
    scheduler.run()
    expectTimeline(actual).toBe([
      [0, ok],
      [0, completed],
    ])
  })
})
