import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { last } from '../../lib/features/history/index.js'
import { anything } from '../../lib/contract/contract.js'
import { createClient, tokens } from '../../lib/index.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { right, see } from '../support/seen.js'
import { until } from '../support/until.js'

const root = resolve(__dirname, '../..')
const page = readFileSync(join(root, 'docs/worker.md'), 'utf8')
const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
/** The program of the page that contains a text. */
const containing = (text: string): string => programs.find((code) => code.includes(text)) ?? ''
const names = ['billing', 'ledger', 'producer', 'reader']
const patienceMs = 60_000
const rooms = Array.from({ length: 20 }, (_, k) => `in:${k}`)

/** Below node_modules, so that packages are found. */
const cache = join(root, 'node_modules/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'rx-rooms-worker-'))
const data = mkdtempSync(join(tmpdir(), 'rx-rooms-worker-'))

/** A program of the page as a file that runs. */
const program = (name: string, code: string): string => {
  const [source, file] = [join(folder, `${name}.ts`), join(folder, `${name}.cjs`)]
  writeFileSync(source, code)
  buildSync({
    entryPoints: [source],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'bundle',
    logLevel: 'error',
    alias: {
      'rx-rooms': join(root, 'lib/index.ts'),
      'rx-rooms/bulk': join(root, 'lib/features/bulk/index.ts'),
      'rx-rooms/history': join(root, 'lib/features/history/index.ts'),
      'rx-rooms/operators': join(root, 'lib/operators/index.ts'),
      'rx-rooms/server': join(root, 'lib/node/index.ts'),
    },
  })
  return file
}

/** Work for such an order fails always. */
const isHopeless = (id: number): boolean => id % 50 === 49

const running = new Set<ChildProcess>()

/** One run of a program. */
const start = (file: string, environment: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<number | NodeJS.Signals | null>((done) => {
    child.on('close', (code, signal) => {
      running.delete(child)
      done(code ?? signal)
    })
  })
  return { child, ended, said: () => said }
}

describe('the guide to workers', () => {
  let url = ''
  beforeAll(async () => {
    const server = start(program('server', containing('serve({')), {
      PORT: '0',
      LOGS: join(data, 'logs'),
      USERS: JSON.stringify(Object.fromEntries(names.map((name) => [name, name]))),
    })
    url = await until('the server', () => /listening (\S+)/.exec(server.said())?.[1], patienceMs)
  }, patienceMs)
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL')
    for (const each of [folder, data]) rmSync(each, { recursive: true, force: true })
  })

  const logged = async (room: string, count: number): Promise<readonly unknown[]> => {
    const reader = createClient({ url, token: tokens(() => 'reader') })
    const seen = see(reader.room(room, anything).messages({ from: last(10_000) }))
    await until('the log', () => seen.all.length >= count, patienceMs)
    reader.close()
    return seen.all.map((each) => right(each).data)
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    '[DC20] its worker bills or rejects each order once when it is ended with %s under load, again and again',
    async (signal) => {
      const file = program('worker', containing('commitAfter('))
      const [total, ends] = [210, 3]
      const environment = {
        URL: url,
        ROOMS: rooms.map((room) => `${signal}:${room}`).join(),
        DATA: join(data, signal),
        TOKEN: 'billing',
        WORK_MS: '5',
        FAILURES: '0.05',
      }
      const code = readFileSync(file, 'utf8').replaceAll(/"(bills|rejects)"/g, `"$1:${signal}"`)
      writeFileSync(file, code)
      const producer = createClient({ url, token: tokens(() => 'producer'), outbox: { entries: 10_000 } })
      const bills = see(manyRooms(producer, [`bills:${signal}`, `rejects:${signal}`], anything).messages())
      let id = 0
      const produce = (count: number): void => {
        for (let k = 0; k < count; k++, id++) {
          const sent = producer
            .room(`${signal}:${rooms[id % rooms.length] ?? ''}`, anything)
            .send('order', { id, amount: isHopeless(id) ? -1 : id })
          sent.subscribe((result) => void right(result))
        }
      }
      let said = ''
      let worker = start(file, environment)
      // The first run starts with what comes next.
      await until(
        'the worker',
        () => {
          if (bills.all.length === 0) produce(rooms.length)
          return bills.all.length > 0
        },
        patienceMs,
      )
      const from = id
      for (let end = 0; end < ends; end++) {
        const before = bills.all.length
        produce(total / ends)
        // The first run is ended at once, in the middle of its first orders.
        if (end > 0) await until('the worker', () => bills.all.length > before + 10, patienceMs)
        worker.child.kill(signal)
        const how = await worker.ended
        said += worker.said()
        expect([how, signal === 'SIGTERM' ? worker.said().includes('closed:') : true]).toEqual([
          signal === 'SIGTERM' ? 0 : signal,
          true,
        ])
        produce(20)
        worker = start(file, environment)
      }
      const expected = Array.from({ length: id - from }, (_, k) => [from + k, isHopeless(from + k) ? 'reject' : 'bill'])
      const answered = (): [id: number, event: string][] =>
        bills.all
          .map((each): [number, string] => [(right(each).data as { id: number }).id, right(each).event])
          .filter(([each]) => each >= from)
      const ids = (): ReadonlySet<number> => new Set(answered().map(([each]) => each))
      await until('the worker', () => ids().size >= expected.length, patienceMs)
      worker.child.kill('SIGTERM')
      await worker.ended
      expect(answered().sort(([a], [b]) => a - b)).toEqual(expected)
      expect(said + worker.said()).not.toMatch(/Fault|Failed|not delivered|Error/)
      producer.close()
    },
    3 * patienceMs,
  )

  it(
    '[DC20] its program with a database of its own books each order once, killed in between',
    async () => {
      const file = program('ledger', containing('transact('))
      const environment = { URL: url, DATABASE: join(data, 'database.json') }
      const producer = createClient({ url, token: tokens(() => 'producer') })
      const room = producer.room('orders', anything)
      const booked = (): readonly number[] =>
        existsSync(environment.DATABASE)
          ? (JSON.parse(readFileSync(environment.DATABASE, 'utf8')) as { orders: readonly number[] }).orders
          : []
      let id = 0
      const produce = (count: number): void => {
        for (let k = 0; k < count; k++) room.send('order', { id: id++ })
      }
      for (let run = 0; run < 3; run++) {
        produce(30)
        const worker = start(file, environment)
        await until('the worker', () => booked().length > run * 30, patienceMs)
        worker.child.kill('SIGKILL')
        await worker.ended
      }
      const ledger = start(file, environment)
      await until('the worker', () => booked().length >= id, patienceMs)
      // Only an order that this process books shows that it runs: the one before may have booked all of its own.
      produce(1)
      await until('the worker', () => booked().length >= id, patienceMs)
      ledger.child.kill('SIGTERM')
      expect(await ledger.ended).toBe(0)
      expect(booked()).toEqual(await logged('orders', id).then((all) => all.map((each) => (each as { id: number }).id)))
      producer.close()
    },
    3 * patienceMs,
  )
})
