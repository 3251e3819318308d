import type { Entry, Outcome } from '../../../server/engine.js'
import type { Case } from '../case.js'
import { equals, holds, matches, present } from '../check.js'
import { type EngineBench, type EngineCase, entries, entry, offsetsOf, range } from './bench.js'

/** Room names that a careless engine confuses or fails on. */
const ROOMS = [
  'room',
  'Room',
  'room ',
  'room.',
  'room/',
  'room/a',
  'room\\a',
  'room%2Fa',
  '.',
  '..',
  '../room',
  '~',
  '*',
  'CON',
  '@all',
  '__proto__',
  'constructor',
  'ünï',
  'u\u0308ni\u0308',
  '🎈',
  '\0',
  '\n',
  '"',
  "'; drop",
  'x'.repeat(256),
]

const TEXTS = [' ', '\n', '\u2028', '"\\', '\0\u0001\n\r\t', 'ünï 🎈', '__proto__', ']]>', 'x'.repeat(64)]

/** Cases about the content of a log, and about reading it. */
export const logCases = (of: EngineCase): readonly Case[] => [...contentCases(of), ...readingCases(of)]

/** Cases about the content of a log. */
const contentCases = (of: EngineCase): readonly Case[] => [
  of('[EN1] logs messages by consecutive offsets from 1 in one epoch, each as it was given', async (bench) => {
    const given = TEXTS.map((text, index) =>
      entry(index + 1, { id: `${index}${text}`, event: text, from: [text, text], data: JSON.stringify({ text }) }),
    )
    const outcomes: Outcome[] = []
    for (const half of [given.slice(0, 4), given.slice(4)]) outcomes.push(...(await bench.outcomes('r', ...half)))
    const { epoch, ...ends } = await bench.head('r')
    equals('ends', ends, { first: 1, head: given.length })
    const expected = given.map((each, index) => loggedAs(each, index + 1))
    const logged = await bench.log('r')
    matches('messages', logged, expected)
    equals(
      'outcomes, against the log',
      outcomes,
      logged.map(({ offset, at }) => ({ _tag: 'Accepted', epoch, offset, at, repeated: false })),
    )
  }),

  of('[EN1] takes payloads of any size', async ({ append, log }) => {
    const sizes = [0, 1, 1_000, 70_000, 1_000_000]
    const texts = sizes.map((size) => JSON.stringify('ü'.repeat(size)))
    for (const [index, data] of texts.entries()) await append('r', entry(index + 1, { data }))
    const logged = (await log('r')).map(({ data }) => data.length)
    equals(
      'lengths',
      logged,
      texts.map(({ length }) => length),
    )
  }),

  of('[EN1] keeps rooms apart, whatever they are called', async ({ append, log }) => {
    for (const room of ROOMS) equals(JSON.stringify(room), await append(room, entry(1, { id: room })), ['1'])
    for (const room of ROOMS)
      equals(
        JSON.stringify(room),
        (await log(room)).map(({ id }) => id),
        [room],
      )
  }),

  of('[EN1] numbers what is appended by many at once without holes and doubles', async ({ outcomes, log }) => {
    const batches = range(1, 20).map((n) => entries(1, 5, { producer: `p${n}` }))
    const answered = await Promise.all(batches.map((batch) => outcomes('r', ...batch)))
    const offsets = answered.flat().map((outcome) => (outcome._tag === 'Accepted' ? outcome.offset : 0))
    equals(
      'offsets',
      [...offsets].sort((one, other) => one - other),
      range(1, 100),
    )
    const idOf = new Map((await log('r')).map(({ offset, id }) => [offset, id]))
    equals(
      'ids at the offsets that were answered',
      offsets.map((offset) => idOf.get(offset)),
      batches.flat().map(({ id }) => id),
    )
  }),

  of('[EN1] does nothing before it is subscribed to', async ({ engine, ask, calm, head }) => {
    const cold = engine().append('r', [entry(1)])
    await calm()
    equals('head', await ask(engine().head('r')), undefined)
    await ask(cold)
    equals('head', (await head('r')).head, 1)
  }),
]

