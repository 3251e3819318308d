import type { Case } from '../case.js'
import { equals, holds, matches } from '../check.js'
import { type EngineBench, type EngineCase, entries, entry, offsetsOf, range } from './bench.js'

const ann = { user: 'ann' }
const stranger = { user: 'stranger', producer: 's' }

/** Cases about engines with limits, where one user holds more than its share. */
export const isolationCases = (of: EngineCase): readonly Case[] => [
  of(
    '[EN42] who makes many rooms loses its own, those used longest ago first',
    async (bench) => {
      const kept = await quiet(bench)
      for (const n of range(1, 60)) await bench.append(`room ${n}`, entry(1, stranger))
      await kept()
      const there = await roomsOf(bench, range(1, 60))
      holds('rooms beyond the bound are gone', there.length <= 20)
      holds('most of its share is there', there.length >= 10)
      equals('those used last', there, range(61 - there.length, 60))
    },
    { rooms: 20 },
  ),

  of(
    '[EN42] who writes much loses its own, what was written longest ago first',
    async (bench) => {
      const kept = await quiet(bench)
      const data = JSON.stringify('x'.repeat(10_000))
      for (const n of range(1, 100)) await bench.append(`room ${1 + (n % 25)}`, entry(n, { ...stranger, data }))
      await kept()
      const there = await roomsOf(bench, range(1, 25))
      holds('rooms beyond the bound are gone', there.length < 25)
      holds('the room that was written last is there', there.includes(1))
    },
    { totalBytes: 300_000 },
  ),

  of(
    '[EN42] nobody loses anything by rooms in which nobody has published',
    async (bench) => {
      const kept = await quiet(bench)
      await bench.append('other', entry(1, stranger))
      for (const n of range(1, 40)) {
        await bench.follow(`room ${n}`)
        await bench.ask(bench.engine().read(`room ${n}`, { epoch: '', offset: 0 }, { count: 1, bytes: 1 }))
      }
      await bench.append('other', entry(2, stranger))
      await kept()
    },
    { rooms: 5 },
  ),

  of(
    '[EN42] a room is that of the user that published first in it',
    async (bench) => {
      await bench.append('of ann', entry(1, ann))
      for (const n of range(1, 30)) await bench.append(`room ${n}`, entry(1, stranger), entry(1, ann))
      matches('the room of ann', await bench.head('of ann'), { head: 1 })
    },
    { rooms: 20 },
  ),

  of(
    '[EN43] who publishes much in a room loses its own outcomes',
    async (bench) => {
      const { append } = bench
      await append('r', ...entries(1, 5, ann))
      for (const n of range(1, 40)) await append('r', ...entries(n * 10, n * 10 + 9, stranger))
      for (const n of range(1, 5))
        equals(`entry ${n} of ann`, await append('r', entry(n, { ...ann, retry: true })), [`again ${n}`])
      equals('the last of the other', await append('r', entry(409, { ...stranger, retry: true })), ['again 405'])
      const [first] = await append('r', entry(10, { ...stranger, retry: true }))
      equals('the first of the other', first, 'delivery/forgotten')
    },
    { outcomes: 50 },
  ),

  of(
    '[EN44] who has many sessions loses its own',
    async (bench) => {
      const { ask, engine } = bench
      const claim = { user: 'ann', instance: 'i', generation: 5 }
      const first = await ask(engine().claim(claim))
      for (const n of range(1, 60)) await ask(engine().claim({ user: 'stranger', instance: `i${n}`, generation: 1 }))
      equals('the same claim of ann', await ask(engine().claim(claim)), { _tag: 'Superseded' })
      const resume = first._tag === 'Granted' ? first.resume : ''
      matches('the next', await ask(engine().claim({ ...claim, generation: 6, resume })), { resumed: true })
      matches(
        'the first of the other',
        await ask(engine().claim({ user: 'stranger', instance: 'i1', generation: 1 })),
        {
          _tag: 'Granted',
          resumed: false,
        },
      )
    },
    { sessions: 20 },
  ),

  of(
    '[EN45] who loses lanes has another name for what is remembered of them, and nobody else',
    async (bench) => {
      const name = (user: string): string | undefined => bench.engine().lanes?.(user)
      const before = { ann: name('ann'), stranger: name('stranger') }
      const kept = await quiet(bench)
      for (const n of range(1, 60)) await bench.append(`room ${n}`, entry(1, stranger))
      equals('the name of ann', name('ann'), before.ann)
      if (before.stranger === undefined) return
      holds('the other has another name', name('stranger') !== before.stranger)
      const lost = entry(1, { ...stranger, retry: true })
      equals('a retry under the name before', await bench.append('room 1', { ...lost, lanes: before.stranger }), [
        'delivery/unknown',
      ])
      await kept()
    },
    { rooms: 20 },
  ),
]

/** Publishes messages of a user who then stays silent. Returns a check that the engine lost none of their data. */
const quiet = async (bench: EngineBench): Promise<() => Promise<void>> => {
  await bench.append('of ann', ...entries(1, 5, ann))
  const before = await bench.head('of ann')
  return async () => {
    equals('the log of ann', await bench.head('of ann'), before)
    equals('its messages', offsetsOf(await bench.log('of ann')), range(1, 5))
    const retries = entries(1, 5, { ...ann, retry: true })
    equals(
      'what was decided of ann',
      await bench.append('of ann', ...retries),
      range(1, 5).map((n) => `again ${n}`),
    )
  }
}

const roomsOf = async ({ ask, engine }: EngineBench, numbers: readonly number[]): Promise<readonly number[]> => {
  const there: number[] = []
  for (const n of numbers) if ((await ask(engine().head(`room ${n}`))) !== undefined) there.push(n)
  return there
}
