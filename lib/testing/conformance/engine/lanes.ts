import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { identity } from 'rxjs'
import type { EngineFailure, Entry, Outcome } from '../../../server/engine.js'
import { refusal } from '../../../server/refusal.js'
import { seeded } from '../../random.js'
import { unreliable } from '../../unreliable.js'
import type { Case } from '../case.js'
import { equals, holds } from '../check.js'
import { type EngineBench, type EngineCase, entries, entry, offsetsOf, range } from './bench.js'

/** Cases about the outcome of an appended entry. */
export const laneCases = (of: EngineCase): readonly Case[] => [...batchCases(of), ...retryCases(of)]

/** Cases about lanes and batches. */
const batchCases = (of: EngineCase): readonly Case[] => [
  of('[EN2] [EN3] [EN4] [EN5] decides by the last decided seq of the lane alone', async ({ append }) => {
    const rows: readonly (readonly [lane: readonly number[], tried: Entry, says: string])[] = [
      [[], entry(1), '1'],
      [[], entry(7), '1'],
      [[], entry(7, { after: 6 }), 'delivery/order'],
      [[], entry(1, { retry: true }), 'delivery/unknown'],
      [[1], entry(2, { after: 1 }), '2'],
      [[1], entry(5, { after: 1 }), '2'],
      [[1], entry(2, { after: 1, retry: true }), '2'],
      [[1], entry(3, { after: 2 }), 'delivery/order'],
      [[1], entry(3, { after: 2, retry: true }), 'delivery/order'],
      [[1, 2], entry(1, { retry: true }), 'again 1'],
      [[1, 2], entry(2, { after: 1 }), 'again 2'],
      [[1, 5], entry(3, { after: 1, retry: true }), 'delivery/forgotten'],
      [[1, 5], entry(3, { after: 1 }), 'delivery/forgotten'],
    ]
    for (const [index, [lane, tried, says]] of rows.entries()) {
      const room = `row ${index}`
      for (const seq of lane) await append(room, entry(seq))
      equals(`seq ${tried.seq} after ${tried.after} in a lane of [${lane.join()}]`, await append(room, tried), [says])
    }
  }),

  of('[EN2] lanes of other producers, users and rooms are apart', async ({ append }) => {
    await append('r', ...entries(1, 5))
    equals('producer', await append('r', entry(1, { producer: 'q' })), ['6'])
    equals('user', await append('r', entry(1, { user: 'v' })), ['7'])
    equals('room', await append('s', entry(1)), ['1'])
    equals('retry elsewhere', await append('t', entry(1, { retry: true })), ['delivery/unknown'])
    for (const between of [':', '\n', '\0', '/', '|', ',', '","', '.']) {
      const lanes = [
        entry(1, { user: 'a', producer: `b${between}c` }),
        entry(1, { user: `a${between}b`, producer: 'c' }),
      ]
      const others = [
        entry(1, { user: `b${between}c`, producer: 'a' }),
        entry(1, { user: 'c', producer: `a${between}b` }),
      ]
      const words = await append(between, ...lanes, ...others)
      equals(`names that look alike when joined by ${JSON.stringify(between)}`, words, ['1', '2', '3', '4'])
    }
  }),

  of('[EN2] answers for every entry of a batch, in the order of the batch', async ({ append }) => {
    const batch = [entry(1), entry(3, { after: 2 }), entry(2, { after: 1 }), entry(1, { retry: true }), entry(9)]
    equals('outcomes', await append('r', ...batch), ['1', 'delivery/order', '2', 'again 1', '3'])
    equals('no entries', await append('r'), [])
  }),

  of('[EN2] appends a batch as one, with nothing of others between', async ({ outcomes, log }) => {
    const batches = ['a', 'b', 'c', 'd'].map((producer) => entries(1, 5, { producer }))
    await Promise.all(batches.map((batch) => outcomes('r', ...batch)))
    const producers = (await log('r')).map(({ id }) => id.slice(0, 1)).join('')
    holds(
      `whole batches, and not ${producers}`,
      ['a', 'b', 'c', 'd'].every((each) => producers.includes(each.repeat(5))),
    )
  }),
]

