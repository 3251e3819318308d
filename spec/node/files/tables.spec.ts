import type { Write } from '../../../lib/server/tables/model.js'
import { now, open, type Opened } from './rig.js'
import { type ShakyDisk, shakyDisk } from './shaky-disk.js'

const id = { of: 'shared', room: 'r' }
const members = { of: 'members', room: 'r' }
const put = (key: string): Write => ({ _tag: 'Put', key, value: JSON.stringify(key) })

const write = (disk: ShakyDisk, { engine }: Opened, ...writes: readonly Write[]): void => {
  now(disk, engine.tables!.write(id, writes))
}
const keys = (disk: ShakyDisk, { engine }: Opened): readonly string[] =>
  now(disk, engine.tables!.page(id, { count: 100 })).rows.map(({ key }) => key)

/** Closes an engine, and opens another one on what it left. */
const again = (disk: ShakyDisk, { engine }: Opened, options = {}): readonly [ShakyDisk, Opened] => {
  engine.close()
  disk.run()
  const next = disk.after('kill', () => 0)
  return [next, open(next, options)]
}

describe('tables in files', () => {
  it('[EN53] a new epoch of a table outlives the next openings, also where there is no room', () => {
    const first = shakyDisk()
    const opened = open(first)
    write(first, opened, put('a'), put('b'))
    const [second, renewed] = again(first, opened, { newEpochs: true })
    expect(renewed.faults).toHaveLength(2)
    write(second, renewed, put('c'))
    const [third, later] = again(second, renewed)
    expect([later.faults, keys(third, later)]).toEqual([[], ['a', 'b', 'c']])
    write(third, later, { _tag: 'Drop', key: 'a', cause: 'dropped' })
    const [fourth, last] = again(third, later)
    expect([last.faults, keys(fourth, last)]).toEqual([[], ['b', 'c']])
  })

  it('[EN52] a lease that is over does not drop a row which got another lease in the same commit', () => {
    const disk = shakyDisk()
    const { engine, time } = open(disk)
    const tables = engine.tables!
    now(disk, tables.lease('A', 1))
    now(disk, tables.lease('B', 30_000))
    now(disk, tables.write(members, [{ _tag: 'Put', key: 'ana', value: '[null]', generation: 1, lease: 'A' }]))
    time.advanceBy(30)
    // A commit is under way: what follows is decided after it, and together.
    tables.write({ of: 'members', room: 'other' }, [{ _tag: 'Put', key: 'x', value: '1', lease: 'B' }]).subscribe()
    tables.write(members, [{ _tag: 'Put', key: 'ana', value: '[null]', generation: 2, lease: 'B' }]).subscribe()
    tables.lease('B', 30_000).subscribe()
    disk.run()
    expect(now(disk, tables.page(members, { count: 9 })).rows).toHaveLength(1)
  })

  it('[EN52] a lease that ends while a renewal is written is over with the next one', () => {
    const disk = shakyDisk()
    const { engine, time } = open(disk)
    const tables = engine.tables!
    now(disk, tables.lease('A', 1_000))
    now(disk, tables.lease('B', 30_000))
    now(disk, tables.write(members, [{ _tag: 'Put', key: 'ana', value: '[null]', lease: 'A' }]))
    time.advanceBy(900)
    tables.lease('B', 20_000).subscribe()
    // It is being written.
    time.advanceBy(200)
    disk.run()
    now(disk, tables.lease('B', 30_000))
    expect(now(disk, tables.page(members, { count: 9 })).rows).toEqual([])
  })

  it('[EN53] cleaning the journal keeps tables, and comes to an end', () => {
    const disk = shakyDisk()
    const options = { segmentBytes: 4_096 }
    const opened = open(disk, options)
    for (let n = 0; n < 400; n++)
      write(disk, opened, { _tag: 'Put', key: `k${n % 40}`, value: JSON.stringify('x'.repeat(300)) })
    expect(opened.engine.held().journalBytes).toBeLessThan(300_000)
    const [next, later] = again(disk, opened, options)
    expect([later.faults, keys(next, later).length]).toEqual([[], 40])
  })

  it('[EN53] the end of the process at any step leaves the epochs, also of a table that was forgotten and has begun anew', () => {
    const options = { segmentBytes: 4_096 }
    const put = (n: number, key: string): Write => ({ _tag: 'Put', key, value: JSON.stringify(String(n).padEnd(300)) })
    const drop = (key: string): Write => ({ _tag: 'Drop', key, cause: 'dropped' })
    /** Has a table that begins, is forgotten and begins anew, and cleans the journal, until the disk has taken so many steps. */
    const endedAfter = (steps: number): readonly [ShakyDisk, readonly string[]] => {
      const disk = shakyDisk()
      const opened = open(disk, options)
      const tables = opened.engine.tables!
      for (let n = 0; n < 40; n++) {
        write(disk, opened, put(n, `k${n % 4}`))
        now(disk, tables.write(members, [put(n, 'ana')]))
      }
      now(disk, tables.write(members, [drop('ana')]))
      opened.time.advanceBy(120_000)
      // The next table that becomes empty sweeps those that have been empty for long.
      now(disk, tables.write({ of: 'other', room: 'r' }, [put(0, 'k')]))
      now(disk, tables.write({ of: 'other', room: 'r' }, [drop('k')]))
      now(disk, tables.write(members, [put(0, 'ana')]))
      const begun = disk.log.length
      for (let n = 0; n < 80; n++) {
        tables.write(id, [put(n, `k${n % 4}`)]).subscribe()
        while (disk.waiting().length > 0) {
          if (disk.log.length - begun === steps) return [disk.after('kill', () => 0), disk.log]
          disk.step()
        }
      }
      return [disk.after('kill', () => 0), disk.log.slice(begun)]
    }
    const [, all] = endedAfter(Infinity)
    const removals = all.flatMap((step, at) => (step.startsWith('remove journal') ? [at] : []))
    expect(removals.length).toBeGreaterThan(3)
    for (const at of removals.flatMap((step) => [step, step + 1])) {
      const [disk] = endedAfter(at)
      expect([at, open(disk, options).faults]).toEqual([at, []])
    }
  })
})
