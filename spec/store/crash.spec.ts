import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatMap, EMPTY, NEVER, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { type Disk, platformDisk } from '../../lib/node/store/disk.js'
import { files as fileStore, fileStoreOn } from '../../lib/node/store/files.js'
import { folderOf } from '../../lib/node/store/names.js'
import { amend } from '../../lib/store/memory.js'
import type { Change, Partition, Scope, Store } from '../../lib/store/port.js'
import { until } from '../support/until.js'
import { asking, dying, failed, failing, value } from './disks.js'

const scope: Scope = { url: 'wss://one.example', user: 'ana', instance: 'i' }
const batches: readonly (readonly Change[])[] = [
  [{ key: 'a', text: '1' }],
  [
    { key: 'a', text: '2' },
    { key: 'b', text: 'ä€"\n' },
  ],
  [{ key: 'b' }, { key: 'c', text: '3' }],
  [{ key: 'd', text: '4' }],
]
/** What there is after so many batches. */
const after = (count: number): Readonly<Record<string, string>> => {
  const records = new Map<string, string>()
  for (const batch of batches.slice(0, count)) amend(records, batch)
  return Object.fromEntries(records)
}
const contents = ({ records }: Partition): unknown => Object.fromEntries(records)
describe('the store on files', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rx-rooms-crash-'))
  })
  afterEach(() => {
    rmSync(directory, { recursive: true })
  })
  const on = (disk: Disk): Store => fileStoreOn({ disk, wall: () => Date.now(), every: () => EMPTY }, { directory })
  const files = (kind: string): readonly string[] =>
    readdirSync(folderOf(directory, scope)).flatMap((name) =>
      name.endsWith(kind) ? [join(folderOf(directory, scope), name)] : [],
    )
  const reopened = async (): Promise<Partition> => {
    const held = await value(fileStore({ directory }).open(scope))
    await value(held.close())
    return held
  }
  const filled = async (): Promise<string> => {
    const held = await value(fileStore({ directory }).open(scope))
    for (const batch of batches) await value(held.write(batch))
    await value(held.close())
    const [log] = files('.log')
    return log!
  }

  /** Dies at its `at`th act, of which a writing gets as far as `torn` bytes. Answers how many batches were answered and given. */
  const life = async (at: number, torn: number): Promise<{ answered: number; given: number; died: boolean }> => {
    let acts = 0
    let [died, isDead] = [false, false]
    const { disk, die } = dying(
      asking((act, given, go) => {
        if (died) return NEVER
        if (++acts < at) return go()
        died = true
        const dead = (): Observable<never> => {
          isDead = true
          return NEVER
        }
        const [file, bytes] = given as [number, Buffer]
        return act === 'write' ? platformDisk.write(file, bytes.subarray(0, torn)).pipe(concatMap(dead)) : dead()
      }),
    )
    let [answered, given] = [0, 0]
    let isOver = false
    on(disk)
      .open(scope)
      .subscribe((opened) => {
        if (E.isLeft(opened)) return
        const { write, close } = opened.right
        for (const batch of batches) {
          given++
          write(batch).subscribe(() => answered++)
        }
        close().subscribe(() => (isOver = true))
      })
    await until('its end', () => isOver || isDead)
    await die()
    return { answered, given, died }
  }

  it('[ST22] [ST36] loses nothing that was answered, wherever it dies, and has no half of any batch', async () => {
    for (let at = 1; ; at++) {
      let isOver = false
      for (const torn of [0, 1, 30, 60]) {
        mkdirSync(folderOf(directory, scope), { recursive: true })
        const { answered, given, died } = await life(at, torn)
        isOver = !died
        const found = await reopened()
        const states = Array.from({ length: batches.length + 1 }, (_, count) => JSON.stringify(after(count)))
        const count = states.indexOf(JSON.stringify(contents(found)))
        expect({ at, torn, damaged: found.damaged, isLess: count < answered, isMore: count > given }).toEqual({
          at, torn, damaged: [], isLess: false, isMore: false,
        }) // prettier-ignore
        rmSync(directory, { recursive: true })
      }
      if (isOver) {
        expect(at).toBeGreaterThan(20)
        break
      }
    }
    await value((await value(fileStore({ directory }).open(scope))).close())
  }, 120_000)

  it('[ST22] cuts off a torn tail, at whatever byte', async () => {
    const log = await filled()
    const whole = readFileSync(log)
    const ends = [...whole.entries()].flatMap(([at, byte]) => (byte === 10 ? [at + 1] : []))
    const [name, folder] = [log.split('/').at(-1)!, folderOf(directory, scope)]
    for (let length = ends[0]!; length <= whole.length; length++) {
      for (const old of files('.log')) rmSync(old)
      writeFileSync(join(folder, name), whole.subarray(0, length))
      const found = await reopened()
      expect({ length, contents: contents(found), damaged: found.damaged }).toEqual({
        length,
        contents: after(ends.filter((end) => end <= length).length - 1),
        damaged: [],
      })
    }
  }, 120_000)

  it('[ST22] sets aside what has one wrong bit, wherever it is, uses the rest, and goes on', async () => {
    const log = await filled()
    const whole = readFileSync(log)
    const [name, folder] = [log.split('/').at(-1)!, folderOf(directory, scope)]
    const texts = new Set(batches.flat().flatMap(({ key, text }) => (text === undefined ? [] : [`${key} ${text}`])))
    for (let at = 0; at < whole.length; at++) {
      for (const old of [...files('.log'), ...files('.damaged')]) rmSync(old)
      const bytes = Buffer.from(whole)
      bytes[at] = bytes[at]! ^ 4
      writeFileSync(join(folder, name), bytes)
      const found = await reopened()
      expect([...found.records].filter(([key, text]) => !texts.has(`${key} ${text}`))).toEqual([])
      if (at < whole.length - 1) expect(readFileSync(found.damaged[0]!)).toEqual(bytes)
      expect((await reopened()).damaged).toEqual([])
    }
  }, 120_000)

  it('[ST33] lists a log whose first line is damaged, cut or empty, uses what follows, and goes on under its name', async () => {
    const log = await filled()
    const whole = readFileSync(log)
    const [name, folder, title] = [log.split('/').at(-1)!, folderOf(directory, scope), whole.indexOf(10)]
    const flipped = Array.from({ length: title }, (_, at) =>
      Uint8Array.from(whole, (byte, n) => (n === at ? byte ^ 4 : byte)),
    )
    for (const bytes of [...flipped, whole.subarray(title + 1), whole.subarray(0, title), whole.subarray(0, 0)]) {
      for (const old of [...files('.log'), ...files('.damaged')]) rmSync(old)
      writeFileSync(join(folder, name), bytes)
      const store = fileStore({ directory })
      const [instance = '', ...more] = await value(store.list(scope))
      expect(more).toEqual([])
      const found = await value(store.open({ ...scope, instance }))
      const kept = bytes.length > title ? after(batches.length) : {}
      expect([found.damaged.length, contents(found)]).toEqual([1, kept])
      expect(readFileSync(found.damaged[0]!)).toEqual(Buffer.from(bytes))
      await value(found.write([{ key: 'e', text: '5' }]))
      await value(found.close())
      const [again = ''] = await value(store.list(scope))
      const next = await value(store.open({ ...scope, instance: again }))
      expect([next.damaged, next.records.get('e'), next.token]).toEqual([[], '5', found.token + 1])
      await value(next.close())
    }
  }, 120_000)

  it('[ST22] keeps the last few that were damaged', async () => {
    for (let count = 0; count < 8; count++) {
      const log = await filled()
      writeFileSync(log, readFileSync(log, 'utf8').replace('"d"', '"e"'))
    }
    await reopened()
    expect(files('.damaged')).toHaveLength(4)
  })

  it('[ST23] takes back what was half written on a full disk, and goes on when there is room', async () => {
    let isFull = false
    const held = await value(on(asking((act, given, go) => {
      if (act !== 'write' || !isFull) return go()
      const [file, bytes] = given as [number, Buffer]
      return platformDisk.write(file, bytes.subarray(0, 20)).pipe(concatMap(() => failing('ENOSPC')))
    })).open(scope)) // prettier-ignore
    await value(held.write(batches[0]!))
    isFull = true
    expect(await failed(held.write([{ key: 'no', text: 'room' }]))).toBe('full')
    expect(await failed(held.write([{ key: 'no', text: 'room' }]))).toBe('full')
    isFull = false
    await value(held.write(batches[1]!))
    await value(held.close())
    const found = await reopened()
    expect([contents(found), found.damaged]).toEqual([after(2), []])
  })

  it.each(['sync', 'truncate'] as const)(
    '[ST23] writes the whole log anew after a %s that failed, and only then promises again',
    async (broken) => {
      let isBroken = false
      const held = await value(on(asking((act, _, go) => {
      if (!isBroken) return go()
      if (act === broken) return failing('EIO')
      return act === 'write' && broken === 'truncate' ? failing('ENOSPC') : go()
    })).open(scope)) // prettier-ignore
      await value(held.write(batches[0]!))
      isBroken = true
      expect(await failed(held.write(batches[1]!))).toBe(broken === 'sync' ? 'failed' : 'full')
      expect(await failed(held.write(batches[1]!))).not.toBe('')
      isBroken = false
      await value(held.write(batches[3]!))
      await value(held.close())
      const found = await reopened()
      expect([contents(found), found.damaged]).toEqual([{ a: '1', d: '4' }, []])
    },
  )

  it('[ST24] writes a log anew when most of it is dead, so that it stays small', async () => {
    const held = await value(fileStore({ directory }).open(scope))
    const text = 'x'.repeat(100_000)
    for (let n = 0; n < 60; n++) await value(held.write([{ key: `${n % 3}`, text: `${n}${text}` }]))
    expect(statSync(files('.log')[0]!).size).toBeLessThan(2_000_000)
    await value(held.close())
    expect([...(await reopened()).records].map(([key, found]) => [key, found.slice(0, 2)])).toEqual([
      ['0', '57'],
      ['1', '58'],
      ['2', '59'],
    ])
  })

  it('[ST19] leaves a log of a later format as it is', async () => {
    const log = await filled()
    const text = readFileSync(log, 'utf8')
    const { checksum } = await import('../../lib/store/checksum.js')
    const title = text.split('\n')[0]!.slice(9).replace('"format":1', '"format":2')
    const later = [`${checksum(title)} ${title}`, ...text.split('\n').slice(1)].join('\n')
    writeFileSync(log, later)
    expect(await failed(fileStore({ directory }).open(scope))).toBe('version')
    expect([files('.log'), files('.lock'), readFileSync(log, 'utf8')]).toEqual([[log], [], later])
  })

  it.each([
    ['EACCES', 'forbidden'],
    ['EROFS', 'forbidden'],
    ['ENOSPC', 'full'],
    ['EIO', 'failed'],
  ])('[ST17] says what is wrong where nothing can be made (%s), and holds nothing', async (code, because) => {
    for (const act of ['makeDirectory', 'open', 'write', 'rename', 'link'] as const) {
      const store = on(asking((name, _, go) => (name === act ? failing(code) : go())))
      expect([act, await failed(store.open(scope))]).toEqual([act, because])
    }
    await value((await value(fileStore({ directory }).open(scope))).close())
  })
})
