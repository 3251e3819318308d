// What a worker loses and repeats when it is ended under load: it copies messages from many rooms to a few, and an auditor
// compares both by room and offset. node bench/worker.mjs [--rooms 2000] [--messages 6000] [--rate 400] [--ends 5]
// [--downMs 700]. Needs a build. The server (files, durability interval) and each run of a worker are processes of their own.
// Exits with 1 if anything was lost, doubled or out of order.
import { fork } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { lastValueFrom, map, timer } from 'rxjs'
import { anything, createClient, tokens } from 'rx-rooms'
import { manyRooms } from 'rx-rooms/bulk'
import { beginning, commits, stored } from 'rx-rooms/history'
import { commitAfter } from 'rx-rooms/operators'
import { files, fileStore, serve } from 'rx-rooms/server'

const { values } = parseArgs({
  options: {
    rooms: { type: 'string', default: '2000' },
    messages: { type: 'string', default: '6000' },
    rate: { type: 'string', default: '400' },
    ends: { type: 'string', default: '5' },
    downMs: { type: 'string', default: '700' },
  },
})
const { rooms, messages, rate, ends, downMs } = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, Number(value)]),
)
const outputs = 20
const quietMs = 15_000
const self = fileURLToPath(import.meta.url)
const inputs = (count) => Array.from({ length: count }, (_, k) => `in:${k}`)
const right = (result) => {
  if (result._tag === 'Left') throw new Error(`${result.left.message} ${result.left.remedy}`)
  return result.right
}

/** The process of the server. Sends its url. */
const server = ({ DATA }) => {
  serve({
    port: 0,
    authenticate: ({ token }) => [{ user: token ?? 'nobody' }],
    engine: files({ directory: DATA, durability: 'interval' }),
    limits: { publishesPerSecond: 1e6, rooms: 1e5 },
  }).subscribe((result) => {
    process.send(right(result).url)
  })
}

/** The ways in which a worker consumes. `post` writes the output of one message. */
const modes = {
  'guide: manual commit, window': (client, names, post, failed) => {
    const set = manyRooms(client, names, anything).with(commits)
    set
      .on('m', { from: stored({ commit: 'manual', window: 64 }) })
      .pipe(
        commitAfter(set, (message) => timer(5).pipe(map(() => ({ _tag: 'Right', right: message }))), {
          concurrency: 64,
        }),
      )
      .subscribe((result) => (result._tag === 'Right' ? post(result.right) : failed(result.left)))
  },
  'stored(), a set of rooms': (client, names, post, failed) => {
    manyRooms(client, names, anything)
      .on('m', { from: stored() })
      .subscribe((result) => (result._tag === 'Right' ? post(result.right) : failed(result.left)))
  },
  'stored(), each room': (client, names, post, failed) => {
    for (const name of names)
      client
        .room(name, anything)
        .on('m', { from: stored() })
        .subscribe((result) => (result._tag === 'Right' ? post(result.right) : failed(result.left)))
  },
}

/** The process of a worker. */
const worker = ({ MODE, DATA, ADDRESS, ROOMS }) => {
  const client = createClient({
    url: ADDRESS,
    token: tokens(() => 'worker'),
    identity: 'worker',
    store: fileStore({ directory: DATA }),
    outbox: { ageMs: 86_400_000, entries: 10_000 },
    backoff: { capMs: 1_000 },
  })
  const say = (...what) => process.send?.(what.join(' '))
  client.faults$.subscribe(({ _tag, message }) => say(_tag, message))
  client.undelivered$.subscribe(({ error }) => say(error.code, error.executed))
  const to = Array.from({ length: outputs }, (_, k) => client.room(`out:${k}`, anything))
  const post = ({ room, position }) =>
    to[Number(room.slice('in:'.length)) % outputs].post('m', { room, epoch: position.epoch, offset: position.offset })
  modes[MODE](client, inputs(Number(ROOMS)), post, ({ code, message }) => say(code, message))
  process.once('SIGTERM', () => client.close({ drainMs: 20_000 }).subscribe(() => process.disconnect()))
}

