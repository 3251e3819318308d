import { memoryTables } from '../../lib/server/tables/memory.js'
import type { Put, Tables } from '../../lib/server/tables/model.js'
import { tableRegistry } from '../../lib/server/tables/registry.js'
import { defaultTableBounds, type TableBounds } from '../../lib/server/tables/table.js'
import { now } from './support/engine.js'
import { counted } from './support/world.js'

const tablesWith = (more: Partial<TableBounds>): Tables => {
  const bounds = { ...defaultTableBounds, ...more }
  return memoryTables(tableRegistry(bounds, () => 0, counted('E')))
}

const put = (key: string, size = 0): Put => ({ _tag: 'Put', key, value: JSON.stringify('x'.repeat(size)) })

describe('the bounds of tables', () => {
  const tags = (tables: Tables, room: string, ...writes: Parameters<Tables['write']>[1]): readonly string[] =>
    now(tables.write({ of: 'shared', room }, writes)).map(({ _tag }) => _tag)

  it('[EN54] a row beyond the number of rows is refused until one is dropped; known rows may change', () => {
    const tables = tablesWith({ rows: 2 })
    expect(tags(tables, 'r', put('a'), put('b'), put('c'), put('a', 5))).toEqual([
      'Written',
      'Written',
      'Full',
      'Written',
    ])
    expect(tags(tables, 'r', { _tag: 'Drop', key: 'a', cause: 'dropped' }, put('c'))).toEqual(['Written', 'Written'])
  })

  it('[EN54] beyond the bytes of a table, or of all tables, only what needs less is taken', () => {
    const tables = tablesWith({ bytes: 5_000, totalBytes: 8_000 })
    expect(tags(tables, 'r', put('a', 1_800), put('b', 1_800))).toEqual(['Written', 'Full'])
    expect(tags(tables, 's', put('a', 1_000), put('b', 1_000))).toEqual(['Written', 'Full'])
    expect(tags(tables, 'r', put('a', 100))).toEqual(['Written'])
    expect(tags(tables, 's', put('b', 1_000))).toEqual(['Written'])
    expect(tags(tables, 't', put('a', 1_000))).toEqual(['Full'])
    expect(
      tags(tables, 's', { _tag: 'Drop', key: 'a', cause: 'dropped' }, { _tag: 'Drop', key: 'b', cause: 'dropped' }),
    ).toEqual(['Written', 'Written'])
    expect(tags(tables, 't', put('a', 1_000))).toEqual(['Written'])
  })
})
