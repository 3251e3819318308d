import type { Case } from '../case.js'
import { equals } from '../check.js'
import type { EngineCase } from './bench.js'
import { drop, members, put, rowsOf, tablesOf, write } from './table-writes.js'

/** Cases about the names in a table. */
export const nameCases = (of: EngineCase): readonly Case[] => [
  of('[EN73] a put with ifFewer adds a name only while the table has fewer names than this', async (bench) => {
    const two = { ifFewer: 2 } as const
    equals(
      'names',
      await write(bench, members, put('a\nx', 1, two), put('b\nx', 1, two), put('c\nx', 1, two), put('d', 1, two)),
      ['1', '2', 'kept none', 'kept none'],
    )
    equals(
      'rows of a name that has one',
      await write(bench, members, put('a\ny', 1, two), put('b\n', 1, two), put('a\nx', 2, two)),
      ['3', '4', '5'],
    )
    equals('without the condition', await write(bench, members, put('e\nx', 1)), ['6'])
    equals('a name of a full table', await write(bench, members, put('e\ny', 1, two), put('f\ny', 1, two)), [
      '7',
      'kept none',
    ])
    equals('rows', await rowsOf(bench, members), {
      'a\nx': '2',
      'a\ny': '1',
      'b\n': '1',
      'b\nx': '1',
      'e\nx': '1',
      'e\ny': '1',
    })
  }),

  of('[EN74] the place of a name is free when its last row goes, dropped or with its lease', async (bench) => {
    const one = { ifFewer: 1 } as const
    await bench.ask(tablesOf(bench).lease('one', 1_000_000), 'a lease')
    await write(bench, members, put('a\nx', 1, one), put('a\ny', 1, { ...one, lease: 'one' }))
    equals('after the first', await write(bench, members, drop('a\nx'), put('b\nx', 1, one)), ['0', 'kept none'])
    await bench.ask(tablesOf(bench).lease('one', 0), 'the end of a lease')
    equals('after the last', await write(bench, members, put('b\nx', 1, one)), ['5'])
    equals('in one write', await write(bench, members, drop('b\nx'), put('c\n', 1, one), put('b\nx', 1, one)), [
      '0',
      '7',
      'kept none',
    ])
    equals('rows', await rowsOf(bench, members), { 'c\n': '1' })
  }),

  of('[EN75] many writes at once add no more names than ifFewer allows', async (bench) => {
    const puts = Array.from({ length: 40 }, (_, n) => put(`u${n % 20}\n${n}`, 1, { ifFewer: 7 }))
    const outcomes = await Promise.all(puts.map((each) => write(bench, members, each)))
    const rows = Object.keys(await rowsOf(bench, members))
    equals('names', new Set(rows.map((key) => key.slice(0, key.indexOf('\n')))).size, 7)
    equals('rows', rows.length, 14)
    equals('kept', outcomes.filter(([each]) => each === 'kept none').length, 26)
  }),
]
