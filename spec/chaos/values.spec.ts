import type { ClientRecord } from '../../chaos/history/record.js'
import { goodAssembly } from './assembly.js'
import { double, edit, placeOf, remove, type Tagged } from './edits.js'
import { of, rulesOf, type Run } from './support.js'

/** A value that `a` has written, and that stays. */
const written = (run: Run): number => placeOf(of(run, 'a.1'), 'wrote')
const setOf = (run: Run): number => {
  const [, , id] = of(run, 'a.1')[written(run)] as Tagged<ClientRecord, 'wrote'>
  return placeOf(of(run, 'a.1'), 'set', (record) => record[2] === id)
}

const values: readonly (readonly [string, readonly string[], (run: Run) => void])[] = [
  [
    'a value that nobody has written',
    ['shared/unasked', 'shared/unwritten'],
    (run) => {
      remove(of(run, 'a.1'), setOf(run))
    },
  ],
  [
    'a value that the table never had',
    ['shared/wrong'],
    (run) => {
      edit(of(run, 'b.1'), placeOf(of(run, 'b.1'), 'value'), 'value', ([tag, at, number, key, version]) => [
        tag, at, number, key, version, 'other',
      ]) // prettier-ignore
    },
  ],
  [
    'values in another order',
    ['shared/order'],
    (run) => {
      const records = of(run, 'b.1')
      const last = placeOf(records, 'value')
      const [, , , key] = records[last] as Tagged<ClientRecord, 'value'>
      const before = placeOf(records.slice(0, last), 'value', (record) => record[3] === key)
      const [one, other] = [records[before]!, records[last]!]
      // Both at the time of the later one, by which the table had both.
      records[before] = [other[0], other[1], ...other.slice(2)] as unknown as ClientRecord
      records[last] = [one[0], other[1], ...one.slice(2)] as unknown as ClientRecord
    },
  ],
  [
    'a version that the table never had',
    ['shared/receipt'],
    (run) => {
      edit(of(run, 'a.1'), written(run), 'wrote', ([tag, at, id, version]) => [tag, at, id, version + 1])
    },
  ],
  [
    'a write whose condition failed',
    ['shared/condition'],
    (run) => {
      edit(of(run, 'a.1'), setOf(run), 'set', ([tag, at, id, room, key, value]) => [
        tag,
        at,
        id,
        room,
        key,
        value,
        1,
        -1,
      ])
    },
  ],
  [
    'a write that is kept back though its condition held',
    ['shared/condition'],
    (run) => {
      const at = placeOf(of(run, 'a.1'), 'set', (record) => record[2] === 'a-new')
      edit(of(run, 'a.1'), at, 'set', ([tag, now, id, room, key, value]) => [tag, now, id, room, key, value, 0, -1])
    },
  ],
  [
    'a value that stays and that the table never had',
    ['shared/receipt'],
    (run) => {
      edit(of(run, 'a.1'), placeOf(of(run, 'a.1'), 'kept'), 'kept', ([tag, at, id, version]) => [
        tag,
        at,
        id,
        version,
        'x',
      ])
    },
  ],
  [
    'a refused write that is there',
    ['shared/refused'],
    (run) => {
      edit(of(run, 'a.1'), written(run), 'wrote', ([, at, id]) => ['unset', at, id, 'no', 'delivery/rate'])
    },
  ],
  [
    'a write that is told as kept back and is there',
    ['shared/kept', 'shared/condition'],
    (run) => {
      edit(of(run, 'a.1'), written(run), 'wrote', ([, at, id]) => ['kept', at, id, 0, null])
    },
  ],
  [
    'a write without an answer',
    ['shared/open'],
    (run) => {
      remove(of(run, 'a.1'), written(run))
    },
  ],
  [
    'a write with two answers',
    ['shared/twice'],
    (run) => {
      double(of(run, 'a.1'), written(run))
    },
  ],
  [
    'an observer that ends with another value',
    ['shared/end'],
    (run) => {
      edit(of(run, 'b.1'), placeOf(of(run, 'b.1'), 'values'), 'values', ([tag, at, number, isFinal, isLive, all]) => [
        tag, at, number, isFinal, isLive, all.slice(1),
      ]) // prettier-ignore
    },
  ],
  [
    'an observer that ends without a live state',
    ['shared/end'],
    (run) => {
      edit(of(run, 'b.1'), placeOf(of(run, 'b.1'), 'values'), 'values', ([tag, at, number, isFinal, , all]) => [
        tag, at, number, isFinal, 0, all,
      ]) // prettier-ignore
    },
  ],
  [
    'an acknowledged value that a server that is started again does not have',
    ['table/lost', 'shared/end'],
    (run) => void run.server.push(['table', 55_000, 'shared', 'p', 'f', 0, []]),
  ],
  [
    'a table that began anew by itself',
    ['table/epoch', 'shared/end'],
    (run) => void run.server.push(['table', 55_000, 'shared', 'p', 'g', 0, []]),
  ],
  [
    'a table that goes back',
    ['table/order'],
    (run) => void run.server.push(['changed', 55_000, 'shared', 'p', 'f', 3, [], []]),
  ],
]

describe('the checker of shared values', () => {
  it.each(values)('[CH24] finds %s', (_, rules, spoil) => {
    const run = goodAssembly()
    spoil(run)
    expect([...rulesOf(run)].sort()).toEqual([...rules].sort())
  })

  it('[CH24] takes a table that a fault has made anew', () => {
    const run = goodAssembly()
    run.director.push(['broken', 54_000, 54_000, 'restart-new', ['a', 'b', 'c'], ['epoch']])
    run.server.push(['table', 55_000, 'shared', 'p', 'g', 0, []])
    for (const life of ['a.1', 'b.1', 'c.1'])
      edit(of(run, life), placeOf(of(run, life), 'values'), 'values', ([tag, at, number, isFinal, isLive]) => [
        tag, at, number, isFinal, isLive, [],
      ]) // prettier-ignore
    expect(rulesOf(run)).toEqual([])
  })
})
