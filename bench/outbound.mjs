// Acknowledged sends per second, so many in flight, against Socket.IO's emitWithAck and raw ws with one frame a message.
// node bench/outbound.mjs [--count 100000] [--rounds 5] [--window 256]. Ratios hold, absolute figures do not; on a busy
// machine those of CPU hold better than those of time. Every contender has a client and a server process of its own in each
// round, and every other round goes through them backwards.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import { contract, createClient, unchecked } from 'rx-rooms'
import { child } from './child.mjs'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    window: { type: 'string', default: '256' },
  },
})
const count = Number(values.count)
const rounds = Number(values.rounds)
const window = Number(values.window)
const payload = { user: 'u-12345', text: 'forty characters of quite ordinary text.', at: 1_700_000_000, ok: true }
const Plain = contract({ events: { tick: unchecked() } })

/** Each answers how to send one message and be told of its acknowledgement, and how to close. */
const contenders = {
  'rx-rooms': async (port) => {
    const client = createClient({ url: `ws://127.0.0.1:${port}` })
    await new Promise((resolve) => client.connect().subscribe(resolve))
    const room = client.room('bench', Plain)
    const send = (acknowledged) =>
      room.send('tick', payload).subscribe((result) => {
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
      socket.send(JSON.stringify({ ref, room: 'bench', id: `m${ref}`, event: 'tick', data: payload }))
    }
    return { send, close: () => socket.terminate() }
  },
}

/** Sends so many, never more than the window in flight. */
const run = (send, many) =>
  new Promise((resolve) => {
    let started = 0
    let done = 0
    const next = () => {
      if (started === many) return
      started++
      send(() => {
        if (++done === many) resolve()
        else next()
      })
    }
    for (let n = 0; n < Math.min(window, many); n++) next()
  })

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
  await run(send, count)
  const wallNs = Number(process.hrtime.bigint() - start)
  const { user, system } = process.cpuUsage(before)
  const serverMicros = (await cpuOf(server)) - serverBefore
  close()
  server.disconnect()
  await once(server, 'exit')
  return {
    perSecond: (count * 1e9) / wallNs,
    clientNs: ((user + system) * 1_000) / count,
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

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
const names = Object.keys(contenders)
const results = Object.fromEntries(names.map((name) => [name, []]))
for (let round = 0; round < rounds; round++)
  for (const name of round % 2 === 0 ? names : [...names].reverse()) results[name].push(await measureApart(name))

const medianOf = (name, what) => median(results[name].map((each) => each[what]))
const ratio = (name, what) => (medianOf('rx-rooms', what) / medianOf(name, what)).toFixed(2)
console.log(`${count} sends, ${window} in flight, ${rounds} rounds`)
for (const name of names) {
  const [rate, client, server] = ['perSecond', 'clientNs', 'serverNs'].map((what) =>
    Math.round(medianOf(name, what)).toLocaleString('en').padStart(9),
  )
  console.log(`${name.padEnd(12)} ${rate} acks/s  CPU a message: client ${client} ns, server ${server} ns`)
  if (name !== 'rx-rooms')
    console.log(
      `${''.padEnd(12)} rx-rooms is ${ratio(name, 'perSecond')} x, its client takes ${ratio(name, 'clientNs')} x the CPU, its server ${ratio(name, 'serverNs')} x`,
    )
}
