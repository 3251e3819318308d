// Inbound messages per second and CPU per message, against raw ws + JSON.parse + Map on the very same frames.
// node bench/inbound.mjs [--count 300000] [--rounds 5]. Ratios hold, absolute figures do not.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import * as t from 'io-ts'
import { WebSocket } from 'ws'
import { contract, createClient, unchecked } from 'rx-rooms'
import { manyRooms } from 'rx-rooms/bulk'
import { child } from './child.mjs'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '300000' }, rounds: { type: 'string', default: '5' } },
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
  'rx-rooms, a subscriber a room': (url, rooms, many) => subscribed(url, rooms, many, Plain, false),
  'rx-rooms, io-ts': (url, rooms, many) => subscribed(url, rooms, many, Checked, false),
  'rx-rooms, bulk': (url, rooms, many) => subscribed(url, rooms, many, Plain, true),
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

const measure = async (make, rooms, perFrame) => {
  const server = child('the server', new URL('flood.mjs', import.meta.url), { env: { PER_FRAME: String(perFrame) } })
  const [{ port }] = await once(server, 'message')
  const run = await make(`ws://127.0.0.1:${port}`, rooms, count)
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

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

for (const perFrame of [1, 64]) {
  for (const rooms of [1, 100, 10_000]) {
    const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
    for (let round = 0; round < rounds; round++)
      for (const [name, make] of Object.entries(contenders)) results[name].push(await measure(make, rooms, perFrame))
    const floor = median(results.raw.map(({ cpuNs }) => cpuNs))
    console.log(`\n${rooms} rooms, ${perFrame} per frame, ${Math.round(results.raw[0].bytes)} bytes each`)
    for (const [name, list] of Object.entries(results)) {
      const cpu = median(list.map(({ cpuNs }) => cpuNs))
      const rate = median(list.map(({ perSecond }) => perSecond))
      console.log(
        `${name.padEnd(32)} ${Math.round(rate).toLocaleString('en').padStart(10)} msg/s  ${Math.round(cpu).toString().padStart(6)} ns CPU  ${(cpu / floor).toFixed(2)} x raw`,
      )
    }
  }
}
