import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { firstValueFrom } from 'rxjs'
import * as E from '#fp/Either'
import type { Result } from '../../../lib/core/result.js'
import { blockOf } from '../../../lib/node/files/block.js'
import { files, type FilesOptions } from '../../../lib/node/files/files.js'
import { lock } from '../../../lib/node/files/lock.js'
import { byDescriptor, byLink } from '../../../lib/node/files/reach.js'
import type { FilesEngine } from '../../../lib/node/files/opening.js'
import { until } from '../../support/until.js'
import { tryOpen } from './rig.js'
import { shakyDisk } from './shaky-disk.js'

const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-directory-'))
const closes = new Set<() => Promise<void>>()

afterEach(async () => {
  for (const close of closes) await close()
})
afterAll(() => {
  rmSync(scratch, { recursive: true })
})

const opened = async (
  directory: string,
  options: Partial<FilesOptions> = {},
): Promise<{ readonly result: Result<FilesEngine>; readonly close: () => Promise<void> }> => {
  let result: Result<FilesEngine> | undefined
  let isComplete = false
  files({ directory, ...options }).subscribe({
    next: (each) => {
      result = each
    },
    complete: () => {
      isComplete = true
    },
  })
  await until('an answer', () => result !== undefined)
  const answer = result as unknown as Result<FilesEngine>
  const close = async (): Promise<void> => {
    closes.delete(close)
    if (E.isRight(answer)) answer.right.close()
    await until('the end', () => isComplete)
  }
  closes.add(close)
  return { result: answer, close }
}

