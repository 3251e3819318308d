import { concat, concatMap, delay, interval, map, NEVER, of, Subject, take, timer } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import * as E from '#fp/Either'
import { completed, errored } from '../../lib/testing/marble.js'
import { moments } from '../../lib/testing/moments.js'
import { rooms } from '../../lib/testing/rooms.js'
import type { RunHelpers } from '../../lib/testing/run-helpers.js'
import { turn } from '../support/until.js'
import { Chat } from '../support/chat.js'

/** What a run throws, without its transcript. */
const thrownBy = (work: (helpers: RunHelpers) => unknown): string => {
  try {
    rooms.run(work)
    return ''
  } catch (thrown) {
    return (thrown as Error).message.split('\n\n  ms')[0]!
  }
}

describe('a run', () => {
  /** What a drop at 5 s does to a client in a room where somebody speaks at 5.1 s: it is back 600 ms after it heard. */
  const story = ({ client, server, at }: RunHelpers) => {
    const ana = client({ as: 'ana' })
    at(5_000, () => server.drop())
    server
      .member('ben')
      .join('lobby')
      .at(5_100)
      .say('message', { text: 'missed' })
      .at(6_000)
      .say('message', { text: 'x' })
    return {
      ana,
      texts$: ana.room('lobby', Chat).on('message').pipe(map(E.match(({ code }): string => code, ({ data }) => data.text))),
    } // prettier-ignore
  }

  it('[TE1] says the same by exact times and by marbles', () => {
    rooms.run((helpers) => {
      const { texts$ } = story(helpers)
      helpers.expectTimeline(texts$).toBe([
        [5_604, 'missed'],
        [6_001, 'x'],
      ])
    })
    rooms.run((helpers) => {
      const { texts$ } = story(helpers)
      helpers.expectObservable(texts$).toBe('5604ms m 396ms x', { m: 'missed', x: 'x' })
    })
  })

  it('[TE1] tells the states of a client by their tags', () => {
    rooms.run((helpers) => {
      const { ana, texts$ } = story(helpers)
      helpers.expectStates(ana, { untilMs: 5_602 }).toBe([
        [0, 'Idle'],
        [0, 'Authorizing'],
        [0, 'Connecting'],
        [2, 'Handshaking'],
        [4, 'Online'],
        [5_000, 'Waiting'],
        [5_600, 'Authorizing'],
        [5_600, 'Connecting'],
      ])
      texts$.subscribe()
    })
  })

  it('[TE1] answers what the test answers, and passes with nothing in it', () => {
    expect(rooms.run(() => 5)).toBe(5)
    rooms.run(({ client }) => client())
  })

  it('[TE1] [T10] makes everything of rxjs virtual: marbles, injected timers and its own', () => {
    rooms.run(({ cold, hot, time, expectObservable, expectSubscriptions, expectTimeline }) => {
      const source = cold('-a-b|')
      expectObservable(source.pipe(delay(2))).toBe('---a-(b|)')
      expectSubscriptions(source.subscriptions).toBe('^---!')
      expectObservable(hot('--x--y'), '---^').toBe('-----y')
      expectObservable(timer(5).pipe(concatMap(() => timer(7, time))), '^ 1s !').toBe('12ms (a|)', { a: 0 })
      expectTimeline(cold('--#', {}, 'boom')).toBe([[2, errored('boom')]])
    })
  })

  it('[TE2] tells several values in one millisecond apart, in their order', () => {
    rooms.run(({ cold, expectTimeline }) => {
      expectTimeline(concat(of('a', 'b'), cold('--c'))).toBe([
        [0, 'a'],
        [0, 'b'],
        [2, 'c'],
      ])
      expectTimeline(of(1, 2).pipe(delay(10))).toBe([
        [10, 1],
        [10, 2],
        [10, completed],
      ])
    })
    expect(thrownBy(({ expectTimeline }) => expectTimeline(of('a', 'b')).toBe([[0, 'b'], [0, 'a'], [0, completed]]))).toContain('differ at record 0') // prettier-ignore
  })

  it('[TE3] ends what never ends: with and without a mark, and both sides of toEqual', () => {
    rooms.run(({ cold, expectObservable, expectTimeline, expectSubscriptions }) => {
      const source = cold('a')
      const other = cold('a')
      const marked = cold('a')
      const expectation = expectObservable(source)
      expectation.toEqual(other)
      expectObservable(marked, '^ 9ms !').toBe('a')
      expectSubscriptions(marked.subscriptions).toBe('^ 9ms !')
      const both = [cold('a'), cold('a')] as const
      const ended = expectObservable(both[0], '^ 9ms !')
      ended.toEqual(both[1])
      for (const { subscriptions } of both) expectSubscriptions(subscriptions).toBe('^ 9ms !')
      expectTimeline(interval(20_000)).toBe([20_000, 40_000, 60_000].map((ms, value) => [ms, value]))
    })
  })

  it('[TE3] has what rxjs has not: an endless stream on the left of toEqual ends', () => {
    rooms.run(({ expectObservable }) => {
      const expectation = expectObservable(interval(10), '^ 25ms !')
      expectation.toEqual(interval(10).pipe(take(2), (ends) => concat(ends, NEVER)))
    })
    const differs = thrownBy(({ expectObservable }) => {
      const expectation = expectObservable(interval(10), '^ 25ms !')
      expectation.toEqual(interval(10).pipe(take(1)))
    })
    expect(differs).toContain('> 20 1    10 |')
  })

  it('[TE3] ends a window before what happens at its end', () => {
    rooms.run(({ expectTimeline }) => expectTimeline(timer(30), { untilMs: 30 }).toBe([]))
  })

  it('[TE4] [TE23] cannot be begun inside another, which goes on in its own time', () => {
    rooms.run(({ time, expectTimeline }) => {
      expect(thrownBy(() => undefined)).toMatch(/^a run inside a run: /)
      expectTimeline(timer(3_600_000)).toBe([
        [3_600_000, 0],
        [3_600_000, completed],
      ])
      expect(time.now()).toBe(0)
    })
    new TestScheduler(() => undefined).run(() => expect(thrownBy(() => undefined)).toMatch(/^a run inside a run: /))
    rooms.run(({ expectObservable }) => expectObservable(of(1)).toBe('(1|)', [undefined, 1]))
  })

  it('[TE22] fails where it is not said what is expected', () => {
    const said = thrownBy(({ client, expectStates, expectTimeline }) => {
      expectStates(client())
      expectTimeline(NEVER)
      expectTimeline([]).toBe([])
      expectTimeline(of(1)).toBe([
        [0, 1],
        [0, completed],
      ])
    })
    expect(said).toMatch(/^2 of what was expected without \.toBe/)
  })

  it('[TE4] lasts until a minute after the last moment that the test names', () => {
    const named: readonly ((helpers: RunHelpers) => unknown)[] = [
      ({ at }) => at(7_000, () => undefined),
      ({ at }) => at('5s x 1s 998ms y', () => undefined),
      ({ server }) => server.script('6s 999ms d -', { d: () => server.drop() }),
      ({ hot }) => hot('7s a'),
      ({ cold, expectObservable }) => expectObservable(cold('7s a')).toBe('7s a'),
      ({ expectObservable }) => expectObservable(NEVER, '^ 6999ms !').toBe('-'),
      ({ expectTimeline }) => expectTimeline(NEVER, { untilMs: 7_000 }).toBe([]),
      ({ server }) => server.member('ben').at(7_000).join('lobby'),
      ({ time }) => time.advanceTo(7_000),
    ]
    for (const name of named) {
      rooms.run((helpers) => {
        name(helpers)
        helpers.flush()
        expect(helpers.time.now()).toBeGreaterThanOrEqual(66_999)
        expect(helpers.time.now()).toBeLessThanOrEqual(67_001)
      })
    }
    rooms.with({ untilMs: 500 }).run(({ flush, time, at }) => {
      at(1_000, () => {
        throw new Error('beyond the end')
      })
      flush()
      expect(time.now()).toBe(500)
    })
  })

  it('[TE4] checks what is expected so far when it is flushed, and goes on', () => {
    rooms.run(({ client, expectStates, flush, time, server }) => {
      const ana = client()
      ana.connect()
      expectStates(ana).toBe([[0, 'Connecting'], [2, 'Handshaking'], [4, 'Online']]) // prettier-ignore
      flush()
      server.drop()
      expectStates(ana).toBe([[time.now(), 'Online'], [60_000, 'Waiting'], [60_600, 'Authorizing'], [60_600, 'Connecting'], [60_602, 'Handshaking'], [60_604, 'Online'], [65_604, 'Online']]) // prettier-ignore
    })
    expect(
      thrownBy(({ expectTimeline, flush }) => {
        expectTimeline(of(1)).toBe([])
        flush()
        throw new Error('not reached')
      }),
    ).toContain('differ at record 0 (2 records, 0 expected)')
  })

  it('[TE4] plans nothing in the past', () => {
    expect(
      thrownBy(({ time, at }) => {
        time.advanceTo(10)
        at(9, () => undefined)
      }),
    ).toBe('a test plans what is to come: it is 10 ms, not 9 ms')
  })

  it('[TE14] reads the moments of a diagram as rxjs does, and knows hours and days', () => {
    const read = (marbles: string): readonly (readonly [number, string])[] =>
      moments(marbles).map(({ ms, mark }) => [ms, mark])
    const rx = (marbles: string): readonly (readonly [number, string])[] => {
      const test = new TestScheduler(() => undefined)
      return test.run(({ cold }) =>
        cold(marbles).messages.map(({ frame, notification }) => [
          frame,
          notification.kind === 'N' ? notification.value : notification.kind === 'C' ? '|' : '#',
        ]),
      )
    }
    for (const marbles of [
      'a',
      '--a-b',
      ' 5s a 2s b',
      '1.5s (ab) c',
      '-a 10ms b|',
      '3m a 5 b',
      'a5s b',
      '2ms (a 3ms b)#',
    ])
      expect(read(marbles)).toEqual(rx(marbles))
    expect(read('2d d 1h 30m e')).toEqual([
      [172_800_000, 'd'],
      [172_800_000 + 5_400_001, 'e'],
    ])
  })

  it('[TE14] acts at each mark, with the mark, from the moment where it is told', () => {
    rooms.run(({ at, time, server, client, expectStates, flush }) => {
      const told: string[] = []
      time.advanceTo(1_000)
      at('5ms (xy) 10ms z', (mark) => told.push(`${time.now()} ${mark}`))
      server.script('5s d 2s r', { d: server.drop, r: server.restart })
      const ana = client()
      ana.connect()
      expectStates(ana, { untilMs: 9_000 }).toBe([
        [1_000, 'Connecting'],
        [1_002, 'Handshaking'],
        [1_004, 'Online'],
        [6_000, 'Waiting'],
        [6_600, 'Authorizing'],
        [6_600, 'Connecting'],
        [6_602, 'Handshaking'],
        [6_604, 'Online'],
        [8_001, 'Waiting'],
      ])
      flush()
      expect(told).toEqual(['1005 x', '1005 y', '1019 z'])
      expect(() => server.script('a b', { a: server.drop })).toThrow("script: 'b' in 'a b' is no mark of a")
    })
  })

  it('[TE1] is not async, and says so', () => {
    expect(thrownBy(() => Promise.resolve())).toContain('rooms.run takes a function that is not async')
  })

  it('[TE1] an async test that rejects later leaves no unhandled rejection', async () => {
    const unhandled = jest.fn()
    process.on('unhandledRejection', unhandled)
    const said = thrownBy(() => Promise.reject(new Error('inner')))
    await turn()
    process.off('unhandledRejection', unhandled)
    expect(said).toContain('use fakeServer(virtualTime())')
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('[TE1] takes more options on those given before', () => {
    const users = rooms.with({ users: ['ana'] })
    users.with({ untilMs: 100 }).run(({ client, expectStates, flush, time }) => {
      const ben = client()
      ben.connect()
      expectStates(ben).toBe([[0, 'Connecting'], [2, 'Handshaking'], [4, 'Authorizing'], [4, 'Stopped']]) // prettier-ignore
      flush()
      expect(time.now()).toBe(100)
    })
  })

  it('[TE19] keeps the order of rxjs in one millisecond, also of its own timers', () => {
    const order = (run: (work: (cold: RunHelpers['cold']) => void) => void): readonly string[] => {
      const seen: string[] = []
      run((cold) => {
        const start$ = new Subject<void>()
        start$.pipe(delay(5)).subscribe(() => seen.push('delayed'))
        timer(5).subscribe(() => seen.push('timer'))
        cold('-----(a|)').subscribe(() => seen.push('cold'))
        interval(5).pipe(take(2)).subscribe((tick) => seen.push(`tick ${tick}`)) // prettier-ignore
        timer(10).subscribe(() => seen.push('late'))
        start$.next()
      })
      return seen
    }
    const ours = order((work) => rooms.run(({ cold }) => work(cold)))
    expect(ours).toEqual(order((work) => new TestScheduler(() => undefined).run(({ cold }) => work(cold))))
    expect(ours).toHaveLength(6)
  })
})
