import { Worker } from 'node:worker_threads'
import { parseArgs } from 'node:util'
import { bench as benchOf } from './bench.mjs'
import { bundle } from './bundle.mjs'
import { faultProxy } from './proxy/proxy.mjs'
import { roomServer } from './rooms.mjs'
import { site } from './site.mjs'

const usage = 'Usage: npm start -- [--port 7410] [--host 127.0.0.1]   (or PORT=7410 npm start)'

const fail = (line, code) => {
  console.error(line)
  process.exit(code)
}

const settings = () => {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string' }, host: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    const { port: told = process.env.PORT || '7410', host = '127.0.0.1' } = values
    const port = Number(told)
    if (!/^\d+$/.test(told) || port > 65_535) throw new Error(`"${told}" is no port.`)
    return { port, host }
  } catch (error) {
    return fail(`${error.message}\n${usage}`, 2)
  }
}

const listening = (server, port, host) =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server.address().port))
  })

const { port, host } = settings()
const [{ files, source }, rooms] = await Promise.all([bundle(), roomServer()])
const proxy = faultProxy(rooms.port)
const served = site(files, proxy, benchOf(proxy, rooms))
const taken = await listening(served, port, host).catch((error) => {
  if (error.code === 'EADDRINUSE') fail(`Port ${port} is taken. Try another: npm start -- --port ${port + 1}`, 1)
  fail(`Cannot listen on ${host}:${port}: ${error.message}`, 1)
})

const name = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
console.log(`rx-rooms demo: http://${name}:${taken}`)
console.log('Open it in two tabs. Ctrl-C ends everything.')

const { isTTY = false, columns = 80 } = process.stdout
const url = `ws://127.0.0.1:${await proxy.listen('worker')}/rooms`
const worker = new Worker(source, { eval: true, workerData: { url, isTTY }, name: 'figures' })
worker.postMessage({ columns })
process.stdout.on('resize', () => worker.postMessage({ columns: process.stdout.columns }))
worker.on('error', (error) => fail(error.stack, 1))

/** Ends everything at once: nothing here outlives the process. */
const end = (code) => {
  if (isTTY) process.stdout.write('\n')
  process.exit(code)
}
process.on('SIGINT', () => end(130))
process.on('SIGTERM', () => end(0))
process.on('SIGHUP', () => end(0))

// Run by npm, the parent is a shell that signals end without passing them on: the demo goes with it.
const parent = process.ppid
const orphaned = () => {
  if (process.ppid !== parent) end(0)
}
if (process.env.npm_lifecycle_event !== undefined) setInterval(orphaned, 500)
