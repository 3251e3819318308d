// The members of large rooms: bytes and time of snapshots, joins and resumes; 1 000 joins and leaves to 1 000 watchers by
// view; the heap of 1 000 rooms with 100 members each. Run with: node --expose-gc bench/presence.mjs
import { asyncScheduler } from 'rxjs'
import { anything, createClient } from 'rx-rooms'
import { presence } from 'rx-rooms/presence'
import { createRoomServer, memoryEngine, memoryNetwork } from 'rx-rooms/testing'

const plenty = { perSecond: 1e9, burst: 1e9 }
const budgets = {
  connection: { frames: plenty, bytes: plenty },
  user: { frames: plenty, bytes: plenty, work: plenty, joins: plenty, publishes: plenty, rooms: 1e6, connections: 1e6 },
  server: {
    handshakes: plenty,
    arrivals: plenty,
    connections: 1e6,
    greetings: 1e6,
    unsentBytes: 16 * 2 ** 30,
    memory: 16 * 2 ** 30,
  },
}
const state = { name: 'Ana Ananas', mood: 'good' }

const open = (rosterMax) => {
  const engine = memoryEngine()
  const server = createRoomServer({
    engine,
    budgets,
    presence: { rosterMax, quietMs: 60_000 },
    authenticate: ({ token = 'client' }) => [{ user: token }],
    heartbeat: { intervalMs: 1e7 },
  })
  server.faults$.subscribe((fault) => console.error(fault))
  return server
}

/** A peer that speaks in frames and counts bytes, without a network. */
const peer = (server, user, { generation = 1, resume, rooms = ['hall'] } = {}) => {
  const self = { bytes: 0, frames: 0, tags: {}, resume: undefined, place: undefined, close: () => undefined }
  const socket = {
    protocol: 'rx-rooms.v1.json',
    send: (text) => {
      self.bytes += text.length
      const value = JSON.parse(text)
      for (const frame of typeof value[0] === 'string' || !Array.isArray(value) ? [value] : value) {
        self.frames++
        self.tags[frame.t ?? frame[0]] = (self.tags[frame.t ?? frame[0]] ?? 0) + 1
        if (frame.t === 'welcome') self.resume = frame.session.resume
        if (frame.t === 'rows' || frame.t === 'change') self.place = { epoch: frame.epoch, version: frame.version }
      }
    },
    buffered: () => 0,
    close: () => undefined,
    terminate: () => undefined,
  }
  const end = server.accept(socket)
  self.send = (...frames) => end.receive(JSON.stringify(frames.length === 1 ? frames[0] : frames))
  self.close = () => end.closed(1006)
  self.send({
    t: 'hello',
    can: [],
    token: user,
    session: { instance: user, generation, ...(resume && { resume }) },
    rooms: rooms.map((room, at) => ({ t: 'join', ch: at + 1, room, want: ['messages'] })),
  })
  return self
}
/** Waits until these peers are in their rooms. */
const entered = async (peers, rooms = 1) => {
  while (peers.some(({ tags }) => (tags.joined ?? 0) < rooms)) await settle(20)
}
const settle = (ms = 50) => new Promise((resolve) => setTimeout(resolve, ms))
const nameOf = (at) => `u${at}`
let puts = 1_000
const announce = (member, rooms = ['hall'], value = state) => {
  member.send(...rooms.map((room) => ({ t: 'put', ch: ++puts, room, of: 'members', key: 'me', value })))
}
const line = (what, ...figures) => {
  console.log(what.padEnd(58), ...figures.map((figure) => String(figure).padStart(14)))
}

