import {
  concat,
  delay,
  EMPTY,
  from,
  interval,
  map,
  NEVER,
  of,
  type SchedulerLike,
  throwError,
  timer,
  VirtualTimeScheduler,
} from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { alike, show } from '../../lib/testing/compare.js'
import { completed, errored, type Marble } from '../../lib/testing/marble.js'
import { expectTimeline, timeline } from '../../lib/testing/timeline.js'
import { virtualTime } from '../../lib/testing/virtual.js'

const clocks: readonly (readonly [string, () => { scheduler: SchedulerLike; flush: () => void }])[] = [
  ['virtualTime', () => { const time = virtualTime(); return { scheduler: time, flush: time.run } }],
  ['VirtualTimeScheduler', () => { const time = new VirtualTimeScheduler(); return { scheduler: time, flush: () => time.flush() } }],
] // prettier-ignore

describe.each(clocks)('a timeline in the time of %s', (_name, clock) => {
  it('[TS10] has exact times, and several values in one millisecond', () => {
    const { scheduler, flush } = clock()
    const source = concat(of('a', 'b'), timer(20, scheduler).pipe(map(() => 'c')), from(['d', 'e']))
    const actual = timeline(source, { scheduler, untilMs: 100 })
    flush()
    expectTimeline(actual).toBe([
      [0, 'a'],
      [0, 'b'],
      [20, 'c'],
      [20, 'd'],
      [20, 'e'],
      [20, completed],
    ])
  })

  it('[TS10] records errors, and what project makes of values', () => {
    const { scheduler, flush } = clock()
    const boom = new Error('boom')
    const source = concat(
      of({ _tag: 'Idle' }).pipe(delay(5, scheduler)),
      throwError(() => boom),
    )
    const actual = timeline(source, { scheduler, untilMs: 100, project: ({ _tag }) => _tag })
    flush()
    expectTimeline(actual).toBe([
      [5, 'Idle'],
      [5, errored(boom)],
    ])
  })

  it('[TS11] always unsubscribes, so that what never ends can be tested', () => {
    const { scheduler, flush } = clock()
    const actual = timeline(interval(10, scheduler), { scheduler, untilMs: 30 })
    flush()
    expect(actual.over()).toBe(true)
    expectTimeline(actual).toBe([
      [10, 0],
      [20, 1],
    ])
  })

  it('[TS11] ends before what happens at its end', () => {
    const { scheduler, flush } = clock()
    const actual = timeline(timer(30, scheduler), { scheduler, untilMs: 30 })
    flush()
    expectTimeline(actual).toBe([])
  })

  it('[TS12] is compared at the end of its time, if that is still to come', () => {
    const good = clock()
    expectTimeline(timeline(interval(10, good.scheduler), { scheduler: good.scheduler, untilMs: 15 })).toBe([[10, 0]])
    good.flush()
    const bad = clock()
    expectTimeline(timeline(NEVER, { scheduler: bad.scheduler, untilMs: 15 })).toBe([[10, 0 as never]])
    expect(bad.flush).toThrow('timelines differ at record 0 (0 records, 1 expected)')
  })
})

describe('a timeline in TestScheduler.run', () => {
  const differ = (): never => {
    throw new Error('unused')
  }

  it('[TS12] [T10] is compared when run flushes, with marbles as sources', () => {
    const test = new TestScheduler(differ)
    test.run(({ cold, hot }) => {
      expectTimeline(timeline(cold('-a 5ms (bc|)'), { scheduler: test, untilMs: 50 })).toBe([
        [1, 'a'],
        [7, 'b'],
        [7, 'c'],
        [7, completed],
      ])
      expectTimeline(timeline(hot('--x'), { scheduler: test, untilMs: 50 })).toBe([[2, 'x']])
    })
  })

  it('[TS12] fails the run that differs', () => {
    const test = new TestScheduler(differ)
    expect(() => {
      test.run(({ cold }) => {
        expectTimeline(timeline(cold('-a'), { scheduler: test, untilMs: 50 })).toBe([[2, 'a']])
      })
    }).toThrow('timelines differ at record 0 (1 records, 1 expected)')
  })

  it('[TS11] ends a stream that goes on for ever, where toEqual would hang', () => {
    const test = new TestScheduler(differ)
    test.run(() => {
      expectTimeline(timeline(interval(10), { scheduler: test, untilMs: 21 })).toBe([
        [10, 0],
        [20, 1],
      ])
    })
  })
})

