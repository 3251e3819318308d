// A client with many rooms comes back: the time from its new connection to the last join at the server, and the bytes of a
// room, against one raw frame with the names of all rooms. The rooms share an epoch, as most do that are of one server of
// rx-rooms, or have one each.
// node bench/rejoin.mjs [--rooms 10000] [--rounds 5]. Ratios hold, absolute figures do not. Every contender has a client
// process of its own in each round, and its server is another, which parses what comes and counts.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { contract, createClient, unchecked } from 'rx-rooms'
import { manyRooms } from 'rx-rooms/bulk'
import { child } from './child.mjs'

const { values } = parseArgs({
  options: { rooms: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
const names = Array.from({ length: Number(values.rooms) }, (_, at) => `room-${at}`)
const Plain = contract({ events: { tick: unchecked() } })

const rejoin = (url) => {
  const client = createClient({ url, backoff: { firstMs: 1, floorMs: 1 } })
  manyRooms(client, names, Plain)
    .on('tick')
    .subscribe(() => undefined)
}

/** Each connects, is cut off by the server and comes back. */
const contenders = {
  'rx-rooms': rejoin,
  'epoch each': rejoin,
  raw: (url) => {
    const dial = () => {
      const socket = new WebSocket(url, { perMessageDeflate: false })
      socket.on('open', () => socket.send(JSON.stringify(names)))
      socket.on('close', dial)
    }
    dial()
  },
}

if (process.env.CONTENDER) {
  contenders[process.env.CONTENDER](`ws://127.0.0.1:${process.env.PORT}`)
  process.on('disconnect', () => process.exit(0))
  await once(process, 'exit')
}

/** Returns the ms, the frames and the bytes of the fastest return, which other work of the machine disturbed the least. */
const measure = async (name) => {
  const server = child(`the server of ${name}`, new URL('returns.mjs', import.meta.url), {
    env: { ROOMS: names.length, RETURNS: 12, EPOCHS: name === 'epoch each' ? 'each' : 'one' },
  })
  const [{ port }] = await once(server, 'message')
  const args = process.argv.slice(2)
  const client = child(`the client of ${name}`, new URL(import.meta.url), {
    args,
    env: { CONTENDER: name, PORT: port },
  })
  const [returns] = await once(server, 'message')
  client.disconnect()
  server.disconnect()
  await Promise.all([once(client, 'exit'), once(server, 'exit')])
  return returns.reduce((best, each) => (each.ms < best.ms ? each : best))
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
const all = Object.keys(contenders)
const results = Object.fromEntries(all.map((name) => [name, []]))
for (let round = 0; round < rounds; round++)
  for (const name of round % 2 === 0 ? all : all.toReversed()) results[name].push(await measure(name))

const of = (name, what) => median(results[name].map((each) => each[what]))
console.log(`${names.length} rooms, ${rounds} rounds: from the new connection to the last join at the server`)
for (const name of all)
  console.log(
    `${name.padEnd(10)} ${of(name, 'ms').toFixed(1).padStart(7)} ms, ${(of(name, 'ms') / of('raw', 'ms')).toFixed(2)} x raw; ${of(name, 'frames')} frames, ${(of(name, 'bytes') / names.length).toFixed(0)} bytes a room`,
  )