const start = (role, env) => fork(self, { env: { ...process.env, ROLE: role, ...env } })
const told = (child) => new Promise((resolve) => child.once('message', resolve))
/** In how many rooms the store of a worker knows where it goes on. */
const startsIn = (directory) => {
  const files = existsSync(directory) ? readdirSync(directory, { recursive: true, withFileTypes: true }) : []
  const found = files
    .filter((file) => file.isFile())
    .flatMap(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8').match(/position in:\d+/g) ?? [])
  return new Set(found).size
}
const ended = (child, signal) =>
  new Promise((resolve) => {
    child.once('close', resolve)
    child.kill(signal)
  })

/** One line of the table. */
const measured = async (mode, signal) => {
  const directory = mkdtempSync(join(tmpdir(), 'rx-rooms-bench-'))
  const host = start('server', { DATA: join(directory, 'server') })
  const url = await told(host)
  const complaints = new Map()
  const begin = () => {
    const child = start('worker', { MODE: mode, DATA: join(directory, 'worker'), ADDRESS: url, ROOMS: String(rooms) })
    child.on('message', (text) => complaints.set(text, (complaints.get(text) ?? 0) + 1))
    return child
  }

  const auditor = createClient({ url, token: tokens(() => 'auditor') })
  const times = new Map()
  const latest = new Map()
  const seen = { disorder: 0, at: 0 }
  const outs = Array.from({ length: outputs }, (_, k) => `out:${k}`)
  manyRooms(auditor, outs, anything)
    .on('m', { from: beginning() })
    .subscribe((result) => {
      const { room, epoch, offset } = right(result).data
      const key = `${room} ${epoch} ${offset}`
      if (offset < (latest.get(room) ?? 0)) seen.disorder++
      latest.set(room, Math.max(offset, latest.get(room) ?? 0))
      times.set(key, (times.get(key) ?? 0) + 1)
      seen.at = performance.now()
    })

  let current = begin()
  // The first run starts with what comes next in each room: the load begins once it has stored where that is.
  while (startsIn(join(directory, 'worker')) < rooms) await sleep(20)

  const producer = createClient({ url, token: tokens(() => 'producer'), outbox: { entries: messages, bytes: 1e9 } })
  const sent = new Set()
  const from = performance.now()
  const seconds = messages / rate
  let n = 0
  const pump = setInterval(() => {
    for (const due = Math.min(messages, ((performance.now() - from) / 1_000) * rate); n < due; n++) {
      const name = `in:${n % rooms}`
      producer
        .room(name, anything)
        .send('m', { n })
        .subscribe((result) => {
          const { position } = right(result)
          sent.add(`${name} ${position.epoch} ${position.offset}`)
        })
    }
  }, 5)
  /** Everything was sent, and nothing has come of it for some time. */
  const isIdle = () => sent.size >= messages && performance.now() - Math.max(seen.at, started) > quietMs
  // The first end comes in the first moments of the load, each later one once the new run has written something.
  let before = -1
  let started = from
  for (let end = 0; end < ends; end++) {
    await sleep(Math.max(0, from + ((end + 0.02) / ends) * seconds * 1_000 - performance.now()))
    while (times.size <= before && !isIdle()) await sleep(20)
    await ended(current, signal)
    await sleep(downMs)
    before = times.size
    started = performance.now()
    current = begin()
  }
  while (sent.size < messages) await sleep(50)
  clearInterval(pump)
  seen.at = performance.now()
  const isDone = () => [...sent].every((key) => times.has(key))
  while (performance.now() - seen.at < quietMs && !(isDone() && performance.now() - seen.at > 1_000)) await sleep(100)
  await ended(current, 'SIGTERM')
  for (const client of [auditor, producer]) await lastValueFrom(client.close({ drainMs: 0 }))
  await ended(host, 'SIGKILL')
  rmSync(directory, { recursive: true })

  const lost = [...sent].filter((key) => !times.has(key)).length
  const doubled = [...times.values()].reduce((sum, count) => sum + count - 1, 0)
  return { lost, doubled, disorder: seen.disorder, complaints: [...complaints] }
}

const main = async () => {
  console.log(`${messages} messages at ${rate}/s over ${rooms} rooms, the worker is ended ${ends} times`)
  console.log(`${'worker'.padEnd(30)} ${'ended by'.padEnd(8)} ${['lost', 'doubled', 'out of order'].join('  ')}`)
  let isClean = true
  for (const mode of Object.keys(modes))
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      const { lost, doubled, disorder, complaints } = await measured(mode, signal)
      const figures = [String(lost).padStart(4), String(doubled).padStart(7), String(disorder).padStart(12)]
      console.log(`${mode.padEnd(30)} ${signal.padEnd(8)} ${figures.join('  ')}`)
      for (const [text, count] of complaints.slice(0, 5)) console.log(`    ${count} times: ${text}`)
      isClean &&= lost + doubled + disorder === 0
    }
  process.exitCode = isClean ? 0 : 1
}

if (process.env.ROLE === 'server') server(process.env)
else if (process.env.ROLE === 'worker') worker(process.env)
else await main()
