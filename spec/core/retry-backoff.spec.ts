import { concat, defer, NEVER, type Observable, of, scan, throwError, VirtualTimeScheduler } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { type RetryBackoff, retryBackoff } from '../../lib/core/retry-backoff.js'
import { virtualTime } from '../../lib/testing/virtual.js'

const shape = { floorMs: 2, firstMs: 10, factor: 2, capMs: 40 }
/** The most that chance allows: waits of 10, 20, 40, 40, … */
const worst: RetryBackoff = { ...shape, random: () => 1 }
const marbles = (test: Parameters<TestScheduler['run']>[0]): void => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test)
}

describe('retryBackoff', () => {
  it('[CR8] waits longer after each failure in a row, up to the cap', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-#')
      expectObservable(source.pipe(retryBackoff(worst)), '^ 125ms !').toBe('')
      expectSubscriptions(source.subscriptions).toBe(['^!', '11ms ^!', '32ms ^!', '73ms ^!', '114ms ^!'])
    })
  })

  it('[CR8] draws each wait between the floor and the end', () => {
    marbles(({ cold, expectSubscriptions, expectObservable }) => {
      const draws = [0, 0.5]
      const source = cold('#')
      const random = (): number => draws.shift() ?? 1
      expectObservable(source.pipe(retryBackoff({ ...shape, random, count: 2 }))).toBe('13ms #')
      expectSubscriptions(source.subscriptions).toBe(['(^!)', '--(^!)', '13ms (^!)'])
    })
  })

  it('[CR8] a value starts the count again', () => {
    marbles(({ cold, expectSubscriptions, expectObservable }) => {
      const sources = [cold('#'), cold('#'), cold('-a-#'), cold('#'), cold('a|')]
      let next = 0
      const source = defer(() => sources[next++]!)
      expectObservable(source.pipe(retryBackoff(worst))).toBe('31ms a 31ms a|')
      expectSubscriptions(sources[3]!.subscriptions).toBe('43ms (^!)')
      expectSubscriptions(sources[4]!.subscriptions).toBe('63ms ^!')
    })
  })

  it('[CR8] lets the error through after so many retries, or where a retry is not worth while', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-#').pipe(retryBackoff({ ...worst, count: 2 }))).toBe('- 10ms - 20ms -#')
      expectObservable(cold('-#').pipe(retryBackoff({ ...worst, count: 0 }))).toBe('-#')
      const forbidden = (error: unknown): boolean => error !== 'forbidden'
      expectObservable(cold('-#', {}, 'forbidden').pipe(retryBackoff({ ...worst, when: forbidden }))).toBe(
        '-#',
        {},
        'forbidden',
      )
      const broken = (): boolean => {
        throw new Error('of when')
      }
      expectObservable(cold('-#').pipe(retryBackoff({ ...worst, when: broken }))).toBe('-#')
    })
  })

  it('[CR8] unsubscribing during a wait leaves nothing', () => {
    const time = virtualTime()
    let tries = 0
    const source = defer(() => (tries++, throwError(() => new Error('no'))))
    const subscription = source.pipe(retryBackoff({ scheduler: time, random: () => 0.5 })).subscribe()
    expect(time.pending()).toBe(1)
    subscription.unsubscribe()
    expect(time.pending()).toBe(0)
    time.run()
    expect(tries).toBe(1)
  })

  it('[CR8] [T9] waits on the scheduler that it was given, also on one of RxJS, outside of a test run', () => {
    const time = new VirtualTimeScheduler()
    const tries: number[] = []
    const source = defer(() => {
      tries.push(time.now())
      return tries.length < 4 ? throwError(() => new Error('no')) : of('done')
    })
    const seen: string[] = []
    source.pipe(retryBackoff({ ...worst, scheduler: time })).subscribe((value) => seen.push(value))
    time.flush()
    expect([tries, seen]).toEqual([[0, 10, 30, 70], ['done']])
  })

  it('[CR8] a source that fails at once, ten thousand times, needs no stack', () => {
    const time = virtualTime()
    let tries = 0
    const source: Observable<string> = defer(() =>
      ++tries < 10_000 ? throwError(() => new Error('no')) : concat(of('up'), NEVER),
    )
    const seen: string[] = []
    source.pipe(retryBackoff({ ...worst, scheduler: time })).subscribe((value) => seen.push(value))
    time.run()
    expect([tries, seen]).toEqual([10_000, ['up']])
  })

  it('[CR8] [T7] only what stands above it starts anew: state below it goes on', () => {
    const time = virtualTime()
    let tries = 0
    const source = defer(() =>
      tries++ === 0
        ? concat(
            of(1, 2),
            throwError(() => new Error('no')),
          )
        : of(3, 4),
    )
    const sums: number[] = []
    source
      .pipe(
        retryBackoff({ scheduler: time, random: () => 0 }),
        scan((sum, value) => sum + value, 0),
      )
      .subscribe((sum) => sums.push(sum))
    time.run()
    expect(sums).toEqual([1, 3, 6, 10])
  })
})