/** Cases about positions and pages. */
const readingCases = (of: EngineCase): readonly Case[] => [
  of(
    '[EN9] a position in another epoch or ahead of the head gives the base before the first message',
    async (bench) => {
      await bench.append('r', ...entries(1, 5))
      const { epoch } = await bench.head('r')
      for (const position of [
        { epoch: `${epoch}x`, offset: 2 },
        { epoch: '', offset: 5 },
        { epoch, offset: 6 },
      ]) {
        await bases(bench, position, { _tag: 'Base', epoch, base: 0, recovered: false, because: 'epoch' }, range(1, 5))
      }
      await bases(bench, { epoch, offset: 5 }, { base: 5, recovered: true }, [])
      await bases(bench, { epoch, offset: 0 }, { base: 0, recovered: true }, range(1, 5))
    },
  ),

  of(
    '[EN10] a position before the first message that is held gives the base before that',
    async (bench) => {
      for (let seq = 1; (seq === 1 || (await bench.head('r')).first <= 2) && seq < 5_000; seq += 50)
        await bench.append('r', ...entries(seq, seq + 49))
      const { epoch, first, head } = await bench.head('r')
      holds('the oldest messages go some time after the bound', first > 2)
      holds('the newest message stays', head >= first)
      const truncated = { base: first - 1, recovered: false, because: 'truncated' }
      await bases(bench, { epoch, offset: 0 }, truncated, range(first, head))
      await bases(bench, { epoch, offset: first - 2 }, truncated, range(first, head))
      await bases(bench, { epoch, offset: first - 1 }, { base: first - 1, recovered: true }, range(first, head))
    },
    { messages: 4 },
  ),

  of('[EN18] a page is bounded, and holds at least one message', async ({ engine, append, ask, head }) => {
    await append('r', ...entries(1, 20, { data: JSON.stringify('x'.repeat(100)) }))
    const { epoch } = await head('r')
    const page = async (offset: number, count: number, bytes: number): Promise<readonly number[]> =>
      offsetsOf((await ask(engine().read('r', { epoch, offset }, { count, bytes })))?.messages ?? [])
    for (const [count, bytes, most] of [
      [3, 1_000_000, 3],
      [1_000, 450, 5],
      [1_000, 1, 1],
      [1, 1, 1],
    ] as const) {
      const offsets = await page(2, count, bytes)
      holds(`at most ${most} messages in ${count} and ${bytes} bytes`, offsets.length >= 1 && offsets.length <= most)
      equals('offsets', offsets, range(3, 2 + offsets.length))
    }
    equals('after the head', await page(20, 10, 1_000), [])
  }),

  of('[EN18] `head` says nothing of a room that was never used', async ({ engine, ask, append }) => {
    await append('r', entry(1))
    equals('head', await ask(engine().head('s')), undefined)
    equals('head', await ask(engine().head('s')), undefined)
  }),
]

const loggedAs = ({ id, event, from, data }: Entry, offset: number): object => ({ offset, id, event, from, data })

/** Checks that `read` and `follow` agree on the base of a position and on the messages after it. */
const bases = async (
  { engine, ask, follow, until }: EngineBench,
  position: { readonly epoch: string; readonly offset: number },
  base: object,
  offsets: readonly number[],
): Promise<void> => {
  const what = `from ${position.offset} in ${position.epoch}`
  const page = present(`a page ${what}`, await ask(engine().read('r', position, { count: 10_000, bytes: 2 ** 30 })))
  matches(`the base of a page ${what}`, page.base, base)
  equals(`the page ${what}`, offsetsOf(page.messages), offsets.slice(0, page.messages.length))
  const feed = await follow('r', position)
  matches(`the base of a feed ${what}`, feed.told[0], base)
  await until(`the log ${what}`, () => feed.messages().length >= offsets.length)
  equals(`the feed ${what}`, offsetsOf(feed.messages()), offsets)
  feed.stop()
}
