import { map, NEVER, type Observable, of, type OperatorFunction, range, Subject, timer } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import * as E from '#fp/Either'
import { decodeError, roomError, type WebSocketError } from '../../lib/core/error.js'
import { gap } from '../../lib/core/position.js'
import * as operators from '../../lib/operators/index.js'
import {
  collect,
  type Collection,
  concatMapRight,
  foldResult,
  lefts,
  mapRight,
  mergeMapRight,
  rights,
  switchMapRight,
  unwrap,
} from '../../lib/operators/index.js'
import { completed } from '../../lib/testing/marble.js'
import { expectTimeline, timeline } from '../../lib/testing/timeline.js'
import { virtualTime } from '../../lib/testing/virtual.js'

type ColdObservable<T> = ReturnType<typeof TestScheduler.prototype.createColdObservable<T>>
type Letter = E.Either<string, string>

/** Capitals are `Left`s. */
const either = (letter: string): Letter => (letter === letter.toUpperCase() ? E.left(letter) : E.right(letter))
const values = Object.fromEntries(Array.from('abcdefuvwxyzABCXYZ', (letter) => [letter, either(letter)]))

const marbles = (
  work: (run: {
    readonly cold: (marbles: string) => ColdObservable<Letter>
    readonly expect: (
      stream: Observable<unknown>,
      unsubscribe?: string,
    ) => (marbles: string, values?: Readonly<Record<string, unknown>>, error?: unknown) => void
    readonly subscriptions: (source: ColdObservable<Letter>, ...marbles: string[]) => void
  }) => void,
): void => {
  new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected)
  }).run(({ cold, expectObservable, expectSubscriptions }) => {
    work({
      cold: (text) => cold(text, values),
      expect: (stream, unsubscribe) => (text, expected, error) => {
        expectObservable(stream, unsubscribe).toBe(text, expected, error)
      },
      subscriptions: (source, ...expected) => {
        expectSubscriptions(source.subscriptions).toBe(expected)
      },
    })
  })
}

describe('operators of results', () => {
  it('[OP1] rights keeps the values, lefts keeps what went wrong', () => {
    marbles(({ cold, expect }) => {
      expect(cold('aAbB(cC|)').pipe(rights()))('a-b-(c|)')
      expect(cold('aAbB(cC|)').pipe(lefts()))('-A-B(C|)')
      expect(cold('A#').pipe(rights()))('-#')
    })
  })

  it('[OP2] mapRight maps the values and lets what went wrong through', () => {
    marbles(({ cold, expect }) => {
      const stream = cold('aAb|').pipe(mapRight((letter) => letter.repeat(2)))
      expect(stream)('xAy|', { ...values, x: E.right('aa'), y: E.right('bb') })
    })
  })

  it('[OP2] a projection that throws errors the stream, as in rxjs', () => {
    const boom = new Error('boom')
    const thrower = (): never => {
      throw boom
    }
    marbles(({ cold, expect }) => {
      const projected: readonly OperatorFunction<Letter, unknown>[] = [
        mapRight(thrower),
        switchMapRight(thrower),
        concatMapRight(thrower),
        mergeMapRight(thrower),
      ]
      for (const operator of projected) expect(cold('-Aa').pipe(operator))('-A#', values, boom)
    })
  })

  it('[OP3] switchMapRight goes on with the latest value, and a Left leaves it alone', () => {
    marbles(({ cold, expect, subscriptions }) => {
      const inner = cold('       x--y--Z|')
      const source = cold('      a-A--b-----|')
      const expected = '         x-Ay-x--y--Z|'
      expect(source.pipe(switchMapRight(() => inner)))(expected, values)
      subscriptions(inner, '     ^----!', '-----^------!')
      subscriptions(source, '    ^----------!')
    })
  })

  it('[OP3] switchMapRight unsubscribes the inner stream with the outer', () => {
    marbles(({ cold, expect, subscriptions }) => {
      const inner = cold('        x--y--z')
      const source = cold('      -a')
      expect(source.pipe(switchMapRight(() => inner)), '^----!')('-x--y', values)
      subscriptions(inner, '     -^---!')
      subscriptions(source, '    ^----!')
    })
  })

  it('[OP4] concatMapRight takes one value after the other, and a Left in its turn', () => {
    const scheduler = virtualTime()
    const source: Observable<Letter> = of(either('a'), either('A'), either('b'))
    const inner = (value: string): Observable<Letter> => timer(3, scheduler).pipe(map(() => E.right(`${value}!`)))
    const actual = timeline(source.pipe(concatMapRight(inner)), { scheduler, untilMs: 100 })
    scheduler.run()
    expectTimeline(actual).toBe([
      [3, E.right('a!')],
      [3, E.left('A')],
      [6, E.right('b!')],
      [6, completed],
    ])
  })

  it('[OP5] mergeMapRight takes values side by side', () => {
    marbles(({ cold, expect, subscriptions }) => {
      const inner = cold('       x---(y|)')
      const source = cold('      aAb|')
      const expected = '         xAx-y-(y|)'
      expect(source.pipe(mergeMapRight(() => inner)))(expected, values)
      subscriptions(inner, '     ^---!', '--^---!')
    })
  })

  it('[OP5] mergeMapRight takes so many at a time', () => {
    marbles(({ cold, expect, subscriptions }) => {
      const inner = cold('       x---y|')
      const source = cold('      ab|')
      const expected = '         x---yx---y|'
      expect(source.pipe(mergeMapRight(() => inner, 1)))(expected, values)
      subscriptions(inner, '     ^----!', '-----^----!')
    })
  })

  it('[OP6] foldResult makes one thing of both', () => {
    const length = (left: string): number => left.length
    const shout = (right: string): string => `${right}!`
    marbles(({ cold, expect }) => {
      expect(cold('aA|').pipe(foldResult(length, shout)))('xy|', { x: 'a!', y: 1 })
    })
  })

  it('[OP7] unwrap gives values until the first Left, which errors', () => {
    marbles(({ cold, expect, subscriptions }) => {
      const source = cold('      abAc')
      expect(source.pipe(unwrap()))('ab#', undefined, 'A')
      subscriptions(source, '    ^-!')
    })
  })

  it('[OP10] exports every operator of the library', () => {
    expect(Object.keys(operators).sort()).toEqual(
      ['backoff', 'collect', 'commitAfter', 'concatMapRight', 'defaultBackoff', 'foldResult', 'iterate', 'lefts', 'mapRight', 'mergeMapRight', 'retryBackoff', 'retryLeft', 'rights', 'settled', 'switchMapRight', 'unwrap'], // prettier-ignore
    )
  })
})