const roster = async (size) => {
  const server = open(100_000)
  const members = Array.from({ length: size }, (_, at) => peer(server, nameOf(at)))
  await entered(members)
  for (const member of members) announce(member)
  await settle(2_000)
  const watch = (from) => ({ t: 'view', ch: 1, of: 'members', view: 'all', ...(from && { from }) })
  const watcher = peer(server, 'watcher')
  await entered([watcher])
  let before = watcher.bytes
  let at = performance.now()
  watcher.send(watch())
  line(
    `roster of ${size}: snapshot, bytes`,
    watcher.bytes - before,
    `${((watcher.bytes - before) / size).toFixed(1)} B/row`,
  )
  line(`roster of ${size}: snapshot, ms at the server`, (performance.now() - at).toFixed(1))
  before = watcher.bytes
  const late = peer(server, 'late')
  await entered([late])
  announce(late)
  await settle(500)
  line(`roster of ${size}: one join, bytes`, watcher.bytes - before)
  const { place, resume } = watcher
  watcher.close()
  const again = peer(server, 'watcher', { generation: 2, resume })
  await entered([again])
  before = again.bytes
  at = performance.now()
  again.send(watch(place))
  line(`roster of ${size}: silent resume, bytes and ms`, again.bytes - before, (performance.now() - at).toFixed(2))
  const network = memoryNetwork({ accept: server.accept, scheduler: asyncScheduler })
  const client = createClient({ url: 'ws://bench', transport: network.transport, messageBytes: 2 ** 24 })
  at = performance.now()
  await new Promise((resolve) => {
    client
      .room('hall', anything)
      .with(presence)
      .members$.subscribe(({ right }) => {
        if (right?.isComplete) resolve()
      })
  })
  line(`roster of ${size}: a client from its first line to all, ms`, (performance.now() - at).toFixed(1))
  client.close({ drainMs: 0 })
  server.close()
}

const churn = async (view, changes, watchers) => {
  const server = open(100_000)
  const members = Array.from({ length: 100 }, (_, at) => peer(server, nameOf(at)))
  await entered(members)
  for (const member of members) announce(member)
  const watching = Array.from({ length: watchers }, (_, at) => peer(server, `w${at}`))
  await entered(watching)
  for (const each of watching) each.send({ t: 'view', ch: 1, of: 'members', ...view })
  await settle(200)
  const before = watching.map(({ bytes, frames }) => [bytes, frames])
  const ramp = 20
  const coming = []
  const began = process.cpuUsage()
  for (let step = 0; step < ramp; step++) {
    for (let at = 0; at < changes / ramp; at++) {
      coming.push(peer(server, `c${step * (changes / ramp) + at}`))
    }
    await entered(coming)
    for (const member of coming) announce(member)
    // Half of them leave again at once, the others a moment later.
    for (const member of coming.splice(0, changes / ramp / 2)) member.send({ t: 'leave', ch: 1 })
    await settle(1_000 / ramp)
  }
  for (const member of coming) member.send({ t: 'leave', ch: 1 })
  await settle(3_000)
  const { user, system } = process.cpuUsage(began)
  const bytes = watching.reduce((sum, each, at) => sum + each.bytes - before[at][0], 0)
  const frames = watching.reduce((sum, each, at) => sum + each.frames - before[at][1], 0)
  line(
    `${changes} joins and leaves, ${watchers} watchers, view ${view.view}`,
    `${(bytes / watchers / 1_024).toFixed(1)} KiB each`,
    `${(frames / watchers).toFixed(1)} frames`,
    `${Math.round((user + system) / 1_000)} ms CPU`,
  )
  server.close()
}

const heapOf = async (rooms, perRoom) => {
  const used = () => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const server = open(1_000)
  const names = Array.from({ length: rooms }, (_, at) => `room-${at}`)
  const members = Array.from({ length: perRoom }, (_, at) => peer(server, nameOf(at), { rooms: names }))
  await entered(members, rooms)
  const before = used()
  for (const member of members) announce(member, names)
  await settle(3_000)
  const announced = used()
  line(
    `${rooms} rooms x ${perRoom} members: server heap for the rows`,
    `${((announced - before) / 2 ** 20).toFixed(1)} MiB`,
    `${Math.round((announced - before) / rooms / perRoom)} B/row`,
  )
  const network = memoryNetwork({ accept: server.accept, scheduler: asyncScheduler })
  const client = createClient({ url: 'ws://bench', transport: network.transport })
  await client.connect()
  await settle(500)
  const idle = used()
  let complete = 0
  for (const name of names)
    client
      .room(name, anything)
      .with(presence)
      .members$.subscribe(({ right }) => {
        if (right?.changes.length === 0 && right.isComplete) complete++
      })
  await settle(8_000)
  line(
    `  one watcher of all of them: server and client heap`,
    `${((used() - idle) / 2 ** 20).toFixed(1)} MiB`,
    `${complete} rosters`,
  )
  client.close({ drainMs: 0 })
  server.close()
}

await roster(10_000)
for (const view of [
  { view: 'all' },
  { view: 'page', limit: 50 },
  { view: 'only', names: ['u1', 'u2'] },
  { view: 'count' },
  { view: 'none' },
])
  await churn(view, 1_000, 1_000)
await heapOf(1_000, 100)
process.exit(0)
