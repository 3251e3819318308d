// The memory of a server for each idle connection in one room, and its connections per GiB, against Socket.IO and raw ws.
// node bench/idle.mjs [--connections 1000]. Every contender has a server and a client process of its own.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { fork } from 'node:child_process'
import { child } from './child.mjs'

const { values } = parseArgs({ options: { connections: { type: 'string', default: '1000' } } })
const connections = Number(values.connections)

const ask = async (process, question) => {
  process.send(question)
  const [answer] = await once(process, 'message')
  return answer
}

/** Dials some first, so that the code and the tables of the server are not counted. */
const measure = async (name) => {
  const env = { ...process.env, CONTENDER: name }
  const server = fork(new URL('contenders.mjs', import.meta.url), { env, execArgv: ['--expose-gc'] })
  const [{ port }] = await once(server, 'message')
  const clients = child(`the clients of ${name}`, new URL('members.mjs', import.meta.url), {
    env: { CONTENDER: name, PORT: port },
  })
  await ask(clients, { dial: 100 })
  const before = await ask(server, { memory: true })
  await ask(clients, { dial: 100 + connections })
  const after = await ask(server, { memory: true })
  clients.disconnect()
  server.disconnect()
  await Promise.all([once(clients, 'exit'), once(server, 'exit')])
  const each = (name) => (after[name] - before[name]) / connections
  return { heap: each('heap'), resident: each('resident') }
}

const kib = (bytes) => `${(bytes / 1_024).toFixed(1).padStart(5)} KiB`
console.log(`${connections} idle connections in one room: memory of the server for each`)
for (const name of ['rx-rooms', 'socket.io', 'ws']) {
  const { heap, resident } = await measure(name)
  console.log(
    `${name.padEnd(10)} heap ${kib(heap)}, resident ${kib(resident)}, ${Math.floor(2 ** 30 / resident)} per GiB`,
  )
}
