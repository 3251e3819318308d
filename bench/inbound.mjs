// Inbound messages per second and CPU per message, against raw ws + JSON.parse + Map on the very same frames.
// node bench/inbound.mjs [--count 300000] [--rounds 5] [--rooms 1,100,10000] [--perFrame 1,64] [--only raw,…]. Ratios hold,
// absolute figures do not. Every contender has a client and a server process of its own in each round, and every other round
// goes through them backwards.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import * as t from 'io-ts'
import { WebSocket } from 'ws'
import { contract, createClient, unchecked } from 'rx-rooms'
import { manyRooms } from 'rx-rooms/bulk'
import { child } from './child.mjs'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '5' },
    rooms: { type: 'string', default: '1,100,10000' },
    perFrame: { type: 'string', default: '1,64' },
    only: { type: 'string', default: 'raw,a subscriber a room,io-ts,bulk' },
  },
})
const count = Number(values.count)
const rounds = Number(values.rounds)

const Plain = contract({ events: { tick: unchecked() } })
const Checked = contract({
  events: { tick: t.strict({ user: t.string, text: t.string, at: t.number, ok: t.boolean }) },
})
const names = (rooms) => Array.from({ length: rooms }, (_, at) => `room-${at}`)
const settled = () => new Promise((resolve) => setTimeout(resolve, 50))

/** Each answers how to count messages on a connection: `ready`, then `done` after so many, and `close`. */
const contenders = {
  raw: async (url, rooms, many) => {
    const socket = new WebSocket(url, 'rx-rooms.v1.json', { perMessageDeflate: false })
    let left = many
    let done
    const finished = new Promise((resolve) => (done = resolve))
    const handlers = new Map(Array.from({ length: rooms }, (_, at) => [at + 1, () => void (--left === 0 && done())]))
    await once(socket, 'open')
    const take = (message) => handlers.get(message[1])(message)
    socket.on('message', (data) => {
      const value = JSON.parse(String(data))
      if (typeof value[0] === 'string') take(value)
      else for (const message of value) take(message)
    })
    return { finished, close: () => socket.terminate(), rooms }
  },
  'a subscriber a room': (url, rooms, many) => subscribed(url, rooms, many, Plain, false),
  'io-ts': (url, rooms, many) => subscribed(url, rooms, many, Checked, false),
  bulk: (url, rooms, many) => subscribed(url, rooms, many, Plain, true),
}

const subscribed = async (url, rooms, many, contracted, bulk) => {
  const client = createClient({ url })
  let left = many
  let done
  const finished = new Promise((resolve) => (done = resolve))
  const next = (result) => {
    if (result._tag === 'Left') throw new Error(result.left.message)
    if (--left === 0) done()
  }
  if (bulk) manyRooms(client, names(rooms), contracted).on('tick').subscribe(next)
  else for (const name of names(rooms)) client.room(name, contracted).on('tick').subscribe(next)
  const last = client.room(names(rooms).at(-1), contracted)
  await new Promise((resolve) => last.membership$.subscribe(({ _tag }) => _tag === 'In' && resolve()))
  return { finished, close: () => client.close() }
}

const measure = async (name, rooms, perFrame) => {
  const server = child('the server', new URL('flood.mjs', import.meta.url), { env: { PER_FRAME: String(perFrame) } })
  const [{ port }] = await once(server, 'message')
  const run = await contenders[name](`ws://127.0.0.1:${port}`, rooms, count)
  server.send({ prepare: { count, rooms: run.rooms } })
  const [{ prepared: bytes }] = await once(server, 'message')
  await settled()
  const before = process.cpuUsage()
  const start = process.hrtime.bigint()
  server.send({ go: true })
  await run.finished
  const wallNs = Number(process.hrtime.bigint() - start)
  const { user, system } = process.cpuUsage(before)
  run.close()
  server.disconnect()
  await once(server, 'exit')
  return { cpuNs: ((user + system) * 1_000) / count, perSecond: (count * 1e9) / wallNs, bytes }
}

/** The same in a process of its own: contenders that share one share what its compiler has learnt, and its garbage. */
const measureApart = async (name, rooms, perFrame) => {
  const env = { CONTENDER: name, ROOMS: String(rooms), PER_FRAME: String(perFrame) }
  const client = child(`the client of ${name}`, new URL(import.meta.url), { args: process.argv.slice(2), env })
  const [measured] = await once(client, 'message')
  client.disconnect()
  await once(client, 'exit')
  return measured
}

if (process.env.CONTENDER) {
  const { CONTENDER, ROOMS, PER_FRAME } = process.env
  process.send(await measure(CONTENDER, Number(ROOMS), Number(PER_FRAME)))
  process.on('disconnect', () => process.exit(0))
  await once(process, 'exit')
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
const numbers = (list) => list.split(',').map(Number)
const all = values.only.split(',')

for (const perFrame of numbers(values.perFrame)) {
  for (const rooms of numbers(values.rooms)) {
    const results = Object.fromEntries(all.map((name) => [name, []]))
    for (let round = 0; round < rounds; round++)
      for (const name of round % 2 === 0 ? all : all.toReversed())
        results[name].push(await measureApart(name, rooms, perFrame))
    const medianOf = (name, what) => median(results[name].map((each) => each[what]))
    const floor = medianOf(all[0], 'cpuNs')
    console.log(`\n${rooms} rooms, ${perFrame} per frame, ${Math.round(medianOf(all[0], 'bytes'))} bytes each`)
    for (const name of all) {
      const cpu = medianOf(name, 'cpuNs')
      console.log(
        `${name.padEnd(20)} ${Math.round(medianOf(name, 'perSecond')).toLocaleString('en').padStart(10)} msg/s  ` +
          `${Math.round(cpu).toString().padStart(6)} ns CPU  ${(cpu / floor).toFixed(2)} x ${all[0]}`,
      )
    }
  }
}
