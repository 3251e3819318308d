import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { firstValueFrom } from 'rxjs'
import { files as fileStore } from '../../lib/node/store/files.js'
import { bundle } from '../support/bundle.js'

describe('a worker of a cluster', () => {
  it('[EN28] [ST30] locks directories of any length itself, and its locks end with it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rx-rooms-cluster-'))
    const program = bundle('spec/store/locker.ts')
    const deep = join(directory, 'x'.repeat(120))
    mkdirSync(deep)
    const { stdout } = await promisify(execFile)(process.execPath, [program.file, deep])
    expect(stdout).toBe('lock Right\npartition Right\n')
    const opened = await firstValueFrom(
      fileStore({ directory: deep, leaseMs: 3_600_000 }).open({ url: 'wss://one.example', user: 'ana', instance: 'i' }),
    )
    expect(opened).toMatchObject({ _tag: 'Right' })
    if (opened._tag === 'Right') await firstValueFrom(opened.right.close())
    program.remove()
    rmSync(directory, { recursive: true })
  }, 60_000)
})