describe('a difference', () => {
  const message = (actual: readonly Marble<unknown>[], expected: readonly Marble<unknown>[]): string => {
    try {
      expectTimeline(actual).toBe(expected)
      return ''
    } catch (thrown) {
      return (thrown as Error).message
    }
  }

  it('[TS13] is shown in two columns with the first of it marked', () => {
    expect(
      message(
        [
          [0, 'Idle'],
          [0, 'Connecting'],
          [12, { _tag: 'Online', since: 12 }],
          [20, completed],
        ],
        [
          [0, 'Idle'],
          [1, 'Connecting'],
          [12, { _tag: 'Online', since: 12 }],
        ],
      ),
    ).toBe(
      [
        'timelines differ at record 1 (4 records, 3 expected):',
        '',
        '  actual                            expected',
        '  0 "Idle"                          0 "Idle"',
        '> 0 "Connecting"                    1 "Connecting"',
        '  12 { _tag: "Online", since: 12 }  12 { _tag: "Online", since: 12 }',
        '  20 |                              -',
      ].join('\n'),
    )
  })

  it('[TS13] of long timelines is shown with its surroundings only', () => {
    const long = (other: number): readonly Marble<unknown>[] =>
      Array.from({ length: 1_000 }, (_, index) => [index, index === other ? 'other' : 'same'])
    const text = message(long(500), long(501))
    expect(text).toContain('differ at record 500')
    expect(text.split('\n')).toHaveLength(3 + 17)
  })

  it('[TS13] is none where there is none', () => {
    expect(message([], [])).toBe('')
    expect(message([[1, { a: [1] }]], [[1, { a: [1] }]])).toBe('')
    expect(message([[1, 'x']], [[1, expect.any(String)]])).toBe('')
    expect(message([[1, 1]], [[1, expect.any(String)]])).not.toBe('')
  })
})

describe('comparing', () => {
  const pairs: readonly (readonly [unknown, unknown, boolean])[] = [
    [NaN, NaN, true],
    [0, -0, false],
    [undefined, null, false],
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, false],
    [{ a: undefined }, { b: undefined }, false],
    [[1, [2]], [1, [2]], true],
    [[1], { 0: 1 }, false],
    [new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]]), true],
    [new Map([[1, 2]]), new Map([[1, 3]]), false],
    [new Set([1]), new Set([2]), false],
    [new Uint8Array([1]), new Uint8Array([1]), true],
    [new Uint8Array([1]), new Uint8Array([2]), false],
    [new Date(1), new Date(1), true],
    [new Date(1), new Date(2), false],
    [new Error('a'), new Error('a'), true],
    [new Error('a'), new Error('b'), false],
    [{ x: 1 }, { x: '1' }, false],
    [5, {}, false],
  ]
  it.each(pairs)('[TS14] %p and %p: %p', (actual, expected, same) => {
    expect(alike(actual, expected)).toBe(same)
  })

  it('[TS14] shows any value on one line', () => {
    const loop: { self?: unknown } = {}
    loop.self = loop
    expect(
      [undefined, null, 'a"b', 5n, Symbol('s'), new Error('no'), new Date(0), new Date(NaN), new Set([1])].map(
        (value) => show(value),
      ),
    ).toEqual([
      'undefined',
      'null',
      '"a\\"b"',
      '5n',
      'Symbol(s)',
      '[Error: no]',
      '[1970-01-01T00:00:00.000Z]',
      '[no date]',
      'Set [1]',
    ])
    expect(show(loop)).toBe('{ self: { self: { self: {…} } } }')
    expect(show([{}, new Uint8Array([1, 2]), function name() {}])).toBe('[{}, Uint8Array {1, 2}, [function name]]')
    expect(show(EMPTY).length).toBeGreaterThan(0)
    expect(alike(new Map(), new Set())).toBe(false)
  })
})
