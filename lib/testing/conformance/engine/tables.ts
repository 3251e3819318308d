import * as E from '#fp/Either'
import { EMPTY, identity, mergeMap } from 'rxjs'
import type { TableFeed, TableId, TablePosition, Tables } from '../../../server/tables/model.js'
import type { Case } from '../case.js'
import { equals, holds, matches, present } from '../check.js'
import type { EngineBench, EngineCase } from './bench.js'
import { nameCases } from './table-names.js'
import { drop, members, put, rowsOf, shared, shown, tablesOf, write } from './table-writes.js'

/** A subscription to a table, with everything that it has emitted, and the rows that follow from it. */
interface Watching {
  readonly told: readonly TableFeed[]
  readonly rows: () => Readonly<Record<string, string>>
  readonly at: () => TablePosition
  readonly stop: () => void
}

const watch = async (bench: EngineBench, id: TableId, from?: TablePosition): Promise<Watching> => {
  const told: TableFeed[] = []
  const failures: string[] = []
  const rows = new Map<string, string>()
  const subscription = tablesOf(bench)
    .follow(id, from)
    .subscribe((each) => {
      if (E.isLeft(each)) failures.push(each.left.message)
      else {
        const item = each.right
        const last = told.at(-1)
        if (item._tag === 'Rows') rows.clear()
        else if (last && (item.prev !== last.version || item.epoch !== last.epoch))
          failures.push('a hole in the versions')
        for (const row of item._tag === 'Rows' ? item.rows : item.puts) rows.set(row.key, row.value)
        if (item._tag === 'Changes') for (const { key } of item.drops) rows.delete(key)
        told.push(item)
      }
    })
  await bench.until('the first item of a table', () => told.length > 0)
  return {
    told,
    rows: () => {
      equals('failures of a watched table', failures, [])
      return Object.fromEntries(rows)
    },
    at: () => {
      const { epoch, version } = present('an item', told.at(-1))
      return { epoch, version }
    },
    stop: () => {
      subscription.unsubscribe()
    },
  }
}

/** Cases about tables. */
export const tableCases = (of: EngineCase): readonly Case[] => [
  ...writeCases(of),
  ...nameCases(of),
  ...feedCases(of),
  ...rangeCases(of),
]

const writeCases = (of: EngineCase): readonly Case[] => [
  of(
    '[EN46] writes to a table are decided in their order, and each that changes it has the next version',
    async (bench) => {
      equals('puts', await write(bench, members, put('a', 1), put('b', 2), put('a', 3)), ['1', '2', '3'])
      equals('a put that changes nothing', await write(bench, members, put('a', 3)), ['3'])
      equals('drops', await write(bench, members, drop('b'), drop('b'), put('b', 4)), ['0', '0', '5'])
      equals('rows', await rowsOf(bench, members), { a: '3', b: '4' })
      equals('rows of another table', await rowsOf(bench, shared), {})
    },
  ),

  of('[EN47] a write whose condition fails changes nothing, and says which row stays', async (bench) => {
    await write(bench, members, put('a', 1, { generation: 5 }))
    equals(
      'by generation',
      await write(
        bench,
        members,
        put('a', 2, { generation: 4 }),
        drop('a', { generation: 4 }),
        put('a', 3, { generation: 5 }),
      ),
      ['kept 1', 'kept 1', '2'],
    )
    equals('if new', await write(bench, members, put('a', 4, { ifNew: true }), put('b', 1, { ifNew: true })), [
      'kept 3',
      '3',
    ])
    equals(
      'if version',
      await write(
        bench,
        members,
        put('a', 5, { ifVersion: 1 }),
        put('a', 5, { ifVersion: 2 }),
        put('c', 1, { ifVersion: 1 }),
      ),
      ['kept 3', '4', 'kept none'],
    )
    equals('absent', await write(bench, members, put('c', 1, { ifVersion: 0 }), drop('c', { ifVersion: 4 })), [
      '5',
      'kept 1',
    ])
    equals('rows', await rowsOf(bench, members), { a: '5', b: '1', c: '1' })
  }),

  of('[EN55] a put with the value that the row has takes over the row, and no follower sees it', async (bench) => {
    await bench.ask(tablesOf(bench).lease('one', 1_000_000), 'a lease')
    await bench.ask(tablesOf(bench).lease('two', 1_000_000), 'a lease')
    await write(bench, members, put('a', 1, { lease: 'one', generation: 3, since: 8 }))
    const watching = await watch(bench, members)
    equals('the version', await write(bench, members, put('a', 1, { lease: 'two', generation: 4, since: 9 })), ['1'])
    equals('an older writer', await write(bench, members, drop('a', { generation: 3 })), ['kept 1'])
    await bench.ask(tablesOf(bench).lease('one', 0), 'the end of a lease')
    equals('rows', await rowsOf(bench, members), { a: '1' })
    equals('items', watching.told.length, 1)
  }),

  of('[EN56] a row keeps what its first put says of its beginning, until it is dropped', async (bench) => {
    const since = async (): Promise<unknown> =>
      (await bench.ask(tablesOf(bench).page(members, { count: 1 }), 'a page')).rows[0]?.since
    await write(bench, members, put('a', 1, { since: 8 }), put('a', 2, { since: 9 }), put('a', 3))
    equals('of the first put', await since(), 8)
    await write(bench, members, drop('a'), put('a', 1, { since: 10 }))
    equals('of the next row', await since(), 10)
  }),
]

