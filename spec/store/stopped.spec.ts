import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { firstValueFrom } from 'rxjs'
import * as E from '#fp/Either'
import { files as fileStore } from '../../lib/node/store/files.js'
import { folderOf } from '../../lib/node/store/names.js'
import type { Partition, Scope } from '../../lib/store/port.js'
import { bundle, type Bundle } from '../support/bundle.js'
import { until } from '../support/until.js'

const scope: Scope = { url: 'wss://one.example', user: 'ana', instance: 'i' }
const patienceMs = 60_000

interface Holder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  readonly says: (text: string) => Promise<void>
}

describe('a process that holds a partition on files', () => {
  let program: Bundle
  let directory = ''
  let holders: Holder[] = []
  beforeAll(() => {
    program = bundle('spec/store/holder.ts')
  }, 60_000)
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rx-rooms-stopped-'))
  })
  afterEach(() => {
    for (const { child } of holders) child.kill('SIGKILL')
    holders = []
    rmSync(directory, { recursive: true })
  })
  afterAll(() => {
    program.remove()
  })

  const holder = (leaseMs: number): Holder => {
    const child = spawn(process.execPath, [program.file, directory, String(leaseMs)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const made: Holder = {
      child,
      says: (text) => until(`it says ${text}, after ${said}`, () => said.split('\n').includes(text), patienceMs),
    }
    holders.push(made)
    return made
  }
  const open = (leaseMs: number) => firstValueFrom(fileStore({ directory, leaseMs }).open(scope))
  const opened = async (leaseMs: number): Promise<Partition> => {
    let found = await open(leaseMs)
    await until('the lease is over', async () => {
      if (E.isLeft(found)) found = await open(leaseMs)
      return E.isRight(found)
    }, patienceMs) // prettier-ignore
    if (E.isLeft(found)) throw new Error(found.left.because)
    return found.right
  }

  it('[ST29] writes nothing when it goes on after it was stopped for longer than its lease, and hears of it', async () => {
    const { child, says } = holder(1_000)
    await says('open')
    child.stdin.write('before\n')
    await says('written')
    expect(E.isLeft(await open(1_000))).toBe(true)
    child.kill('SIGSTOP')
    const heir = await opened(1_000)
    expect([...heir.records.keys()]).toEqual(['before'])
    child.kill('SIGCONT')
    child.stdin.write('after\n')
    await says('fenced')
    await says('lost')
    expect(E.isRight(await firstValueFrom(heir.write([{ key: 'heir', text: 'x' }])))).toBe(true)
    await firstValueFrom(heir.close())
    const last = await opened(1_000)
    expect([...last.records.keys()]).toEqual(['before', 'heir'])
    await firstValueFrom(last.close())
  }, 120_000)

  it('[ST30] holds it as long as it runs, whatever the time of its lock file, under whatever host name', async () => {
    const { child, says } = holder(1_000)
    await says('open')
    const folder = folderOf(directory, scope)
    for (const name of readdirSync(folder)) if (name.endsWith('.lock')) utimesSync(join(folder, name), 0, 0)
    expect(await open(1_000)).toMatchObject({ left: { because: 'busy' } })
    child.stdin.write('still\n')
    await says('written')
  }, 120_000)

  it('[ST29] [ST30] holds nothing any more once it was killed, however long its lease, under whatever host name', async () => {
    const { child, says } = holder(3_600_000)
    await says('open')
    child.stdin.write('before\n')
    await says('written')
    expect(E.isLeft(await open(3_600_000))).toBe(true)
    const gone = new Promise((ended) => child.once('exit', ended))
    child.kill('SIGKILL')
    await gone
    const heir = await open(3_600_000)
    if (E.isLeft(heir)) throw new Error(heir.left.because)
    expect([...heir.right.records.keys()]).toEqual(['before'])
    await firstValueFrom(heir.right.close())
  }, 120_000)
})
