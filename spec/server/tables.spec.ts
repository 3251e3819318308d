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

  it('[EN63] the last tenth of the bytes of rooms is for other rows than records', () => {
    const tables = tablesWith({ totalBytes: 16_000_000 })
    const write = (room: string, ...writes: Parameters<Tables['write']>[1]): readonly string[] =>
      now(tables.write({ of: 'room', room }, writes)).map(({ _tag }) => _tag)
    let rooms = 0
    while (write(`r${rooms}`, put('info'))[0] === 'Written') rooms++
    expect(rooms).toBe(Math.floor(14_400_000 / (600 + 160 + 2 * 6)))
    expect(write('r0', put('info', 600), put('ban\neve', 100))).toEqual(['Full', 'Written'])
    expect(now(tables.write({ of: 'shared', room: 'r' }, [put('info', 100)]))[0]?._tag).toBe('Written')
  })

  it('[EN64] a table of a room takes a small part of the bytes that the others leave, so that many leave place', () => {
    const tables = tablesWith({})
    const write = (room: string, ...writes: Parameters<Tables['write']>[1]): readonly string[] =>
      now(tables.write({ of: 'room', room }, writes)).map(({ _tag }) => _tag)
    const bans = Array.from({ length: 1_000 }, (_, n) => put(`ban\n${n}`, 400))
    const taken = Array.from({ length: 250 }, (_, n) => {
      const outcomes = write(`r${n}`, put('info'), ...bans)
      return outcomes.filter((tag) => tag === 'Written').length
    })
    expect(taken[0]).toBeGreaterThan(200)
    expect(taken[249]).toBeGreaterThan(50)
    expect(taken[249]).toBeLessThan(120)
    expect(write('another', put('info', 1_000), ...bans.slice(0, 10))).toEqual(
      Array.from({ length: 11 }, () => 'Written'),
    )
  })
})
