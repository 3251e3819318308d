import type { Drop, Put, Row, TableId, Tables, Write } from '../../../server/tables/model.js'
import { present } from '../check.js'
import type { EngineBench } from './bench.js'

export const members: TableId = { of: 'members', room: 'r' }
export const shared: TableId = { of: 'shared', room: 'r' }

export const tablesOf = (bench: EngineBench): Tables => present('the tables of the engine', bench.engine().tables)

export const put = (key: string, value: unknown, more: Partial<Put> = {}): Put => ({
  _tag: 'Put',
  key,
  value: JSON.stringify(value),
  ...more,
})
export const drop = (key: string, more: Partial<Drop> = {}): Drop => ({ _tag: 'Drop', key, cause: 'left', ...more })

export const write = async (
  bench: EngineBench,
  id: TableId,
  ...writes: readonly Write[]
): Promise<readonly string[]> => {
  const outcomes = await bench.ask(tablesOf(bench).write(id, writes), 'the outcomes of writes')
  return outcomes.map((each) =>
    each._tag === 'Written'
      ? String(each.version)
      : each._tag === 'Kept'
        ? `kept ${each.row?.value ?? 'none'}`
        : 'full',
  )
}

export const shown = (rows: readonly Row[]): Readonly<Record<string, string>> =>
  Object.fromEntries(rows.map(({ key, value }) => [key, value]))

export const rowsOf = async (bench: EngineBench, id: TableId): Promise<Readonly<Record<string, string>>> =>
  shown((await bench.ask(tablesOf(bench).page(id, { count: 10_000 }), 'a page')).rows)
