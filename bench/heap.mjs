// Heap per joined room: node --expose-gc bench/heap.mjs [--rooms 10000]
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Subject } from 'rxjs'
import { contract, createClient, unchecked } from 'rx-rooms'
import { manyRooms } from 'rx-rooms/bulk'
import { child } from './child.mjs'

const { values } = parseArgs({ options: { rooms: { type: 'string', default: '10000' } } })
const names = Array.from({ length: Number(values.rooms) }, (_, at) => `room-${at}`)
const Plain = contract({ events: { tick: unchecked() } })
const next = () => undefined

const heap = async () => {
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return process.memoryUsage().heapUsed
}

const measure = async (name, hold) => {
  const server = child('the server', new URL('flood.mjs', import.meta.url))
  const [{ port }] = await once(server, 'message')
  const client = createClient({ url: `ws://127.0.0.1:${port}` })
  await new Promise((resolve) => client.connect().subscribe(resolve))
  const before = await heap()
  const kept = hold(client)
  const last = client.room(names.at(-1), Plain)
  await new Promise((resolve) => last.membership$.subscribe(({ _tag }) => _tag === 'In' && resolve()))
  const bytes = ((await heap()) - before) / names.length
  console.log(`${name.padEnd(34)} ${Math.round(bytes).toString().padStart(6)} bytes a room`)
  client.close()
  server.disconnect()
  await once(server, 'exit')
  return kept
}

if (!globalThis.gc) {
  console.error('run it with node --expose-gc')
  process.exit(2)
}
const floor = await heap()
const subjects = new Map(names.map((name) => [name, new Subject()]))
for (const subject of subjects.values()) subject.subscribe(next)
console.log(
  `${'a Map of Subjects, one subscriber'.padEnd(34)} ${Math.round(((await heap()) - floor) / names.length)
    .toString()
    .padStart(6)} bytes a room`,
)
await measure('rx-rooms, a subscriber a room', (client) =>
  names.map((name) => client.room(name, Plain).on('tick').subscribe(next)),
)
await measure('the same, membership$ read once', (client) =>
  names.map((name) => {
    const room = client.room(name, Plain)
    const subscription = room.on('tick').subscribe(next)
    room.membership$.subscribe(next).unsubscribe()
    return subscription
  }),
)
await measure('rx-rooms, held by join()', (client) =>
  names.map((name) => client.room(name, Plain).join().subscribe(next)),
)
await measure('rx-rooms, bulk', (client) => manyRooms(client, names, Plain).on('tick').subscribe(next))
console.log(subjects.size, 'rooms')
