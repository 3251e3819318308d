import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstValueFrom } from 'rxjs'
import * as E from '#fp/Either'
import { durabilities } from '../../../lib/node/files/durability.js'
import { files } from '../../../lib/node/files/files.js'
import type { FilesEngine } from '../../../lib/node/files/opening.js'
import { entry, word } from '../../server/support/engine.js'
import { until } from '../../support/until.js'
import { asked, logOf, now, open } from './rig.js'
import { shakyDisk } from './shaky-disk.js'

const scratch = mkdtempSync(join(tmpdir(), 'rx-rooms-removed-'))
const opened = new Set<() => Promise<void>>()

afterEach(async () => {
  for (const close of opened) await close()
  opened.clear()
})
afterAll(() => {
  rmSync(scratch, { recursive: true })
})

const started = async (directory: string): Promise<{ readonly engine: FilesEngine; readonly faults: string[] }> => {
  let engine: FilesEngine | undefined
  let isClosed = false
  const faults: string[] = []
  files({ directory }).subscribe({
    next: (result) => {
      if (E.isLeft(result)) throw new Error(result.left.message)
      engine = result.right
      engine.faults$.subscribe(({ message }) => faults.push(message))
    },
    complete: () => {
      isClosed = true
    },
  })
  await until('an engine', () => engine !== undefined)
  const ready = engine as unknown as FilesEngine
  opened.add(async () => {
    ready.close()
    await until('the close', () => isClosed)
  })
  return { engine: ready, faults }
}

const published = async (engine: FilesEngine, seq: number): Promise<string> => {
  const answer = await firstValueFrom(engine.append('r', [entry(seq)]))
  return E.isLeft(answer) ? answer.left.message : answer.right.map(word).join()
}

const locksIn = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => name.startsWith('lock.'))

const refusal = /lock\.[\w-]+ was removed or replaced; nothing is kept until the server is started again$/

describe('a directory that is removed while it is in use', () => {
  it.each<readonly [string, (directory: string) => void]>([
    [
      'is removed',
      (directory) => {
        rmSync(directory, { recursive: true })
      },
    ],
    [
      'is replaced by an empty one',
      (directory) => {
        renameSync(directory, `${directory} moved`)
        mkdirSync(directory)
      },
    ],
    [
      'loses its lock',
      (directory) => {
        for (const name of locksIn(directory)) rmSync(join(directory, name))
      },
    ],
  ])('[EN37] nothing is acknowledged after it %s, and a fault says so once', async (what, happen) => {
    const directory = join(scratch, what)
    const { engine, faults } = await started(directory)
    expect(await published(engine, 1)).toBe('1')
    happen(directory)
    for (const seq of [2, 3]) expect(await published(engine, seq)).toMatch(refusal)
    expect(faults).toEqual([expect.stringMatching(refusal)])
    expect(await firstValueFrom(engine.head('r'))).toMatchObject(E.right({ head: 1 }))
    if (what.includes('empty')) expect(readdirSync(directory)).toEqual([])
  })

  it('[EN37] whoever takes the new one keeps it when the first one ends', async () => {
    const directory = join(scratch, 'taken')
    await started(directory)
    renameSync(directory, `${directory} moved`)
    const second = await started(directory)
    const [first] = opened
    await first?.()
    expect(locksIn(directory)).toHaveLength(1)
    expect(await published(second.engine, 1)).toBe('1')
    expect(second.faults).toEqual([])
  })
})

describe.each(durabilities)('a file that is removed while it is in use, durability %s', (durability) => {
  const options = { durability, segmentBytes: 4_096 }
  const long = JSON.stringify('x'.repeat(300))

  it('[EN38] the newest segment: what was not acknowledged is refused, and all that is held is written again', () => {
    const disk = shakyDisk()
    const { engine, faults } = open(disk, options)
    for (let seq = 1; seq <= 20; seq++) now(disk, engine.append('r', [entry(seq, { data: long })]))
    now(disk, engine.append('quiet', [entry(1)]))
    const newest =
      disk
        .names()
        .filter((name) => name.startsWith('journal'))
        .at(-1) ?? ''
    disk.damage(newest, () => undefined)
    const { failure } = asked(engine.append('r', [entry(21)]))
    disk.run()
    expect(failure()).toBe('the disk says ESTALE')
    expect(faults).toEqual([
      'the disk says ESTALE',
      `${newest} was removed while in use; all that is held is written again`,
    ])
    expect(now(disk, engine.append('r', [entry(21)])).map(word)).toEqual(['21'])
    const logs = ['r', 'quiet'].map((room) => logOf(disk, engine, room))
    const next = disk.after(durability === 'always' ? 'crash' : 'kill', () => 0.9)
    const again = open(next, options)
    expect([again.faults, ['r', 'quiet'].map((room) => logOf(next, again.engine, room))]).toEqual([[], logs])
  })

  it('[EN38] an older segment: that is found when the next one begins', () => {
    const disk = shakyDisk()
    const { engine, faults } = open(disk, options)
    let seq = 0
    const publish = (): void => {
      now(disk, engine.append('r', [entry(++seq, { data: long })]))
    }
    now(disk, engine.append('quiet', [entry(1)]))
    const segments = (): readonly string[] => disk.names().filter((name) => name.startsWith('journal'))
    while (segments().length < 3) publish()
    const [oldest = ''] = segments()
    disk.damage(oldest, () => undefined)
    while (faults.length === 0 && seq < 100) publish()
    expect(faults).toEqual([`${oldest} was removed while in use; all that is held is written again`])
    const logs = ['r', 'quiet'].map((room) => logOf(disk, engine, room))
    const next = disk.after(durability === 'always' ? 'crash' : 'kill', () => 0.9)
    const again = open(next, options)
    expect([again.faults, ['r', 'quiet'].map((room) => logOf(next, again.engine, room))]).toEqual([[], logs])
  })

  it('[EN38] the mark: it is made again', () => {
    const disk = shakyDisk()
    const { engine, faults } = open(disk, options)
    now(disk, engine.append('r', [entry(1)]))
    disk.damage('mark', () => undefined)
    const { failure } = asked(engine.append('r', [entry(2)]))
    disk.run()
    expect([failure(), faults]).toEqual(['the disk says ESTALE', ['the disk says ESTALE']])
    expect(now(disk, engine.append('r', [entry(2)])).map(word)).toEqual(['2'])
    const log = logOf(disk, engine, 'r')
    const next = disk.after(durability === 'always' ? 'crash' : 'kill', () => 0.9)
    const again = open(next, options)
    expect([again.faults, logOf(next, again.engine, 'r')]).toEqual([[], log])
  })

  it('[EN37] the whole directory: nothing is acknowledged or written any more', () => {
    const disk = shakyDisk()
    const { engine, faults, isComplete } = open(disk, options)
    now(disk, engine.append('r', [entry(1)]))
    disk.lose()
    for (const seq of [2, 3]) {
      const { failure } = asked(engine.append('r', [entry(seq)]))
      disk.run()
      expect(failure()).toMatch(/nothing is kept until the server is started again$/)
    }
    expect([faults.length, disk.names()]).toEqual([1, []])
    engine.close()
    disk.run()
    expect([isComplete(), disk.names()]).toEqual([true, []])
  })
})
