import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EMPTY, firstValueFrom, of, throwError } from 'rxjs'
import { askIn, listenIn } from '../../lib/node/local-socket.js'
import { type Disk, platformDisk } from '../../lib/node/store/disk.js'
import { fileStoreOn } from '../../lib/node/store/files.js'
import { folderOf } from '../../lib/node/store/names.js'
import type { Scope, Store } from '../../lib/store/port.js'
import { dying, failed, value } from './disks.js'

const scope: Scope = { url: 'wss://one.example', user: 'ana', instance: 'i' }

describe('leases of the store on files', () => {
  let directory = ''
  let now = 0
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rx-rooms-leases-'))
    now = 1_700_000_000_000
  })
  afterEach(() => {
    rmSync(directory, { recursive: true })
  })
  /** A process of a machine that says this of its disk. */
  const store = (disk: Disk, wall = () => now): Store => fileStoreOn({ disk, wall, every: () => EMPTY }, { directory })
  /** Holds the partition and dies; its lock stays as it was. */
  const killed = async (disk: Disk = platformDisk): Promise<void> => {
    const mortal = dying(disk)
    const held = await value(store(mortal.disk).open(scope))
    await value(held.write([{ key: 'a', text: '1' }]))
    await mortal.die()
  }
  const taken = async (by: Store): Promise<unknown> => {
    const held = await value(by.open(scope))
    await value(held.close())
    return Object.fromEntries(held.records)
  }

  it('[ST30] a holder that died on this machine holds nothing, however long its lease', async () => {
    await killed()
    expect(await taken(store(platformDisk))).toEqual({ a: '1' })
    expect(readdirSync(folderOf(directory, scope)).filter((name) => !name.endsWith('.log'))).toEqual([])
  })

  it.each<[string, Disk, Disk]>([
    ['on a network file system', platformDisk, { ...platformDisk, isLocal: () => of(false) }],
    [
      'where its socket may not be connected to',
      platformDisk,
      { ...platformDisk, ask: () => throwError(() => new Error()) },
    ],
    ['where no socket can be made', { ...platformDisk, listen: () => throwError(() => new Error()) }, platformDisk],
  ])(
    '[ST31] %s a holder is judged by its lease: it is over after `leaseMs`, and the failure says when',
    async (_, theirs, mine) => {
      await killed(theirs)
      const heir = store(mine)
      now += 20_000
      expect(await firstValueFrom(heir.open(scope))).toMatchObject({ left: { because: 'leased', freeInMs: 40_000 } })
      now += 40_001
      expect(await taken(heir)).toEqual({ a: '1' })
    },
  )

  it('[ST31] a lease that was put off meanwhile is that of a holder that runs; a clock that is wrong is waited for once', async () => {
    const remote: Disk = { ...platformDisk, isLocal: () => of(false), ask: () => of('refused' as const) }
    const ahead = (): number => now + 3_600_000
    const held = await value(store(platformDisk, ahead).open(scope))
    const heir = store(remote)
    expect(await firstValueFrom(heir.open(scope))).toMatchObject({ left: { because: 'leased', freeInMs: 60_000 } })
    now += 20_000
    for (const name of readdirSync(folderOf(directory, scope)))
      if (name.endsWith('.lock'))
        await firstValueFrom(platformDisk.touch(join(folderOf(directory, scope), name), ahead()))
    expect(await failed(heir.open(scope))).toBe('busy')
    expect(await firstValueFrom(heir.open(scope))).toMatchObject({ left: { because: 'leased', freeInMs: 60_000 } })
    now += 60_001
    expect(await taken(heir)).toEqual({})
    expect(await failed(held.write([{ key: 'a', text: '1' }]))).toBe('fenced')
    await value(held.close())
  })

  it('[ST31] a lock file that says nothing is judged by its lease', async () => {
    await killed()
    for (const name of readdirSync(folderOf(directory, scope)))
      if (name.endsWith('.lock')) writeFileSync(join(folderOf(directory, scope), name), 'null')
    now = Date.now() + 1_000
    expect(await failed(store(platformDisk).open(scope))).toBe('leased')
    now += 120_000
    expect(await taken(store(platformDisk))).toEqual({ a: '1' })
  })

  it('[ST30] sockets are found in directories of any length', async () => {
    const deep = join(directory, 'x'.repeat(120))
    await firstValueFrom(platformDisk.makeDirectory(deep))
    for (const folder of [directory, deep]) {
      const close = await firstValueFrom(listenIn(folder, 'socket'))
      expect(await firstValueFrom(askIn(folder, 'socket'))).toBe('answered')
      await firstValueFrom(close())
      expect(await firstValueFrom(askIn(folder, 'socket'))).toBe('unreachable')
      expect(readdirSync(folder).filter((name) => name === 'socket')).toEqual([])
    }
  })
})
