// The CPU of a server for each delivery of a message to the members of a room and to all (`broadcast`), against Socket.IO and
// raw ws, and the time until the last receiver has it.
// node bench/fanout.mjs [--members 1000] [--deliveries 200000] [--rounds 5]. Ratios hold, absolute figures do not. Every
// contender has a server and a client process of its own in each round, and every other round goes through them backwards.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { child } from './child.mjs'

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '1000' },
    deliveries: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '5' },
  },
})
const [members, deliveries, rounds] = [values.members, values.deliveries, values.rounds].map(Number)
const names = ['rx-rooms', 'broadcast', 'socket.io', 'ws']
const perTicks = [1, 16]

const ask = async (process, question) => {
  process.send(question)
  const [answer] = await once(process, 'message')
  return answer
}

const measure = async (name) => {
  const env = name === 'broadcast' ? { CONTENDER: 'rx-rooms', ROOM: '@all' } : { CONTENDER: name }
  const server = child(`the server of ${name}`, new URL('contenders.mjs', import.meta.url), { env })
  const [{ port }] = await once(server, 'message')
  const clients = child(`the clients of ${name}`, new URL('members.mjs', import.meta.url), {
    env: { ...env, PORT: port },
  })
  await ask(clients, { dial: members })
  const taken = {}
  for (const perTick of perTicks) {
    const ticks = Math.ceil(deliveries / members / perTick)
    await ask(clients, { ticks: Math.ceil(ticks / 4), perTick })
    const before = await ask(server, {})
    const start = performance.now()
    await ask(clients, { ticks, perTick })
    const ms = (performance.now() - start) / ticks
    const after = await ask(server, {})
    const each = (what) => ((after[what] - before[what]) * 1_000) / (ticks * perTick * members)
    taken[perTick] = { user: each('user'), all: each('user') + each('system'), ms }
  }
  clients.disconnect()
  await once(clients, 'exit')
  server.disconnect()
  await once(server, 'exit')
  return taken
}

const results = Object.fromEntries(names.map((name) => [name, []]))
for (let round = 0; round < rounds; round++)
  for (const name of round % 2 === 0 ? names : [...names].reverse()) results[name].push(await measure(name))

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
const of = (name, perTick, what) => median(results[name].map((each) => each[perTick][what]))
console.log(`${members} members, ${deliveries} deliveries, ${rounds} rounds: CPU of the server a delivery`)
for (const perTick of perTicks)
  for (const name of names) {
    const [user, all, ms] = ['user', 'all', 'ms'].map((what) => of(name, perTick, what))
    const [ofUser, ofAll, ofMs] = ['user', 'all', 'ms'].map((what) =>
      (of(name, perTick, what) / of('socket.io', perTick, what)).toFixed(2),
    )
    console.log(
      `${name.padEnd(10)} ${String(perTick).padStart(2)} a tick: user ${Math.round(user).toString().padStart(6)} ns, ${ofUser} x Socket.IO; with system ${Math.round(all).toString().padStart(6)} ns, ${ofAll} x; ${ms.toFixed(1).padStart(6)} ms until the last has it, ${ofMs} x`,
    )
  }
