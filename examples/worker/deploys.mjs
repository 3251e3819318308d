// Twenty deploys and kills of the worker and its server under load, and a checker of the result:
// node examples/worker/deploys.mjs [--rooms 2000] [--orders 8000] [--rate 200] [--ends 20]. Needs a build. All are processes of
// their own. Every second end of the worker is a kill (SIGKILL), the others are deploys (SIGTERM); the server is killed and
// deployed too, at every fourth end.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { lastValueFrom } from 'rxjs'
import { createClient, tokens } from 'rx-rooms'
import { inputs, Orders } from './contract.mjs'

const { values } = parseArgs({
  options: {
    rooms: { type: 'string', default: '2000' },
    orders: { type: 'string', default: '8000' },
    rate: { type: 'string', default: '200' },
    ends: { type: 'string', default: '20' },
  },
})
const [rooms, count, rate, ends] = [values.rooms, values.orders, values.rate, values.ends].map(Number)
const directory = mkdtempSync(join(tmpdir(), 'rx-rooms-example-worker-'))
const [LOGS, DATA, CHARGES] = ['logs', 'worker', 'charges.log'].map((name) => join(directory, name))
const folder = dirname(fileURLToPath(import.meta.url))
const running = new Set()

const start = (name, environment) => {
  const file = join(folder, `${name}.mjs`)
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  const ended = new Promise((done) =>
    child.once('close', (code) => done({ code, said: running.delete(child) && said })),
  )
  return { child, ended, said: () => said }
}
const end = (process, signal) => {
  process.child.kill(signal)
  return process.ended
}
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

const startServer = async (PORT) => {
  const server = start('server', { PORT, LOGS, CHARGES })
  while (!server.said().includes('listening')) {
    if (server.child.exitCode !== null) throw new Error('the server does not start')
    await sleep(10)
  }
  return { ...server, url: /listening (\S+)/.exec(server.said())[1] }
}
/** In how many rooms the worker has stored where it goes on: the first run starts with what comes next. */
const startsIn = () => {
  const found = existsSync(DATA) ? readdirSync(DATA, { recursive: true, withFileTypes: true }) : []
  const texts = found
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
  return new Set(texts.flatMap((text) => text.match(/position in:\d+/g) ?? [])).size
}

let server = await startServer('0')
const { url: URL } = server
const PORT = /:(\d+)/.exec(URL)[1]
const startWorker = () => start('worker', { URL, DATA, ROOMS: String(rooms) })
let worker = startWorker()
while (startsIn() < rooms) await sleep(20)

const shop = createClient({
  url: URL,
  token: tokens(() => 'shop'),
  backoff: { capMs: 500 },
  outbox: { entries: count, bytes: 1e9 },
})
const lobbies = inputs(rooms).map((name) => shop.room(name, Orders))
const failures = []
let [sent, answered] = [0, 0]
const from = performance.now()
const pump = setInterval(() => {
  for (const due = Math.min(count, ((performance.now() - from) / 1_000) * rate); sent < due; sent++)
    lobbies[sent % rooms].send('order', { id: sent, amount: sent }).subscribe((result) => {
      answered++
      if (result._tag === 'Left') failures.push(result.left.code)
    })
}, 5)

const tally = { workerDeploys: 0, workerKills: 0, serverDeploys: 0, serverKills: 0 }
for (let n = 0; n < ends; n++) {
  const dueAt = from + (((n + 0.5) / ends) * count * 1_000) / rate
  await sleep(Math.max(0, dueAt - performance.now()))
  const isKill = n % 2 === 1
  await end(worker, isKill ? 'SIGKILL' : 'SIGTERM')
  tally[isKill ? 'workerKills' : 'workerDeploys']++
  worker = startWorker()
  if (n % 4 < 2) continue
  // While the new worker begins its work.
  await sleep(500)
  await end(server, isKill ? 'SIGKILL' : 'SIGTERM')
  tally[isKill ? 'serverKills' : 'serverDeploys']++
  server = await startServer(PORT)
}
while (answered < count) await sleep(50)
clearInterval(pump)
await lastValueFrom(shop.close())

const checker = start('checker', { URL, ROOMS: String(rooms), CHARGES })
const { code, said } = await checker.ended
console.log(said.trim())
console.log(
  JSON.stringify({
    rooms,
    sent: count,
    refused: failures.length,
    ...tally,
    seconds: Math.round((performance.now() - from) / 1_000),
  }),
)
await end(worker, 'SIGTERM')
await end(server, 'SIGTERM')
process.exitCode = code === 0 && failures.length === 0 ? 0 : 1
