import { map, NEVER, type Observable, of, type OperatorFunction, Subject, timer } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import * as E from '#fp/Either'
import { roomError, type WebSocketError } from '../../lib/core/error.js'
import { gap } from '../../lib/core/position.js'
import * as operators from '../../lib/operators/index.js'
import {
  collect,
  concatMapRight,
  foldResult,
  lefts,
  mapRight,
  mergeMapRight,
  rights,
  switchMapRight,
  unwrap,
} from '../../lib/operators/index.js'
import { completed } from '../../lib/testing/mark.js'
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
      ['backoff', 'collect', 'commitAfter', 'concatMapRight', 'defaultBackoff', 'foldResult', 'lefts', 'mapRight', 'mergeMapRight', 'retryBackoff', 'retryLeft', 'rights', 'switchMapRight', 'unwrap'], // prettier-ignore
    )
  })
})

describe('collect', () => {
  const lost = gap('lobby', { epoch: 'e', offset: 1 }, { epoch: 'e', offset: 3 }, 'truncated')
  const gapError = roomError({ code: 'room/gap', room: 'lobby', gap: lost, message: 'm', remedy: 'r', kind: 'unknown' })
  const refused = roomError({ code: 'room/forbidden', room: 'lobby', message: 'm', remedy: 'r', kind: 'terminal' })
  const message = (text: string): { _tag: 'Message'; message: string } => ({ _tag: 'Message', message: text })

  const lists = (
    source: Observable<E.Either<WebSocketError, string>>,
    max?: number,
  ): readonly (readonly unknown[])[] => {
    const seen: (readonly unknown[])[] = []
    source.pipe(collect(max === undefined ? {} : { max })).subscribe((list) => seen.push(list))
    return seen
  }

  it('[OP8] is empty at once, then the list so far, with gaps at their place', () => {
    const source = of(E.right('a'), E.left(gapError), E.right('b'))
    expect(lists(source)).toEqual([
      [],
      [message('a')],
      [message('a'), { _tag: 'Gap', gap: lost }],
      [message('a'), { _tag: 'Gap', gap: lost }, message('b')],
    ])
  })

  it('[OP8] emits at once although nothing comes', () => {
    expect(lists(NEVER)).toEqual([[]])
  })

  it('[OP8] makes a new list for each change and leaves the old ones as they were', () => {
    const seen = lists(of(E.right('a'), E.right('b')))
    expect(new Set(seen).size).toBe(3)
    expect(seen[1]).toEqual([message('a')])
  })

  it('[OP9] ignores other errors, without a change', () => {
    expect(lists(of(E.left(refused), E.right('a'), E.left(refused)))).toEqual([[], [message('a')]])
  })

  it('[OP9] keeps the newest so many', () => {
    const letters = of('a', 'b', 'c', 'd').pipe(map((letter) => E.right(letter)))
    expect(lists(letters, 2).map((list) => list.map((item) => (item as { message: string }).message).join(''))).toEqual(
      ['', 'a', 'ab', 'bc', 'cd'], // prettier-ignore
    )
    for (const max of [0, -1, NaN, 1.5]) expect(lists(letters, max).at(-1)).toEqual([message('d')])
    expect(lists(letters, Infinity).at(-1)).toHaveLength(4)
    const many = of(...Array.from({ length: 1_500 }, (_, index) => E.right(`${index}`)))
    expect(lists(many).at(-1)).toHaveLength(1_000)
  })

  it('[OP9] collects for each subscription by itself, and ends with the source', () => {
    const subject = new Subject<E.Either<WebSocketError, string>>()
    const stream = subject.pipe(collect())
    const seen: (readonly unknown[])[] = []
    stream.subscribe()
    subject.next(E.right('a'))
    stream.subscribe({ next: (list) => seen.push(list), complete: () => seen.push(['completed']) })
    subject.next(E.right('b'))
    subject.complete()
    expect(seen).toEqual([[], [message('b')], ['completed']])
  })
})
