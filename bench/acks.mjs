// A server that acknowledges publishes: of rx-rooms, of Socket.IO, or by hand on raw `ws` (each alone or batched), as
// CONTENDER says.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'
import { memory, serve } from 'rx-rooms/server'

/** Limits that count everything and slow nobody down. */
const high = { perSecond: 1e9, burst: 1e9 }
const counted = { frames: high, bytes: high }
const budgets = {
  connection: counted,
  user: { ...counted, work: high, joins: high, pages: high },
  address: { work: high },
  server: { arrivals: high },
}

const many = 1e9
const kept = 10_000

/** What a server has to do at least: number what came and keep the last of it. */
const log = () => {
  const messages = Array.from({ length: kept })
  let head = 0
  return (message) => {
    messages[head % kept] = message
    return ++head
  }
}

const contenders = {
  'rx-rooms': (ready) => {
    const engine = memory({ messages: kept, outcomes: 20_000 })
    serve({ port: 0, engine, limits: { publishesPerSecond: many }, budgets }).subscribe((result) => {
      if (result._tag === 'Left') throw new Error(result.left.message)
      ready(result.right.port)
    })
  },
  'socket.io': (ready) => {
    const http = createServer()
    const server = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })
    const append = log()
    server.on('connection', (socket) => {
      socket.on('tick', (id, data, answer) => answer({ id, offset: append(data), at: Date.now() }))
    })
    http.listen(0, '127.0.0.1', () => ready(http.address().port))
  },
  raw: (ready) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
    const append = log()
    server.on('connection', (socket) => {
      socket.on('message', (text) => {
        const { ref, data } = JSON.parse(String(text))
        socket.send(JSON.stringify({ ref, offset: append(data), at: Date.now() }))
      })
    })
    server.on('listening', () => ready(server.address().port))
  },
  batched: (ready) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
    const append = log()
    server.on('connection', (socket) => {
      socket.on('message', (text) => {
        const answers = JSON.parse(String(text)).map(({ ref, data }) => ({ ref, offset: append(data), at: Date.now() }))
        socket.send(JSON.stringify(answers))
      })
    })
    server.on('listening', () => ready(server.address().port))
  },
}

contenders[process.env.CONTENDER]((port) => process.send({ port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpuMicros: user + system })
})
process.on('disconnect', () => process.exit(0))
