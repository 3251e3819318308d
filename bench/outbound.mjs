// Acknowledged sends per second, so many in flight, against Socket.IO's emitWithAck and raw ws with one frame a message.
// node bench/outbound.mjs [--count 100000] [--rounds 5] [--window 256] [--rooms 100] [--only rx-rooms,raw]. With --window 1
// the p50 is the round trip. Ratios hold, absolute figures do not; on a busy machine those of CPU hold better than those of
// time. Every contender has a client and a server process of its own in each round, and every other round goes through them
// backwards. LIBRARY names another build of rx-rooms to compare with.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import { child } from './child.mjs'

const { contract, createClient, unchecked } = await import(process.env.LIBRARY ?? 'rx-rooms')

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    window: { type: 'string', default: '256' },
    rooms: { type: 'string', default: '100' },
    only: { type: 'string', default: 'rx-rooms,socket.io,raw,batched' },
  },
})
const count = Number(values.count)
const rounds = Number(values.rounds)
const window = Number(values.window)
const rooms = Array.from({ length: Number(values.rooms) }, (_, n) => `bench:${n}`)
const payload = { user: 'u-12345', text: 'forty characters of quite ordinary text.', at: 1_700_000_000, ok: true }
const Plain = contract({ events: { tick: unchecked() } })

/** Each answers how to send one message and be told of its acknowledgement, and how to close. */
const contenders = {
  'rx-rooms': async (port) => {
    const client = createClient({ url: `ws://127.0.0.1:${port}` })
    await new Promise((resolve) => client.connect().subscribe(resolve))
    const handles = rooms.map((name) => client.room(name, Plain))
    let last = 0
    const send = (acknowledged) =>
      handles[++last % handles.length].send('tick', payload).subscribe((result) => {
        if (result._tag === 'Left') throw new Error(result.left.message)
        acknowledged()
      })
    return { send, close: () => client.close() }
  },
  'socket.io': async (port) => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], perMessageDeflate: false })
    await new Promise((resolve) => socket.on('connect', resolve))
    let last = 0
    const send = (acknowledged) => void socket.emitWithAck('tick', `m${++last}`, payload).then(acknowledged)
    return { send, close: () => socket.disconnect() }
  },
  raw: async (port) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
    await once(socket, 'open')
    const waiting = new Map()
    let last = 0
    socket.on('message', (text) => {
      const { ref } = JSON.parse(String(text))
      const acknowledged = waiting.get(ref)
      waiting.delete(ref)
      acknowledged()
    })
    const send = (acknowledged) => {
      const ref = ++last
      waiting.set(ref, acknowledged)
      socket.send(JSON.stringify({ ref, room: rooms[ref % rooms.length], id: `m${ref}`, event: 'tick', data: payload }))
    }
    return { send, close: () => socket.terminate() }
  },
  batched: async (port) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
    await once(socket, 'open')
    const waiting = new Map()
    let last = 0
    let batch = []
    socket.on('message', (text) => {
      for (const { ref } of JSON.parse(String(text))) {
        const acknowledged = waiting.get(ref)
        waiting.delete(ref)
        acknowledged()
      }
    })
    const flush = () => {
      socket.send(JSON.stringify(batch))
      batch = []
    }
    const send = (acknowledged) => {
      const ref = ++last
      waiting.set(ref, acknowledged)
      if (batch.length === 0) queueMicrotask(flush)
      batch.push({ ref, room: rooms[ref % rooms.length], id: `m${ref}`, event: 'tick', data: payload })
    }
    return { send, close: () => socket.terminate() }
  },
}

/** Sends so many, never more than the window in flight; gives the time of each from its call to its receipt to `took`. */
const run = (send, many, took) =>
  new Promise((resolve) => {
    let started = 0
    let done = 0
    const next = () => {
      if (started === many) return
      started++
      const from = performance.now()
      send(() => {
        took?.(performance.now() - from)
        if (++done === many) resolve()
        else next()
      })
    }
    for (let n = 0; n < Math.min(window, many); n++) next()
  })

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

const cpuOf = async (server) => {
  server.send({})
  const [{ cpuMicros }] = await once(server, 'message')
  return cpuMicros
}

const measure = async (name) => {
  const server = child(`the server of ${name}`, new URL('acks.mjs', import.meta.url), { env: { CONTENDER: name } })
  const [{ port }] = await once(server, 'message')
  const { send, close } = await contenders[name](port)
  await run(send, count / 10)
  const serverBefore = await cpuOf(server)
  const before = process.cpuUsage()
  const start = process.hrtime.bigint()
  // The clock is read for the round trip alone: for each of many sends it would be measured itself.
  const times = []
  await run(send, count, window === 1 ? (ms) => times.push(ms) : undefined)
  const wallNs = Number(process.hrtime.bigint() - start)
  const { user, system } = process.cpuUsage(before)
  const serverMicros = (await cpuOf(server)) - serverBefore
  close()
  server.disconnect()
  await once(server, 'exit')
  return {
    perSecond: (count * 1e9) / wallNs,
    clientNs: ((user + system) * 1_000) / count,
    userNs: (user * 1_000) / count,
    p50Ns: (median(times) ?? 0) * 1e6,
    serverNs: (serverMicros * 1_000) / count,
  }
}

/** The same in a process of its own: contenders that share one share what its compiler has learnt, and its garbage. */
const measureApart = async (name) => {
  const env = { CONTENDER: name }
  const client = child(`the client of ${name}`, new URL(import.meta.url), { args: process.argv.slice(2), env })
  const [measured] = await once(client, 'message')
  client.disconnect()
  await once(client, 'exit')
  return measured
}

if (process.env.CONTENDER) {
  process.send(await measure(process.env.CONTENDER))
  process.on('disconnect', () => process.exit(0))
  await once(process, 'exit')
}

const names = values.only.split(',')
const results = Object.fromEntries(names.map((name) => [name, []]))
for (let round = 0; round < rounds; round++)
  for (const name of round % 2 === 0 ? names : [...names].reverse()) results[name].push(await measureApart(name))

const medianOf = (name, what) => median(results[name].map((each) => each[what]))
const shown = (name, what) => Math.round(medianOf(name, what)).toLocaleString('en').padStart(9)
const ratio = (name, what) => (medianOf('rx-rooms', what) / medianOf(name, what)).toFixed(2)
console.log(`${count} sends over ${rooms.length} rooms, ${window} in flight, ${rounds} rounds`)
for (const name of names) {
  console.log(
    `${name.padEnd(12)} ${shown(name, 'perSecond')} acks/s  CPU a message: client ${shown(name, 'clientNs')} ns, ` +
      `user alone ${shown(name, 'userNs')} ns, server ${shown(name, 'serverNs')} ns` +
      (window === 1 ? `  p50 ${shown(name, 'p50Ns')} ns` : ''),
  )
  if (name !== 'rx-rooms')
    console.log(
      `${''.padEnd(12)} rx-rooms is ${ratio(name, 'perSecond')} x, its client takes ${ratio(name, 'clientNs')} x the CPU ` +
        `(${ratio(name, 'userNs')} x the user time), its server ${ratio(name, 'serverNs')} x` +
        (window === 1 ? `, its p50 is ${ratio(name, 'p50Ns')} x` : ''),
    )
}