describe('collect', () => {
  const lost = gap('lobby', { epoch: 'e', offset: 1 }, { epoch: 'e', offset: 3 }, 'truncated')
  const said = { message: 'm', remedy: 'r', kind: 'terminal' } as const
  const gapError = roomError({ ...said, code: 'room/gap', room: 'lobby', gap: lost })
  const refused = roomError({ ...said, code: 'room/forbidden', room: 'lobby' })
  const unreadable = decodeError({ ...said, code: 'decode/payload', path: '', expected: 'a text', actual: '7' })
  const message = (key: number, text: string) => ({ _tag: 'Message', key, message: text })
  const texts = ({ items }: Collection<string>) =>
    items.map((item) => (item._tag === 'Message' ? item.message : item._tag))

  const collected = (source: Observable<E.Either<WebSocketError, string>>, max?: number): Collection<string>[] => {
    const seen: Collection<string>[] = []
    source.pipe(collect(max === undefined ? {} : { max })).subscribe((now) => seen.push(now))
    return seen
  }

  it('[OP8] is empty at once, then the items so far, with gaps and unreadable messages at their place', () => {
    const source = of(E.right('a'), E.left(gapError), E.left(unreadable), E.right('b'))
    const items = [
      message(0, 'a'),
      { _tag: 'Gap', key: 1, gap: lost },
      { _tag: 'Unreadable', key: 2, error: unreadable },
      message(3, 'b'),
    ]
    expect(collected(source)).toEqual(
      [0, 1, 2, 3, 4].map((count) => ({ items: items.slice(0, count), refused: undefined })),
    )
  })

  it('[OP8] emits at once although nothing comes', () => {
    expect(collected(NEVER)).toEqual([{ items: [], refused: undefined }])
  })

  it('[OP8] makes a new list for each change and leaves the old ones as they were', () => {
    const seen = collected(of('a', 'b', 'c', 'd', 'e', 'f', 'g').pipe(map((letter) => E.right(letter))), 2)
    expect(seen.map((each) => texts(each).join(''))).toEqual(['', 'a', 'ab', 'bc', 'cd', 'de', 'ef', 'fg'])
    expect(new Set(seen.map(({ items }) => items)).size).toBe(8)
    expect(seen[2]!.items).toBe(seen[2]!.items)
  })

  it('[OP8] [P27] costs the same for each message, and the list once for whoever reads it', () => {
    const count = 50_000
    let copied = 0
    const slice = jest.spyOn(Array.prototype, 'slice').mockImplementation(function (
      this: unknown[],
      from = 0,
      to = this.length,
    ) {
      const copy: unknown[] = []
      for (let at = from; at < to; at++) copy.push(this[at])
      copied += copy.length
      return copy
    })
    const last = collected(range(1, count).pipe(map((n) => E.right(String(n)))), count).at(-1)!
    const before = copied
    expect(last.items).toHaveLength(count)
    slice.mockRestore()
    expect([before, copied]).toEqual([0, count])
  })

  it('[OP9] says that the room was refused, until the next item', () => {
    const seen = collected(of(E.left(refused), E.right('a'), E.left(refused), E.left(gapError)))
    expect(seen.map((each) => [texts(each).join(), each.refused?.code])).toEqual([
      ['', undefined],
      ['', 'room/forbidden'],
      ['a', undefined],
      ['a', 'room/forbidden'],
      ['a,Gap', undefined],
    ])
  })

  it.each([
    [2, 'cd'],
    [2.9, 'cd'],
    [0, 'd'],
    [NaN, 'd'],
  ])('[OP9] keeps the newest %p', (max, expected) => {
    const letters = of('a', 'b', 'c', 'd').pipe(map((letter) => E.right(letter)))
    expect(texts(collected(letters, max).at(-1)!).join('')).toBe(expected)
  })

  it('[OP9] collects for each subscription by itself, and ends with the source', () => {
    const subject = new Subject<E.Either<WebSocketError, string>>()
    const stream = subject.pipe(collect())
    const seen: unknown[] = []
    stream.subscribe()
    subject.next(E.right('a'))
    stream.subscribe({ next: (now) => seen.push(texts(now)), complete: () => seen.push('completed') })
    subject.next(E.right('b'))
    subject.complete()
    expect(seen).toEqual([[], ['b'], 'completed'])
  })
})
