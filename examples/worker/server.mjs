// The server of the worker: node examples/worker/server.mjs, with PORT, LOGS and CHARGES.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { answers, files, serve } from 'rx-rooms/server'
import { Ledger } from './contract.mjs'

const { PORT = '7420', LOGS = './logs', CHARGES = './charges.log' } = process.env

/** The charges by the key of their order. The file stands for a database: a charge is written with its key in one step. */
const charges = new Map()
const lines = existsSync(CHARGES) ? readFileSync(CHARGES, 'utf8').split('\n') : []
for (const key of lines.slice(0, -1)) charges.set(key, charges.size + 1)

const charge = ({ key }) => {
  if (!charges.has(key)) {
    appendFileSync(CHARGES, `${key}\n`)
    charges.set(key, charges.size + 1)
  }
  return [{ _tag: 'Right', right: charges.get(key) }]
}

serve({
  port: Number(PORT),
  authenticate: ({ token }) => [{ user: token ?? 'nobody' }],
  engine: files({ directory: LOGS, durability: 'interval' }),
  limits: { publishesPerSecond: 1e6, rooms: 1e5 },
  calls: [answers(Ledger, { charge })],
}).subscribe((started) => {
  if (started._tag === 'Left') {
    console.error(started.left.message, started.left.remedy)
    process.exitCode = 1
    return
  }
  console.log('listening', started.right.url)
  process.once('SIGTERM', () => started.right.close())
})
