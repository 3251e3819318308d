import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Observable, Subject } from 'rxjs'
import { platformDisk } from '../../lib/node/store/disk.js'
import { files as fileStore, fileStoreOn } from '../../lib/node/store/files.js'
import { folderOf } from '../../lib/node/store/names.js'
import type { Partition, Scope, Store } from '../../lib/store/port.js'
import { see } from '../support/seen.js'
import { until } from '../support/until.js'
import { failed, value } from './disks.js'

const scope: Scope = { url: 'wss://one.example', user: 'ana', instance: 'i' }
const contents = ({ records }: Partition): unknown => Object.fromEntries(records)

describe('the store on files, when files are removed while it is in use', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rx-rooms-removed-'))
  })
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true })
  })
  const folder = (): string => folderOf(directory, scope)
  const reopened = async (): Promise<unknown> => {
    const held = await value(fileStore({ directory }).open(scope))
    await value(held.close())
    return contents(held)
  }
  const holding = async (store: Store = fileStore({ directory })) => {
    const held = await value(store.open(scope))
    const told = see(held.faults$!)
    await value(held.write([{ key: 'before', text: '1' }]))
    return { held, told: () => told.all.map(({ message }) => message) }
  }

  it.each<[string, () => void]>([
    ['its directory', () => rmSync(directory, { recursive: true })],
    ['the folder of the owner', () => rmSync(folder(), { recursive: true })],
    [
      'its directory, which was made anew,',
      () => {
        rmSync(directory, { recursive: true })
        mkdirSync(folder(), { recursive: true })
      },
    ],
    ['its directory, which has another name now,', () => renameSync(directory, `${directory}-away`)],
  ])(
    '[ST34] stores again what it holds once %s is gone, with what is written next, and reports it',
    async (_, remove) => {
      const { held, told } = await holding()
      remove()
      await value(held.write([{ key: 'after', text: '2' }]))
      await value(held.write([{ key: 'later', text: '3' }]))
      expect(told()).toEqual([expect.stringContaining('was removed while it was in use')])
      expect(await failed(fileStore({ directory }).open(scope))).toBe('busy')
      await value(held.close())
      expect(await reopened()).toEqual({ before: '1', after: '2', later: '3' })
      rmSync(`${directory}-away`, { recursive: true, force: true })
    },
  )

  it('[ST34] stores again what it holds when its log alone is gone', async () => {
    const { held, told } = await holding()
    for (const name of readdirSync(folder())) if (name.endsWith('.log')) rmSync(join(folder(), name))
    await value(held.write([{ key: 'after', text: '2' }]))
    expect(told()).toEqual([expect.stringContaining('was removed while it was in use')])
    await value(held.close())
    expect(await reopened()).toEqual({ before: '1', after: '2' })
  })

  it('[ST34] finds it without a write, when it shows that it lives', async () => {
    const beats$ = new Subject<void>()
    const every = (): Observable<void> => beats$
    const { held, told } = await holding(
      fileStoreOn({ disk: platformDisk, wall: () => Date.now(), every }, { directory }),
    )
    rmSync(directory, { recursive: true })
    beats$.next()
    await until('it is reported', () => told().length > 0)
    await value(held.close())
    expect(await reopened()).toEqual({ before: '1' })
  })

  it('[ST34] [ST7] brings nothing back that was erased, and nothing that somebody else began anew', async () => {
    const erased = await holding()
    await value(fileStore({ directory }).erase(scope))
    expect(await failed(erased.held.write([{ key: 'after', text: '2' }]))).toBe('fenced')
    expect(readdirSync(folder()).filter((name) => name.endsWith('.log'))).toEqual([])
    const { held } = await holding()
    rmSync(directory, { recursive: true })
    const other = await holding()
    expect(await failed(held.write([{ key: 'after', text: '2' }]))).toBe('fenced')
    await value(other.held.write([{ key: 'other', text: '3' }]))
    await value(other.held.close())
    expect(await reopened()).toEqual({ before: '1', other: '3' })
  })

  it('[ST34] means the same directory when the process changes its own', async () => {
    const before = process.cwd()
    process.chdir(tmpdir())
    const store = fileStore({ directory: directory.slice(tmpdir().length + 1) })
    process.chdir(before)
    const { held } = await holding(store)
    await value(held.close())
    expect(await reopened()).toEqual({ before: '1' })
  })
})
