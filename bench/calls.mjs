// The round trip of a call, p50 and p99, and calls per second with many in flight, against Socket.IO's emitWithAck and a
// ping-pong over raw ws. The calls of rx-rooms check their input and output with io-ts, and a command is remembered.
// node bench/calls.mjs [--count 20000] [--rounds 5] [--window 1,64] [--only query,command,socket.io,raw]. Ratios hold, absolute
// figures do not. Every contender has a client and a server process of its own in each round, and every other round goes
// through them backwards.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import { createClient } from 'rx-rooms'
import { clientCalls } from 'rx-rooms/calls'
import { child } from './child.mjs'
import { Sums } from './sums.mjs'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    window: { type: 'string', default: '1,64' },
    only: { type: 'string', default: 'query,command,socket.io,raw' },
  },
})
const count = Number(values.count)
const rounds = Number(values.rounds)
const windows = values.window.split(',').map(Number)
const names = values.only.split(',')

const calling = (name) => async (port) => {
  const client = createClient({ url: `ws://127.0.0.1:${port}` })
  await new Promise((resolve) => client.connect().subscribe(resolve))
  const asking = client.with(clientCalls(Sums))
  const call = (input, answered) =>
    asking.call(name, input).subscribe((result) => {
      if (result._tag === 'Left') throw new Error(result.left.message)
      answered()
    })
  return { call, close: () => client.close() }
}

/** Each answers how to call and be told of the answer, and how to close. */
const contenders = {
  query: calling('look'),
  command: calling('act'),
  'socket.io': async (port) => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], perMessageDeflate: false })
    await new Promise((resolve) => socket.on('connect', resolve))
    const call = (input, answered) => void socket.timeout(10_000).emitWithAck('sum', input).then(answered)
    return { call, close: () => socket.disconnect() }
  },
  raw: async (port) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
    await once(socket, 'open')
    const waiting = new Map()
    let last = 0
    socket.on('message', (text) => {
      const { ref } = JSON.parse(String(text))
      const answered = waiting.get(ref)
      waiting.delete(ref)
      answered()
    })
    const call = (input, answered) => {
      waiting.set(++last, answered)
      socket.send(JSON.stringify({ ref: last, input }))
    }
    return { call, close: () => socket.terminate() }
  },
}

/** Calls so often, never more than the window in flight, and gives the time of each to `took`. */
const run = (call, many, window, took) =>
  new Promise((resolve) => {
    let started = 0
    let done = 0
    const next = () => {
      if (started === many) return
      const input = { a: ++started, b: 1 }
      const from = performance.now()
      call(input, () => {
        took(performance.now() - from)
        if (++done === many) resolve()
        else next()
      })
    }
    for (let n = 0; n < Math.min(window, many); n++) next()
  })

const measure = async (name, window) => {
  const server = child(`the server of ${name}`, new URL('answers.mjs', import.meta.url), { env: { CONTENDER: name } })
  const [{ port }] = await once(server, 'message')
  const { call, close } = await contenders[name](port)
  await run(call, count / 4, window, () => undefined)
  const times = []
  const start = performance.now()
  await run(call, count, window, (ms) => times.push(ms))
  const perSecond = (count * 1_000) / (performance.now() - start)
  close()
  server.disconnect()
  await once(server, 'exit')
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.floor(share * (times.length - 1))] * 1_000
  return { p50: at(0.5), p99: at(0.99), perSecond }
}

if (process.env.CONTENDER) {
  process.send(await measure(process.env.CONTENDER, Number(process.env.WINDOW)))
  process.on('disconnect', () => process.exit(0))
  await once(process, 'exit')
}

/** The same in a process of its own: contenders that share one share what its compiler has learnt, and its garbage. */
const measureApart = async (name, window) => {
  const env = { CONTENDER: name, WINDOW: String(window) }
  const client = child(`the client of ${name}`, new URL(import.meta.url), { args: process.argv.slice(2), env })
  const [measured] = await once(client, 'message')
  client.disconnect()
  await once(client, 'exit')
  return measured
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
for (const window of windows) {
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 === 0 ? names : names.toReversed())
      results[name].push(await measureApart(name, window))
  const of = (name, what) => median(results[name].map((each) => each[what]))
  console.log(`\n${count} calls, ${window} in flight, ${rounds} rounds`)
  for (const name of names) {
    const [p50, p99, perSecond] = ['p50', 'p99', 'perSecond'].map((what) => of(name, what))
    const ratios = names
      .filter((other) => other !== name)
      .map((other) => `${(p50 / of(other, 'p50')).toFixed(2)} x ${other}`)
    console.log(
      `${name.padEnd(10)} p50 ${p50.toFixed(0).padStart(6)} µs, p99 ${p99.toFixed(0).padStart(6)} µs, ` +
        `${Math.round(perSecond).toLocaleString('en').padStart(8)} calls/s; p50 is ${ratios.join(', ')}`,
    )
  }
}
