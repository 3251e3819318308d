import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anything } from '../../lib/contract/contract.js'
import { createClient, tokens } from '../../lib/index.js'
import { fileStore } from '../../lib/node/index.js'
import { last } from '../../lib/features/history/index.js'
import { outbox } from '../../lib/features/observe/index.js'
import { started, stopAll } from '../node/support.js'
import { bundle, type Bundle } from '../support/bundle.js'
import { right, see } from '../support/seen.js'
import { until } from '../support/until.js'

const messages = 4
const patienceMs = 60_000

describe('a process with a store on files', () => {
  let poster: Bundle
  let directory = ''
  let url = ''
  beforeAll(async () => {
    poster = bundle('spec/store/poster.ts', 'bundle')
    directory = mkdtempSync(join(tmpdir(), 'rx-rooms-kill-'))
    const { server } = await started({ authenticate: ({ token }) => [{ user: token ?? 'nobody' }] })
    url = server.url
  }, 60_000)
  afterAll(() => {
    stopAll()
    poster.remove()
    rmSync(directory, { recursive: true })
  })

  /** One life that ends before its step `at`, or by itself. Answers what it said. */
  const life = (room: string, at: number): Promise<{ readonly said: string }> =>
    new Promise((ended, failed) => {
      const args = [poster.file, url, join(directory, room), room, String(at), String(messages)]
      const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
      let [said, complained] = ['', '']
      child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
      child.stderr?.on('data', (chunk: Buffer) => (complained += chunk.toString()))
      child.on('close', (code, signal) => {
        if (signal === 'SIGKILL' || code === 0) ended({ said })
        else failed(new Error(`It ended with ${String(code ?? signal)}: ${complained}`))
      })
    })
  const ids = (said: string, what: string): ReadonlySet<string> =>
    new Set([...said.matchAll(new RegExp(`^${what} (.*)$`, 'gm'))].map(([, id]) => id ?? ''))

  /** Another life, in this process: sends what is left, then tells what the room holds. */
  const heir = async (room: string) => {
    const client = createClient({
      url,
      identity: 'ana',
      token: tokens(() => 'ana'),
      store: fileStore({ directory: join(directory, room) }),
    })
    const [faults, undelivered, waiting, state] = [
      see(client.faults$),
      see(client.undelivered$),
      see(client.with(outbox).outbox$),
      see(client.state$),
    ]
    client.connect()
    await until('it is online', () => state.last()._tag === 'Online', patienceMs)
    await until('all is sent', () => waiting.last().entries.length === 0, patienceMs)
    client.room(room, anything).send('end', 0).subscribe()
    const heard = see(client.room(room, anything).messages({ from: last(100) }))
    await until('the end', () => heard.all.some((message) => right(message).event === 'end'), patienceMs)
    const log = heard.all.map((message) => right(message)).filter(({ event }) => event !== 'end')
    client.close()
    return { log, faults: faults.all, undelivered: undelivered.all }
  }

  it('[ST25] is killed before each of its steps, of store and of socket: nothing that was stored is lost, nothing is there twice, all is in order', async () => {
    const first = await life('whole', 0)
    expect(ids(first.said, 'posted').size).toBe(messages)
    const steps = Number(/^done (\d+)$/m.exec(first.said)?.[1])
    expect(steps).toBeGreaterThan(20)

    let stored = 0
    const killed = async (at: number): Promise<void> => {
      const room = `killed-${at}`
      const { said } = await life(room, at)
      const { log, faults, undelivered } = await heir(room)
      const there = log.map(({ id }) => id)
      const numbers = log.map(({ data }) => data as number)
      const lost = [...ids(said, 'stored')].filter((id) => !there.includes(id))
      stored += ids(said, 'stored').size
      expect({ at, lost, faults, undelivered, twice: there.length - new Set(there).size, numbers }).toEqual({
        at, lost: [], faults: [], undelivered: [], twice: 0, numbers: [...numbers].sort((a, b) => a - b),
      }) // prettier-ignore
    }
    const all = Array.from({ length: steps }, (_, index) => index + 1)
    for (const at of all.filter((each) => each % 3 === 1)) await Promise.all([at, at + 1, at + 2].map(killed))
    expect(stored).toBeGreaterThan(messages)
  }, 600_000)
})