describe('directory', () => {
  it('[EN28] has one engine at a time, and is free again after its close', async () => {
    const directory = join(scratch, 'one', 'two')
    const first = await opened(directory)
    expect(first.result._tag).toBe('Right')
    const second = await opened(directory)
    expect(second.result).toMatchObject({
      left: { _tag: 'ConnectionError', code: 'server/directory-busy', kind: 'terminal' },
    })
    await first.close()
    expect((await opened(directory)).result._tag).toBe('Right')
  })

  it.each([
    ['short', 'short'],
    ['too long for a socket', 'x'.repeat(120)],
  ])('[EN28] so has one with a name that is %s, whatever path leads to it', async (_, name) => {
    const directory = join(scratch, name)
    const first = await opened(directory)
    expect(first.result._tag).toBe('Right')
    const link = join(scratch, `link to ${name.slice(0, 5)}`)
    const longLink = join(scratch, `${'y'.repeat(110)} ${name.slice(0, 5)}`)
    symlinkSync(directory, link)
    symlinkSync(directory, longLink)
    const paths = [directory, link, longLink, relative(process.cwd(), directory), `${directory}/../${name}/.`]
    const before = process.env['TMPDIR']
    for (const temporary of [before, join(scratch, 'elsewhere')])
      for (const path of paths) {
        if (temporary === undefined) delete process.env['TMPDIR']
        else process.env['TMPDIR'] = temporary
        expect([path, (await opened(path)).result]).toMatchObject([path, { left: { code: 'server/directory-busy' } }])
      }
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    expect(readdirSync(directory).filter((each) => each.startsWith('lock'))).toHaveLength(1)
    await first.close()
    expect((await opened(link)).result._tag).toBe('Right')
  })

  it.each([
    // Where descriptors are no files there is the other way.
    ...(existsSync('/proc/self/fd') ? [['by an open descriptor', byDescriptor] as const] : []),
    ['by a link of its own', byLink] as const,
  ])('[EN28] the lock is in the directory when that is reached %s, and nothing else is left', async (_, way) => {
    const directory = mkdtempSync(join(scratch, 'reached-'))
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('rx-rooms-'))
    const taken = await firstValueFrom(lock(directory, way))
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^lock\.[\w-]{8}$/)])
    expect(await firstValueFrom(lock(directory))).toMatchObject({ left: { code: 'EBUSY' } })
    if (E.isLeft(taken)) throw new Error(taken.left.message)
    expect(await firstValueFrom(taken.right.check())).toEqual(E.right(undefined))
    taken.right.release()
    await until('the end of the lock', () => readdirSync(directory).length === 0)
    const news = (): readonly string[] =>
      readdirSync(tmpdir()).filter((name) => /^rx-rooms-\w{6}$/.test(name) && !before.includes(name))
    await until('the end of the link', () => news().length === 0)
  })

  it("[EN28] of many that come at once at most one has it; what was left by kills is in nobody's way", async () => {
    const directory = join(scratch, 'raced')
    mkdirSync(directory)
    for (let round = 0; round < 5; round++) {
      for (const number of [1, 2, 7]) writeFileSync(join(directory, `lock.${number}`), '')
      const all = await Promise.all(Array.from({ length: 8 }, () => opened(directory)))
      expect(all.filter(({ result }) => E.isRight(result)).length).toBeLessThan(2)
      for (const { close } of all) await close()
      const last = await opened(directory)
      expect(last.result._tag).toBe('Right')
      expect(readdirSync(directory).filter((name) => name.startsWith('lock'))).toHaveLength(1)
      await last.close()
    }
  })

  it('[EN29] what is in it is for its owner alone', async () => {
    const directory = join(scratch, 'private')
    await opened(directory)
    expect(statSync(directory).mode & 0o77).toBe(0)
    for (const name of readdirSync(directory).filter((each) => !each.startsWith('lock')))
      expect(statSync(join(directory, name)).mode & 0o77).toBe(0)
  })

  it('[EN29] what is not a directory is a Left', async () => {
    const file = join(scratch, 'file')
    writeFileSync(file, 'text')
    const { result } = await opened(file)
    expect(result).toMatchObject({ left: { code: 'server/directory-unusable' } })
    expect((await opened(join(file, 'below'))).result).toMatchObject({ left: { code: 'server/directory-unusable' } })
  })

  it.each([
    ['the first', 1, (text: string) => Buffer.from(text)],
    ['a later', 3, (text: string) => blockOf(text, { position: 0, synced: 0, mark: 1 })],
  ])(
    '[EN29] a directory of %s version is a Left that says which, and is left as it is',
    async (_, version, written) => {
      const directory = join(scratch, `version ${version}`)
      const first = await opened(directory)
      await first.close()
      const names = readdirSync(directory)
      writeFileSync(join(directory, 'mark'), written(JSON.stringify({ format: 'rx-rooms', version })))
      const { result } = await opened(directory)
      expect(result).toMatchObject({ left: { code: 'server/directory-version' } })
      if (E.isLeft(result)) expect(result.left.message).toContain(`version ${version}`)
      expect(readdirSync(directory)).toEqual(names)
    },
  )

  it.each([
    ['EACCES', 'server/directory-forbidden'],
    ['EROFS', 'server/directory-forbidden'],
    ['ENOSPC', 'server/directory-full'],
    ['EIO', 'server/directory-unusable'],
  ])('[EN29] %s at any step of the start is %s, and the directory is free again', (code, expected) => {
    const whole = shakyDisk()
    tryOpen(whole)
    const steps = whole.log.length
    for (let refused = 0; refused < steps; refused++) {
      const disk = shakyDisk()
      disk.refuse = (step) => (disk.log.length === refused + 1 && !/^(boot|remove|close)/.test(step) ? code : undefined)
      const result = tryOpen(disk)
      const last = disk.log[refused] ?? ''
      if (/^(boot|remove|close)/.test(last)) continue
      expect([last, E.isLeft(result) && result.left.startsWith(expected)]).toEqual([last, true])
      disk.refuse = () => undefined
      expect(tryOpen(disk)._tag).toBe('Right')
    }
  })

  it('[EN29] a directory without permission is a Left', async () => {
    const directory = join(scratch, 'forbidden')
    mkdirSync(directory)
    chmodSync(directory, 0o500)
    const { result } = await opened(directory)
    // The superuser may do everything.
    if (process.getuid?.() === 0) expect(result._tag).toBe('Right')
    else expect(result).toMatchObject({ left: { code: 'server/directory-forbidden' } })
  })

  it.each([
    ['directory', { directory: '' }],
    ['durability', { durability: 'sometimes' as 'never' }],
    ['syncMs', { syncMs: 0 }],
    ['segmentBytes', { segmentBytes: 10 }],
    ['bytes', { bytes: 2 ** 40 }],
    ['ageMs', { ageMs: Number.NaN }],
  ])('[EN29] nonsense in %s is a Left that names it', async (option, options) => {
    const { result } = await opened(join(scratch, 'nonsense'), options)
    expect(result).toMatchObject({ left: { _tag: 'ConfigError', code: 'config/invalid', option } })
  })
})