const feedCases = (of: EngineCase): readonly Case[] => [
  of('[EN48] a follower gets the whole table, and then each change from version to version', async (bench) => {
    await write(bench, members, put('a', 1), put('b', 2))
    const watching = await watch(bench, members)
    matches('first', watching.told[0], { _tag: 'Rows', version: 2 })
    await write(bench, members, put('c', 3), drop('a', { cause: 'kicked' }))
    await bench.until('the change', () => watching.at().version === 4)
    equals('rows', watching.rows(), { b: '2', c: '3' })
    const drops = watching.told.flatMap((each) => (each._tag === 'Changes' ? each.drops : []))
    equals('drops', drops, [{ key: 'a', cause: 'kicked' }])
    watching.stop()
    await write(bench, members, put('d', 4))
    await bench.calm()
    equals('the version of a reader that has left', watching.at().version, 4)
  }),

  of('[EN49] a follower continues from its version: with nothing where nothing has changed', async (bench) => {
    await write(bench, members, put('a', 1), put('b', 2))
    const first = await watch(bench, members)
    const at = first.at()
    const same = await watch(bench, members, at)
    matches('nothing', same.told[0], { _tag: 'Changes', prev: 2, version: 2, puts: [], drops: [] })
    first.stop()
    await write(bench, members, put('b', 3), put('c', 1), drop('c'), drop('a', { cause: 'grace' }))
    const later = await watch(bench, members, at)
    const [item] = later.told
    matches('the difference', item, { _tag: 'Changes', prev: 2, version: 6 })
    if (item?._tag === 'Changes') {
      equals('puts', shown(item.puts), { b: '3' })
      equals('drops', item.drops, [{ key: 'a', cause: 'grace' }])
    }
    const other = await watch(bench, members, { epoch: 'another', version: 2 })
    matches('after another epoch', other.told[0], { _tag: 'Rows', version: 6 })
    const ahead = await watch(bench, members, { ...at, version: 99 })
    matches('after a version ahead', ahead.told[0], { _tag: 'Rows', version: 6 })
  }),

  of('[EN57] the whole table comes with its latest changes, so that a reader of it can serve others', async (bench) => {
    await write(bench, members, put('a', 1), put('b', 2), put('a', 3), drop('b', { cause: 'kicked' }))
    const [item] = (await watch(bench, members)).told
    const { changes, base } = present('the whole table', item?._tag === 'Rows' ? item : undefined)
    const told = changes.map(({ key, version, cause, isNew }) => [key, version, cause ?? isNew ?? false])
    equals(
      'changes',
      told,
      [
        ['a', 1, true],
        ['b', 2, true],
        ['a', 3, false],
        ['b', 4, 'kicked'],
      ].slice(base),
    )
  }),

  of('[EN50] where too many changes lie between, a follower gets the whole table', async (bench) => {
    await write(bench, members, put('a', 0))
    const before = await watch(bench, members)
    const at = before.at()
    before.stop()
    const keep = await watch(bench, members)
    for (let n = 1; n <= 3_000; n += 500)
      await write(bench, members, ...Array.from({ length: 500 }, (_, more) => put('a', n + more)))
    const later = await watch(bench, members, at)
    matches('item', later.told[0], { _tag: 'Rows', version: 3_001 })
    await bench.until('the version of the other', () => keep.at().version === 3_001)
    equals('rows', [later.rows(), keep.rows()], [{ a: '3000' }, { a: '3000' }])
  }),
]

