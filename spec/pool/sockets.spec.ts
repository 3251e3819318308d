import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filter, firstValueFrom, lastValueFrom, map, scan, take, toArray } from 'rxjs'
import { beginning, stored } from '../../lib/features/history/index.js'
import { createClient } from '../../lib/index.js'
import { fileStore, serve } from '../../lib/node/index.js'
import { unwrap } from '../../lib/operators/index.js'
import { createPool } from '../../lib/pool/index.js'
import { rendezvous } from '../../lib/pool/rendezvous.js'
import { anything, numbers } from '../support/pool.js'
import { right } from '../support/seen.js'

it('[PL23] over real sockets and files, rooms move while others post, and the next run of another size goes on', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pool-'))
  const server = await firstValueFrom(serve({ port: 0, authenticate: () => [{ user: 'ana' }] }).pipe(unwrap()))
  const names = numbers(100).map((at) => `orders-${at}`)
  const pool = (size: number) => createPool({ size, url: server.url, identity: 'ana', store: fileStore({ directory }) })
  const theirs = createClient({ url: server.url })
  const post = (name: string, at: number) => firstValueFrom(theirs.room(name, anything).post('said', at).pipe(unwrap()))

  const first = pool(4)
  /** The next `count` messages of each room. */
  const heard = (of: typeof first, count: number) =>
    Promise.all(
      names.map((name) =>
        lastValueFrom(
          of
            .room(name, anything)
            .messages({ from: stored() })
            .pipe(
              map((each) => right(each).data),
              take(count),
              toArray(),
            ),
        ),
      ),
    )
  const joined = Promise.all(names.map((name) => firstValueFrom(first.room(name, anything).join().pipe(unwrap()))))
  await joined
  const all = heard(first, 6)
  await Promise.all(names.map((name) => post(name, 0)))
  const resized = lastValueFrom(first.resize(5).pipe(unwrap()))
  for (const at of [1, 2, 3]) await Promise.all(names.map((name) => post(name, at)))
  const progress = await resized
  expect(progress).toEqual({
    size: 5,
    moved: names.filter((name) => rendezvous(name, 5) === 4).length,
    waiting: [],
    isDone: true,
  })
  const own = await Promise.all(
    names.map((name) => firstValueFrom(first.room(name, anything).post('said', 4).pipe(unwrap()))),
  )
  expect(own.every(({ position }) => position.offset === 5)).toBe(true)
  await Promise.all(names.map((name) => post(name, 5)))
  expect(await all).toEqual(names.map(() => numbers(6)))
  await firstValueFrom(first.close().pipe(unwrap()))

  await Promise.all(names.map((name) => post(name, 6)))
  const second = pool(3)
  const rest = heard(second, 1)
  expect(await rest).toEqual(names.map(() => [6]))
  const size = await firstValueFrom(
    second.resize(3).pipe(
      unwrap(),
      filter(({ isDone }) => isDone),
    ),
  )
  expect([size.size, second.clients().length]).toEqual([3, 3])
  const log = await firstValueFrom(
    theirs
      .room(names[0]!, anything)
      .messages({ from: beginning() })
      .pipe(
        unwrap(),
        scan((seen: readonly unknown[], { data }) => [...seen, data], []),
        filter((seen) => seen.length === 7),
      ),
  )
  expect(log).toEqual(numbers(7))
  await firstValueFrom(second.close().pipe(unwrap()))
  await firstValueFrom(theirs.close().pipe(unwrap()))
  await firstValueFrom(server.close())
  rmSync(directory, { recursive: true })
})