/** Cases about entries that are tried again, or refused. */
const retryCases = (of: EngineCase): readonly Case[] => [
  of('[EN3] answers what was decided with the first outcome, and appends nothing', async (bench) => {
    const { outcomes, log } = bench
    const first = await outcomes('r', ...entries(1, 200))
    const again = await outcomes('r', ...entries(1, 200, { retry: true, data: '"another"' }))
    equals(
      'outcomes',
      again,
      first.map((outcome) => ({ ...outcome, repeated: true })),
    )
    equals('offsets', offsetsOf(await log('r')), range(1, 200))
    holds('dedupeMs is a duration', bench.engine().dedupeMs > 0)
  }),

  of('[EN3] one entry that is tried twice at once is logged once', async ({ outcomes, log }) => {
    const tries = await Promise.all([1, 2, 3].map(() => outcomes('r', entry(1), entry(2))))
    const accepted = tries.flat().filter((outcome) => outcome._tag === 'Accepted' && !outcome.repeated)
    equals('accepted', accepted.length, 2)
    equals(
      'ids',
      (await log('r')).map(({ id }) => id),
      ['p.1', 'p.2'],
    )
  }),

  of('[EN4] a hole in a lane leaves it as it was', async ({ append }) => {
    equals('hole', await append('r', entry(1), entry(3, { after: 2 })), ['1', 'delivery/order'])
    equals('filled', await append('r', entry(2, { after: 1 }), entry(3, { after: 2 })), ['2', '3'])
  }),

  of('[EN5] a retry that was refused as unknown leaves the lane unknown', async ({ append }) => {
    equals('retry', await append('r', entry(4, { retry: true })), ['delivery/unknown'])
    equals('first of all', await append('r', entry(1), entry(4, { after: 1, retry: true })), ['1', '2'])
  }),

  of('[EN5] a retry is a first attempt while the name holds that it was told of lanes', async (bench) => {
    const lanes = bench.engine().lanes?.('u')
    if (lanes === undefined) return
    equals('told another', await bench.append('r', entry(4, { retry: true, lanes: `not ${lanes}` })), [
      'delivery/unknown',
    ])
    equals('told this', await bench.append('r', entry(4, { retry: true, lanes })), ['1'])
    equals('again', await bench.append('r', entry(4, { retry: true, lanes })), ['again 1'])
  }),

  of('[EN6] what the server refused for good is decided, and not logged', async ({ append, outcomes, log }) => {
    const tooLarge = entry(1, { refusal: refusal('delivery/too-large') })
    equals('outcomes', await append('r', tooLarge, entry(2, { after: 1 })), ['delivery/too-large', '1'])
    const again = await outcomes('r', entry(1, { retry: true }))
    equals('again', again, [{ _tag: 'Refused', refusal: refusal('delivery/too-large') }])
    equals(
      'ids',
      (await log('r')).map(({ id }) => id),
      ['p.2'],
    )
  }),

  of('[EN7] behind failures and lost answers each entry is logged at most once, in order', async (bench) => {
    for (const seed of [1, 2, 3]) await shake(bench, seed)
  }),

  of('[EN14] names what it remembers of lanes, and keeps the name while it has lost none', async (bench) => {
    const before = bench.engine().lanes?.('u')
    await bench.append('r', ...entries(1, 50))
    await bench.append('s', entry(1), entry(1, { retry: true }), entry(3, { after: 2 }))
    equals('the name', bench.engine().lanes?.('u'), before)
  }),
]

/** Three producers each send their entries in order, through an engine that fails, until they know the outcomes. */
const shake = async (bench: EngineBench, seed: number): Promise<void> => {
  const { scheduler, until, log } = bench
  const room = `shaken ${seed}`
  const random = seeded(seed)
  const engine = unreliable(bench.engine(), { scheduler, random, delayMs: 3, failEvery: 4, loseAnswers: 4 })

  const attempt = async (tried: readonly Entry[]): Promise<readonly Outcome[] | undefined> => {
    const answers: Either<EngineFailure, readonly Outcome[]>[] = []
    engine.append(room, tried).subscribe({ next: (answer) => answers.push(answer), error: identity })
    await until('an answer or a failure', () => answers.length > 0)
    return answers.flatMap((answer) => (E.isRight(answer) ? [answer.right] : []))[0]
  }
  const produce = async (producer: string): Promise<readonly (readonly [id: string, offset: number])[]> => {
    const known: [string, number][] = []
    for (let seq = 1; seq <= 9; seq += 3) {
      const batch = [seq, seq + 1, seq + 2].map((each) => entry(each, { producer, after: each - 1 }))
      let outcomes = await attempt(batch)
      for (let tries = 1; outcomes === undefined; tries++) {
        holds('a failing engine succeeds some time', tries < 100)
        // The engine may not know the lane yet and would refuse a retry, so the first batch is not marked as one.
        outcomes = await attempt(batch.map((each) => ({ ...each, retry: seq > 1 })))
      }
      for (const [index, outcome] of outcomes.entries()) {
        holds(`entry ${seq + index} is accepted`, outcome._tag === 'Accepted')
        known.push([`${producer}.${seq + index}`, outcome.offset])
      }
    }
    return known
  }

  const known = (await Promise.all(['a', 'b', 'c'].map(produce))).flat()
  const logged = (await log(room)).map(({ id, offset }) => [id, offset] as const)
  equals(
    'what is logged, against what was answered',
    logged,
    [...known].sort(([, one], [, other]) => one - other),
  )
  for (const producer of ['a', 'b', 'c']) {
    const order = logged.filter(([id]) => id.startsWith(producer)).map(([id]) => id)
    equals(
      `the order of ${producer}`,
      order,
      range(1, 9).map((seq) => `${producer}.${seq}`),
    )
  }
}
