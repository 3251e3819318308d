import type { Put, TableId, Tables, Write, WriteOutcome } from '../../../server/tables/model.js'
import type { Case } from '../case.js'
import { equals, matches, present } from '../check.js'
import { type EngineBench, type EngineCase, entry } from './bench.js'

const leaderOf = (room: string): TableId => ({ of: 'leader', room })
const shared: TableId = { of: 'shared', room: 'r' }

const tablesOf = (bench: EngineBench): Tables => present('the tables of the engine', bench.engine().tables)

const write = (bench: EngineBench, id: TableId, ...writes: readonly Write[]): Promise<readonly WriteOutcome[]> =>
  bench.ask(tablesOf(bench).write(id, writes), 'the outcomes of writes')

const leader = (term: number, more: Partial<Put> = {}): Put => ({
  _tag: 'Put',
  key: 'leader',
  value: JSON.stringify(['u', 's', term]),
  ...more,
})
const gone: Write = { _tag: 'Drop', key: 'leader', cause: 'left' }
const value = (more: Partial<Put>): Put => ({ _tag: 'Put', key: 'a', value: '1', ...more })

const tags = (outcomes: readonly WriteOutcome[]): readonly string[] => outcomes.map(({ _tag }) => _tag)

/** Cases about the senders of terms. */
const senderCases = (of: EngineCase): readonly Case[] => [
  of('[EN70] an entry with the term of the leader is taken only from the leader', async (bench) => {
    await write(bench, leaderOf('r'), leader(1))
    equals(
      'from the user, and from another',
      await bench.append('r', entry(1, { term: 1, from: ['u', 'other'] }), entry(2, { term: 1, from: ['other', 's'] })),
      ['1', 'room/term'],
    )
    await write(bench, leaderOf('r'), gone, leader(2, { value: JSON.stringify(['anonymous', 's', 2]) }))
    equals(
      'without authentication',
      await bench.append(
        'r',
        entry(3, { term: 2, from: ['anonymous', 's'] }),
        entry(4, { term: 2, from: ['anonymous', 'other'] }),
      ),
      ['2', 'room/term'],
    )
  }),

  of(
    '[EN71] a write with the term of the leader, and with a sender, changes nothing unless that is the leader',
    async (bench) => {
      await write(bench, leaderOf('r'), leader(1))
      const by = (user: string, session: string): Partial<Put> => ({ ifTerm: 1, from: [user, session] })
      const drop: Write = { _tag: 'Drop', key: 'a', cause: 'dropped', ifTerm: 1, from: ['other', 's'] }
      equals(
        'outcomes',
        tags(await write(bench, shared, value(by('u', 's')), value(by('u', 'more')), value(by('other', 's')), drop)),
        ['Written', 'Written', 'Fenced', 'Fenced'],
      )
    },
  ),
]

