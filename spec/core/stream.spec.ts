import {
  config,
  filter,
  firstValueFrom,
  map,
  mergeMap,
  type Observable,
  share,
  Subject,
  type Subscriber,
  take,
  toArray,
} from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { type Report, Stream, stream } from '../../lib/core/stream.js'

const boom = (value: number): void => {
  throw new Error(`boom ${value}`)
}

/** A stream and what its subscribers threw. */
const rig = (isHeard = true) => {
  const source = new Subject<number>()
  const reported: string[] = []
  const report: Report = (thrown) => {
    if (isHeard) reported.push((thrown as Error).message)
    return isHeard
  }
  return { source, reported, made$: stream(report, source) }
}

/** What RxJS reports as unhandled while something runs. Reports come with a timer, here at once. */
const unhandledIn = (work: () => void): unknown[] => {
  const found: unknown[] = []
  new TestScheduler(() => undefined).run(() => {
    config.onUnhandledError = (thrown) => found.push(thrown)
    work()
  })
  config.onUnhandledError = null
  return found
}

describe('a stream', () => {
  it('[CR13] [P16] a subscriber that throws is reported each time, and nobody else is disturbed', () => {
    const { source, reported, made$ } = rig()
    const seen: string[] = []
    made$.subscribe((value) => seen.push(`before ${value}`))
    made$.subscribe({ next: boom, complete: () => boom(0) })
    made$.subscribe((value) => seen.push(`after ${value}`))
    source.next(1)
    source.next(2)
    source.complete()
    expect(seen).toEqual(['before 1', 'after 1', 'before 2', 'after 2'])
    expect(reported).toEqual(['boom 1', 'boom 2', 'boom 0'])
  })

  it('[CR13] that holds for whatever is piped from it', () => {
    const { source, reported, made$ } = rig()
    made$
      .pipe(
        filter((value) => value > 1),
        map((value) => value * 10),
      )
      .subscribe(boom)
    source.next(1)
    source.next(2)
    expect(reported).toEqual(['boom 20'])
  })

  it('[CR13] what nobody listens to as a fault is reported as RxJS does, and the stream goes on', () => {
    const { source, made$ } = rig(false)
    const seen: number[] = []
    const found = unhandledIn(() => {
      made$.subscribe(boom)
      made$.subscribe((value) => seen.push(value))
      source.next(1)
      source.next(2)
    })
    expect(found).toEqual([new Error('boom 1'), new Error('boom 2')])
    expect(seen).toEqual([1, 2])
  })

  it('[CR13] everything else is as with any Observable', async () => {
    /** Uses an Observable in many ways and notes what came, in order. */
    const use = async (source: Subject<number>, numbers$: Observable<number>): Promise<unknown[]> => {
      const seen: unknown[] = []
      const note = (what: string) => ({
        next: (value: unknown) => seen.push([what, value]),
        complete: () => seen.push([what, 'done']),
      })
      const separately = (...handlers: unknown[]): unknown =>
        Reflect.apply(Reflect.get(numbers$, 'subscribe') as () => unknown, numbers$, handlers)
      numbers$.subscribe()
      separately(null)
      separately(undefined, undefined, () => seen.push('complete only'))
      separately((value: number) => seen.push(['function', value]), null)
      numbers$.pipe(take(1)).subscribe(note('take'))
      const pair = (value: number): Observable<number[]> =>
        numbers$.pipe(
          take(1),
          map((next) => [value, next]),
        )
      numbers$.pipe(mergeMap(pair)).subscribe(note('merge'))
      numbers$.pipe(toArray()).subscribe(note('array'))
      numbers$.pipe(share()).subscribe(note('share'))
      const relay = new Subject<number>()
      relay.subscribe(note('subject'))
      numbers$.subscribe(relay)
      const first = firstValueFrom(numbers$)
      const all = numbers$.forEach((value) => seen.push(['each', value]))
      source.next(1)
      source.next(2)
      source.complete()
      await all
      return [...seen, await first, source.observed]
    }
    const { source, reported, made$ } = rig()
    const plain = new Subject<number>()
    const seen = await use(source, made$)
    expect(seen).toEqual(await use(plain, plain.asObservable()))
    expect(seen).toContainEqual(['merge', [1, 2]])
    expect(reported).toEqual([])
  })

  it('[CR13] its end releases the source, whatever its observer throws', () => {
    const ends: readonly ((to: Subscriber<number>) => void)[] = [
      (to) => {
        to.complete()
      },
      (to) => {
        to.error(new Error('of the source'))
      },
    ]
    const released: number[] = []
    const found = unhandledIn(() => {
      for (const [which, end] of ends.entries())
        for (const observer of [{}, { complete: () => boom(which), error: () => boom(which) }]) {
          const begun: Subscriber<number>[] = []
          const subscription = new Stream<number>(
            () => true,
            (to) => {
              begun.push(to)
              return () => released.push(which)
            },
          ).subscribe(observer)
          begun.forEach(end)
          expect(subscription.closed).toBe(true)
        }
    })
    expect(released).toEqual([0, 0, 1, 1])
    expect(found).toEqual([new Error('of the source'), new Error('boom 1')])
  })

  it('[CR13] hands an error to who handles it, given in whatever way', () => {
    const { source, made$ } = rig()
    const seen: string[] = []
    const note = (how: string) => (thrown: unknown) => seen.push(`${how} ${String(thrown)}`)
    made$.subscribe({ error: note('object') })
    Reflect.apply(Reflect.get(made$, 'subscribe') as () => unknown, made$, [undefined, note('alone')])
    Reflect.apply(Reflect.get(made$, 'subscribe') as () => unknown, made$, [note('value'), note('second')])
    source.next(1)
    source.error('no')
    expect(seen).toEqual(['value 1', 'object no', 'alone no', 'second no'])
  })

  it('[CR13] unsubscribing releases the source, also from inside', () => {
    const { source, made$ } = rig()
    const subscription = made$.subscribe(() => subscription.unsubscribe())
    source.next(1)
    expect(source.observed).toBe(false)
  })

  it('[CR13] an observer keeps its `this`', () => {
    const { source, made$ } = rig()
    const counter = {
      count: 0,
      next(): void {
        this.count++
      },
    }
    made$.subscribe(counter)
    source.next(1)
    expect(counter.count).toBe(1)
  })
})
