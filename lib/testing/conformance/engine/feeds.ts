import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { EMPTY, identity, mergeMap } from 'rxjs'
import type { Answer, EngineFailure, Feed } from '../../../server/engine.js'
import type { Case } from '../case.js'
import { equals, matches } from '../check.js'
import { type EngineBench, type EngineCase, entries, entry, type Following, offsetsOf, range } from './bench.js'

/** Cases about feeds. */
export const feedCases = (of: EngineCase): readonly Case[] => [
  of('[EN8] a feed tells its base and then every message after it, once and in order', async (bench) => {
    const { append, follow, head } = bench
    await append('r', ...entries(1, 300))
    const { epoch } = await head('r')
    const late = await follow('r', { epoch, offset: 2 })
    const live = await follow('r')
    await append('r', entry(301), entry(301, { retry: true }))
    await append('r', entry(302))
    matches('base', late.told[0], { _tag: 'Base', epoch, head: 300, base: 2, recovered: true })
    matches('base', live.told[0], { _tag: 'Base', epoch, head: 300, base: 300, recovered: true })
    await told(bench, 'late', late, range(3, 302))
    await told(bench, 'live', live, range(301, 302))
    equals('messages, against the log', late.messages(), (await bench.log('r')).slice(2))
  }),

  of('[EN8] a feed of an unused room begins at 0 and hears the first message', async (bench) => {
    const feed = await bench.follow('r')
    matches('base', feed.told[0], { first: 1, head: 0, base: 0, recovered: true })
    await bench.append('r', entry(1))
    await told(bench, 'first', feed, [1])
  }),

  of('[EN8] between what is read and what is live there is neither hole nor double', async (bench) => {
    const { append, outcomes, follow } = bench
    await append('r', ...entries(1, 10))
    const { epoch } = await bench.head('r')
    const feeds: Following[] = []
    const appends: Promise<unknown>[] = []
    for (const n of range(1, 12)) {
      appends.push(outcomes('r', ...entries(1, 3, { producer: `p${n}` })))
      const from = [{ epoch, offset: n % 10 }, { last: n }, undefined][n % 3]
      feeds.push(await follow('r', from))
      if (n % 4 === 0) await Promise.all(appends)
    }
    await Promise.all(appends)
    for (const [index, feed] of feeds.entries()) {
      const [first] = feed.told
      const base = first?._tag === 'Base' ? first.base : NaN
      await told(bench, `feed ${index}`, feed, range(base + 1, 46))
    }
  }),

  of('[EN8] appends from inside a feed reach every feed in order', async (bench) => {
    const { engine, follow, append } = bench
    let echoes = 0
    const append$ = (): Answer<unknown> => engine().append('r', [entry(++echoes, { producer: 'echo' })])
    const isHeard = (each: Either<EngineFailure, Feed>): boolean => E.isRight(each) && each.right._tag === 'Messages'
    const echo$ = engine()
      .follow('r')
      .pipe(mergeMap((each) => (isHeard(each) && echoes < 50 ? append$() : EMPTY)))
    const echo = echo$.subscribe({ error: identity })
    const other = await follow('r')
    await append('r', entry(1))
    await bench.until('all echoes', () => other.messages().length === 51)
    equals('offsets', offsetsOf(other.messages()), range(1, 51))
    echo.unsubscribe()
  }),

  of('[EN8] who unsubscribes hears nothing more, and disturbs nobody', async (bench) => {
    const gone = await bench.follow('r')
    const other = await bench.follow('r')
    await bench.append('r', entry(1))
    await told(bench, 'gone', gone, [1])
    gone.stop()
    await bench.append('r', entry(2))
    await told(bench, 'other', other, [1, 2])
    await told(bench, 'gone', gone, [1])
  }),

  of(
    '[EN8] a batch larger than the room holds still reaches who follows',
    async (bench) => {
      const feed = await bench.follow('r')
      await bench.append('r', ...entries(1, 40))
      await told(bench, 'feed', feed, range(1, 40))
    },
    { messages: 4 },
  ),

  of('[EN11] the last so many are what is held of them, and nothing counts as missing', async (bench) => {
    await bench.append('r', ...entries(1, 9))
    for (const [last, base] of [
      [0, 9],
      [2, 7],
      [9, 0],
      [1_000, 0],
    ] as const) {
      const feed = await bench.follow('r', { last })
      matches(`base of the last ${last}`, feed.told[0], { base, recovered: true })
      await told(bench, `the last ${last}`, feed, range(base + 1, 9))
    }
  }),
]

/** Cases about dropped rooms. */
export const dropCases = (of: EngineCase): readonly Case[] => [
  of('[EN9] a room that was dropped has another epoch', async (bench) => {
    await bench.append('r', entry(1), entry(2))
    const { epoch } = await bench.head('r')
    await bench.drop('r')
    equals('appended', await bench.append('r', entry(1, { producer: 'q' })), ['1'])
    const feed = await bench.follow('r', { epoch, offset: 1 })
    matches('base', feed.told[0], { base: 0, recovered: false, because: 'epoch' })
    await told(bench, 'feed', feed, [1])
  }),

  of(
    '[EN17] who follows a room that is dropped is told of one loss, and then what the new log holds',
    async (bench) => {
      await bench.append('r', entry(1), entry(2))
      const before = await bench.head('r')
      const feed = await bench.follow('r')
      await bench.drop('r')
      await bench.append('r', entry(1, { producer: 'q' }))
      await told(bench, 'feed', feed, [1])
      const { epoch } = await bench.head('r')
      matches('loss', feed.told.slice(1), [
        { _tag: 'Lost', from: { epoch: before.epoch, offset: 2 }, to: { epoch, offset: 0 }, because: 'epoch' },
        { _tag: 'Messages', epoch },
      ])
    },
  ),
]

/** Checks that a feed has emitted exactly the messages at these offsets, also after pending messages have arrived. */
const told = async (bench: EngineBench, what: string, feed: Following, offsets: readonly number[]): Promise<void> => {
  await bench.until(`${what}: ${offsets.length} messages`, () => feed.messages().length >= offsets.length)
  await bench.calm()
  equals(`${what}: offsets`, offsetsOf(feed.messages()), offsets)
}