/** Cases about the terms of leaders. */
export const termCases = (of: EngineCase): readonly Case[] => [
  ...senderCases(of),
  of('[EN65] an entry with a term is taken only while the present leader of its room has this term', async (bench) => {
    equals('without a leader', await bench.append('r', entry(1, { term: 1 })), ['room/term'])
    await write(bench, leaderOf('r'), leader(2))
    await write(bench, leaderOf('other'), leader(3))
    equals(
      'with one',
      await bench.append('r', entry(2, { term: 1 }), entry(3, { term: 2 }), entry(4, { term: 3 }), entry(5)),
      ['room/term', '1', 'room/term', '2'],
    )
    await write(bench, leaderOf('r'), gone, leader(4))
    equals('with the next one', await bench.append('r', entry(6, { term: 2 }), entry(7, { term: 4 })), [
      'room/term',
      '3',
    ])
    await write(bench, leaderOf('r'), gone)
    equals('after it', await bench.append('r', entry(8, { term: 4 })), ['room/term'])
    const ids = (await bench.log('r')).map(({ id }) => id)
    equals('the log', ids, ['p.3', 'p.5', 'p.7'])
  }),

  of('[EN65] a refused term is decided: a repetition has the first outcome, whoever leads then', async (bench) => {
    await write(bench, leaderOf('r'), leader(1))
    equals('first', await bench.append('r', entry(1, { term: 1 }), entry(2, { term: 2 })), ['1', 'room/term'])
    await write(bench, leaderOf('r'), gone, leader(2))
    equals('again', await bench.append('r', entry(1, { term: 1, retry: true }), entry(2, { term: 2, retry: true })), [
      'again 1',
      'room/term',
    ])
    const [refused] = await bench.outcomes('r', entry(3, { term: 1 }))
    matches('the refusal', refused, { _tag: 'Refused', refusal: { kind: 'terminal' } })
  }),

  of('[EN66] a put with the version of another row changes nothing once that row is another one', async (bench) => {
    const term = (n: number): Put => ({ _tag: 'Put', key: 'term', value: String(n) })
    const ifRow = (version: number): Partial<Put> => ({ ifNew: true, ifRow: { key: 'term', version } })
    equals('without the row', tags(await write(bench, leaderOf('r'), leader(1, ifRow(1)))), ['Kept'])
    equals('in one call', tags(await write(bench, leaderOf('r'), term(1), leader(1, ifRow(1)), gone)), [
      'Written',
      'Written',
      'Written',
    ])
    equals('after another', tags(await write(bench, leaderOf('r'), term(2), leader(1, ifRow(1)))), ['Written', 'Kept'])
    const [now] = await write(bench, leaderOf('r'), term(2))
    const version = now?._tag === 'Written' ? now.version : 0
    equals('with the present one', tags(await write(bench, leaderOf('r'), leader(2, ifRow(version)))), ['Written'])
  }),

  of(
    '[EN67] a write with a term changes nothing while the present leader of the room has another one',
    async (bench) => {
      equals('without a leader', tags(await write(bench, shared, value({ ifTerm: 1 }))), ['Fenced'])
      await write(bench, leaderOf('r'), leader(1))
      const drop: Write = { _tag: 'Drop', key: 'a', cause: 'dropped', ifTerm: 2 }
      equals('with one', tags(await write(bench, shared, value({ ifTerm: 2 }), value({ ifTerm: 1 }), drop)), [
        'Fenced',
        'Written',
        'Fenced',
      ])
      await write(bench, leaderOf('r'), gone, leader(2))
      equals('with the next one', tags(await write(bench, shared, value({ value: '2', ifTerm: 1 }), drop)), [
        'Fenced',
        'Written',
      ])
    },
  ),

  of(
    '[EN68] the terms of a log never decrease, whichever of several calls at once the engine executes first',
    async (bench) => {
      const { lease } = tablesOf(bench)
      await bench.ask(lease('one', 1_000_000), 'a lease')
      await write(bench, leaderOf('r'), leader(1))
      const say = (producer: string, term: number): Promise<unknown> =>
        bench.outcomes('r', entry(1, { producer, term, data: String(term) }))
      for (let term = 1; term <= 20; term++)
        await Promise.all([
          say(`a${term}`, term),
          write(bench, leaderOf('r'), gone, leader(term + 1, { lease: 'one' })),
          say(`b${term}`, term),
          say(`c${term}`, term + 1),
        ])
      await say('last', 21)
      const terms = (await bench.log('r')).map(({ data }) => Number(data))
      equals(
        'terms',
        terms,
        [...terms].sort((a, b) => a - b),
      )
      equals('the last term', terms.at(-1), 21)
      await bench.ask(lease('one', 0), 'the end of a lease')
      equals('after the lease of the leader', await bench.append('r', entry(1, { term: 21 })), ['room/term'])
    },
  ),
]

/** Cases about terms in engines that outlive their process. */
export const reopenedTermCases = (of: EngineCase): readonly Case[] =>
  (['closed', 'killed'] as const).map((how) =>
    of(`[EN69] ${how} and opened again, it takes the term of the leader before, and no other`, async (bench) => {
      await bench.ask(tablesOf(bench).lease('one', 1_000_000), 'a lease')
      await write(bench, leaderOf('r'), { _tag: 'Put', key: 'term', value: '7' }, leader(7, { lease: 'one' }))
      equals('before', await bench.append('r', entry(1, { term: 7 }), entry(2, { term: 6 })), ['1', 'room/term'])
      await bench.reopen(how)
      equals('after', await bench.append('r', entry(3, { term: 6 }), entry(4, { term: 7 })), ['room/term', '2'])
      equals('again', await bench.append('r', entry(2, { term: 6, retry: true })), ['room/term'])
      equals(
        'the next term',
        tags(await write(bench, leaderOf('r'), { _tag: 'Put', key: 'term', value: '8', ifVersion: 1 })),
        ['Written'],
      )
    }),
  )