const rangeCases = (of: EngineCase): readonly Case[] => [
  of('[EN51] a page has the rows of a prefix after a key, in the order of the keys', async (bench) => {
    await write(bench, shared, ...['b2', 'a1', 'b1', 'c', 'b3'].map((key) => put(key, 0)))
    const page = (range: Parameters<Tables['page']>[1]): ReturnType<typeof paged> => paged(bench, range)
    equals('first', await page({ prefix: 'b', count: 2 }), { keys: ['b1', 'b2'], more: true })
    equals('next', await page({ prefix: 'b', after: 'b2', count: 2 }), { keys: ['b3'], more: false })
    equals('all', await page({ count: 5 }), { keys: ['a1', 'b1', 'b2', 'b3', 'c'], more: false })
  }),

  of('[EN52] rows go with their lease, and only those', async (bench) => {
    const { lease } = tablesOf(bench)
    equals('a new lease was not in force', await bench.ask(lease('one', 1_000_000), 'a lease'), false)
    equals('a renewed one was', await bench.ask(lease('one', 1_000_000), 'a lease'), true)
    await bench.ask(lease('two', 1_000_000), 'a lease')
    await write(bench, members, put('a', 1, { lease: 'one' }), put('b', 2, { lease: 'two' }), put('c', 3))
    const watching = await watch(bench, members)
    await bench.ask(lease('one', 0), 'the end of a lease')
    await bench.until('the drop', () => watching.at().version === 4)
    equals('rows', watching.rows(), { b: '2', c: '3' })
    const drops = watching.told.flatMap((each) => (each._tag === 'Changes' ? each.drops : []))
    equals('drops', drops, [{ key: 'a', cause: 'node' }])
    await write(bench, members, put('b', 2, { lease: 'three' }))
    await bench.ask(lease('two', 0), 'the end of a lease')
    await bench.ask(lease('one', 1), 'a lease')
    equals('a row with an unknown lease', await rowsOf(bench, members), { c: '3' })
  }),

  of('[EN46] a change from inside a feed reaches every follower, in order', async (bench) => {
    const watching = await watch(bench, members)
    let echoes = 0
    const echo$ = tablesOf(bench)
      .follow(members)
      .pipe(mergeMap(() => (echoes++ < 20 ? tablesOf(bench).write(members, [put('echo', echoes)]) : EMPTY)))
    const echo = echo$.subscribe({ error: identity })
    await bench.until('all echoes', () => watching.at().version === 20)
    equals('rows', watching.rows(), { echo: '20' })
    echo.unsubscribe()
  }),
]

/** Cases about tables in engines that outlive their process. */
export const reopenedTableCases = (of: EngineCase): readonly Case[] =>
  (['closed', 'killed'] as const).map((how) =>
    of(`[EN53] ${how} and opened again, a table has its rows, its version and its leases`, async (bench) => {
      await bench.ask(tablesOf(bench).lease('one', 1_000_000), 'a lease')
      await bench.ask(tablesOf(bench).lease('two', 1_000_000), 'a lease')
      await write(
        bench,
        members,
        put('a', 1, { lease: 'one', generation: 7, since: 12 }),
        put('b', 2, { lease: 'one' }),
        put('c', 3),
      )
      await write(bench, members, drop('c'), put('d', 4), put('b', 2, { lease: 'two' }))
      const before = await watch(bench, members)
      const at = before.at()
      before.stop()
      await bench.reopen(how)
      const after = await watch(bench, members, at)
      equals('rows', await rowsOf(bench, members), { a: '1', b: '2', d: '4' })
      if (after.told[0]?._tag === 'Changes')
        matches('nothing', after.told[0], { prev: 5, version: 5, puts: [], drops: [] })
      equals('an older writer', await write(bench, members, put('a', 2, { generation: 6 })), ['kept 1'])
      await bench.ask(tablesOf(bench).lease('one', 0), 'the end of a lease')
      equals('rows after the end of a lease', await rowsOf(bench, members), { b: '2', d: '4' })
    }),
  )

const paged = async (
  bench: EngineBench,
  range: Parameters<Tables['page']>[1],
): Promise<{ readonly keys: readonly string[]; readonly more: boolean }> => {
  const { rows, more } = await bench.ask(tablesOf(bench).page(shared, range), 'a page')
  holds('a page within its count', rows.length <= range.count)
  return { keys: rows.map(({ key }) => key), more }
}
