import { concat, EMPTY, map, NEVER, type Observable, of, range, Subject, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { iterate, type IterateOptions } from '../../lib/operators/index.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'

type Number = E.Either<string, number>
const numbers = (count: number): Observable<Number> => range(1, count).pipe(map((n) => E.right(n)))

/** Reads so many, or all. */
const read = async (stream: Observable<Number>, options?: IterateOptions, most = Infinity): Promise<unknown[]> => {
  const seen: unknown[] = []
  for await (const result of iterate(stream, options)) {
    seen.push(E.isRight(result) ? result.right : typeof result.left === 'string' ? result.left : result.left.code)
    if (seen.length === most) break
  }
  return seen
}

describe('iterate', () => {
  it('[OP42] gives the results in order, to the end of the stream', async () => {
    expect(await read(concat(numbers(3), of(E.left('no')), numbers(1)))).toEqual([1, 2, 3, 'no', 1])
    expect(await read(EMPTY)).toEqual([])
  })

  it('[OP42] each loop subscribes by itself, and break unsubscribes', async () => {
    const subject = new Subject<Number>()
    const stream = iterate(subject)
    const [one, two] = [stream[Symbol.asyncIterator](), stream[Symbol.asyncIterator]()]
    const waiting = one.next()
    subject.next(E.right(1))
    expect(await waiting).toEqual({ done: false, value: E.right(1) })
    await one.return?.()
    subject.next(E.right(2))
    expect([await one.next(), await two.next(), await two.next()]).toEqual([
      { done: true, value: undefined },
      { done: false, value: E.right(1) },
      { done: false, value: E.right(2) },
    ])
    expect(subject.observed).toBe(true)
    await two.return?.()
    expect(subject.observed).toBe(false)
    expect(await read(concat(numbers(5), NEVER), {}, 3)).toEqual([1, 2, 3])
  })

  it('[OP43] drops the oldest of a full queue, and says so before what is left, with how many', async () => {
    expect(await read(numbers(10), { limit: 3 })).toEqual(['stream/overflow', 8, 9, 10])
    const [first] = [await iterate(numbers(10), { limit: 3 })[Symbol.asyncIterator]().next()]
    expect(first.value).toMatchObject({ left: { dropped: 7 } })
  })

  it('[OP43] ends at a full queue where it is told so: what waits, then the overflow', async () => {
    const subject = new Subject<Number>()
    const reader = iterate(subject, { limit: 2, overflow: 'end' })[Symbol.asyncIterator]()
    for (const n of [1, 2, 3, 4]) subject.next(E.right(n))
    expect(subject.observed).toBe(false)
    const steps = [await reader.next(), await reader.next(), await reader.next(), await reader.next()]
    expect(steps).toMatchObject([
      { value: E.right(1) },
      { value: E.right(2) },
      { value: { left: { code: 'stream/overflow' } } },
      { done: true },
    ])
  })

  it.each<[string, object | null, readonly unknown[]]>([
    ['limit', { limit: 0 }, ['config/invalid']],
    ['limit', { limit: NaN }, ['config/invalid']],
    ['limit', { limt: 5 }, ['config/invalid']],
    ['overflow', { overflow: 'endd' }, ['config/invalid']],
    ['signal', { signal: 5 }, ['config/invalid']],
    ['nothing', null, [1, 2, 3]],
  ])('[OP42] an invalid %s is the one Left of the loop: %p', async (_, options, expected) => {
    expect(await read(numbers(3), options as IterateOptions)).toEqual(expected)
  })

  it('[OP43] a limit of 1.5 is 1', async () => {
    expect(await read(numbers(3), { limit: 1.5 })).toEqual(['stream/overflow', 3])
  })

  it('[OP42] never throws: a stream that errors is one last Left', async () => {
    expect(
      await read(
        concat(
          numbers(1),
          throwError(() => new Error('boom')),
        ),
      ),
    ).toEqual([1, 'stream/failed'])
  })

  it('[OP42] ends with its signal, before and while the loop waits', async () => {
    const [before, meanwhile] = [new AbortController(), new AbortController()]
    before.abort()
    expect(await read(numbers(3), { signal: before.signal })).toEqual(['stream/aborted'])
    const subject = new Subject<Number>()
    const waiting = read(subject, { signal: meanwhile.signal })
    subject.next(E.right(1))
    meanwhile.abort()
    expect([await waiting, subject.observed]).toEqual([[1, 'stream/aborted'], false])
  })

  it('[OP42] leaves the room when the loop ends', async () => {
    const { client, time, end } = world()
    const lobby = client().room('lobby', Chat)
    const reader = iterate(lobby.on('message'))[Symbol.asyncIterator]()
    time.advanceBy(100)
    lobby.post('message', { text: 'a' })
    time.advanceBy(100)
    expect(await reader.next()).toMatchObject({ value: { right: { data: { text: 'a' } } } })
    await reader.return?.()
    expect(end()).toBe(0)
  })
})
