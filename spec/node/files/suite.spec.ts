import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from '#fp/Either'
import { durabilities } from '../../../lib/node/files/durability.js'
import { files, filesOn, type FilesOptions } from '../../../lib/node/files/files.js'
import type { FilesEngine } from '../../../lib/node/files/opening.js'
import { engineSuite } from '../../../lib/testing/conformance/engine.js'
import type { StartEngine } from '../../../lib/testing/conformance/engine/rig.js'
import { virtualTime } from '../../../lib/testing/virtual.js'
import { until } from '../../support/until.js'
import { shakyDisk } from './shaky-disk.js'

describe.each(durabilities)('the engine on a disk that does what disks may, durability %s', (durability) => {
  const start: StartEngine = (bounds) => {
    const time = virtualTime()
    let disk = shakyDisk()
    let isClosed = false
    const open = (): FilesEngine => {
      let engine: FilesEngine | undefined
      const options: FilesOptions = { directory: 'd', durability, scheduler: time, ...bounds }
      isClosed = false
      filesOn(() => disk, options).subscribe({
        next: (result) => {
          if (E.isRight(result)) engine = result.right
        },
        complete: () => {
          isClosed = true
        },
      })
      disk.run()
      if (!engine) throw new Error('it did not open')
      return engine
    }
    let engine = open()
    return {
      engine,
      scheduler: time,
      until: async (what, condition) => {
        disk.run()
        while (time.pending() > 0) {
          time.run()
          disk.run()
        }
        if (!condition()) throw new Error(`never ${what}`)
      },
      reopen: (how) => {
        if (how === 'closed') engine.close()
        disk.run()
        disk = disk.after('kill', () => 0)
        engine = open()
        return engine
      },
      dispose: () => {
        engine.close()
        disk.run()
        expect(isClosed).toBe(true)
      },
    }
  }
  for (const { name, run } of engineSuite(start, { outlives: true, bounded: true, tables: true, calls: true }))
    it(name, run)
})

describe('the engine on files', () => {
  const start: StartEngine = async (bounds) => {
    const directory = mkdtempSync(join(tmpdir(), 'rx-rooms-files-'))
    let isClosed = true
    const open = async (): Promise<FilesEngine> => {
      let engine: FilesEngine | undefined
      isClosed = false
      files({ directory, ...bounds }).subscribe({
        next: (result) => {
          if (E.isLeft(result)) throw new Error(result.left.message)
          engine = result.right
        },
        complete: () => {
          isClosed = true
        },
      })
      await until('an engine', () => engine !== undefined)
      return engine as unknown as FilesEngine
    }
    const close = async (engine: FilesEngine): Promise<void> => {
      engine.close()
      await until('the end', () => isClosed)
    }
    let engine = await open()
    return {
      engine,
      reopen: async () => {
        await close(engine)
        engine = await open()
        return engine
      },
      dispose: async () => {
        await close(engine)
        rmSync(directory, { recursive: true })
      },
    }
  }
  for (const { name, run } of engineSuite(start, { outlives: true, bounded: true, tables: true, calls: true }))
    it(name, run)
})
