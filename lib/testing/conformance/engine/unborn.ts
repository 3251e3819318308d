import { refusal } from '../../../server/refusal.js'
import type { Case } from '../case.js'
import { equals, holds, matches } from '../check.js'
import { type EngineBench, type EngineCase, entries, entry, type Following, offsetsOf, range } from './bench.js'

/** Cases about rooms without a published message. */
export const unbornCases = (of: EngineCase): readonly Case[] => [
  of('[EN40] nothing but a publish makes a room', async (bench) => {
    const { append, follow } = bench
    await absent(bench, 'r', 'at first')
    const feed = await follow('r')
    await absent(bench, 'r', 'while it is followed')
    await follow('r', { last: 5 })
    await append('r', entry(1, { retry: true }), entry(7, { after: 6 }))
    await absent(bench, 'r', 'after publishes that were refused for now')
    feed.stop()
    await append('r', entry(1, { refusal: refusal('delivery/too-large') }))
    matches('head after a publish that was refused for good', await bench.head('r'), { first: 1, head: 0 })
    await append('s', entry(1))
    matches('head after a publish', await bench.head('s'), { first: 1, head: 1 })
  }),

  of('[EN41] who follows a room before its first message goes on in its epoch', async (bench) => {
    const { append, follow, head } = bench
    const feed = await follow('r')
    const epoch = epochOf(feed)
    matches('base', feed.told[0], { first: 1, head: 0, base: 0, recovered: true })
    const again = await follow('r', { epoch, offset: 0 })
    matches('base of who comes back', again.told[0], { epoch, base: 0, recovered: true })
    await Promise.all([append('r', ...entries(1, 3)), append('r', ...entries(1, 3, { producer: 'q' }))])
    for (const each of [feed, again, await follow('r', { epoch, offset: 0 })]) {
      await bench.until('6 messages', () => each.messages().length >= 6)
      equals('offsets', offsetsOf(each.messages()), range(1, 6))
      equals('losses', each.told.filter(({ _tag }) => _tag === 'Lost').length, 0)
    }
    equals('the epoch of the room', (await head('r')).epoch, epoch)
  }),

  of('[EN41] a position before the first message is not one after it', async (bench) => {
    const epoch = epochOf(await bench.follow('r'))
    const feed = await bench.follow('r', { epoch, offset: 3 })
    matches('base', feed.told[0], { epoch, base: 0, recovered: false, because: 'epoch' })
  }),
]

/** Cases about such rooms after a drop. */
export const droppedCases = (of: EngineCase): readonly Case[] => [
  of('[EN41] a room that was dropped does not begin in an epoch that it had', async (bench) => {
    const { append, follow, head, drop } = bench
    const other = await follow('s')
    const known = new Set<string>()
    for (let life = 1; life <= 3; life++) {
      const feed = await follow('r')
      holds(`another epoch in life ${life}`, !known.has(epochOf(feed)))
      await append('r', entry(life))
      const { epoch } = await head('r')
      holds(`another epoch in life ${life}`, !known.has(epoch))
      known.add(epoch)
      feed.stop()
      await drop('r')
    }
    await append('s', entry(1))
    await bench.until('the first message of the other', () => other.messages().length > 0)
    equals('losses of the other', other.told.filter(({ _tag }) => _tag === 'Lost').length, 0)
  }),
]

/** Cases about such rooms in engines that survive their process. */
export const rebornCases = (of: EngineCase): readonly Case[] => [
  of('[EN41] closed and opened again, who follows a room before its first message goes on', async (bench) => {
    const { append, follow, head } = bench
    await append('s', entry(1))
    const epoch = epochOf(await follow('r'))
    await bench.reopen('closed')
    const feed = await follow('r', { epoch, offset: 0 })
    matches('base', feed.told[0], { epoch, base: 0, recovered: true })
    await append('r', entry(1))
    equals('the epoch of the room', (await head('r')).epoch, epoch)
  }),
]

const absent = async ({ ask, engine }: EngineBench, room: string, when: string): Promise<void> => {
  equals(`head ${when}`, await ask(engine().head(room)), undefined)
  const page = engine().read(room, { epoch: '', offset: 0 }, { count: 10, bytes: 1_000 })
  equals(`page ${when}`, await ask(page), undefined)
}

const epochOf = ({ told: [base] }: Following): string => (base?._tag === 'Base' ? base.epoch : '')
