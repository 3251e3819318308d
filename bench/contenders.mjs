// The servers of the benches of fan-out and of idle connections, one a process: each has one room for all of its connections.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'
import { memory, serve } from 'rx-rooms/server'

const plenty = { perSecond: 1e9, burst: 1e9 }
const most = 1e9

/** Each listens and answers its port. What a publisher says is told to the whole room. */
const contenders = {
  'rx-rooms': async () => {
    const budgets = {
      connection: { frames: plenty, bytes: plenty },
      user: {
        frames: plenty,
        bytes: plenty,
        work: plenty,
        publishes: plenty,
        joins: plenty,
        connections: most,
        rooms: most,
      },
      address: { handshakes: plenty, work: plenty, connections: most },
      server: { handshakes: plenty, arrivals: plenty, connections: most, memory: 2 ** 33 },
    }
    const engine = memory({ messages: 1_000 })
    const authorize = () => [['read', 'publish', 'history']]
    const answer = await new Promise((resolve) => serve({ port: 0, engine, budgets, authorize }).subscribe(resolve))
    if (answer._tag === 'Left') throw new Error(answer.left.message)
    return answer.right.port
  },
  'socket.io': async () => {
    const http = createServer()
    const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })
    io.on('connection', (socket) => {
      socket.join('bench')
      socket.on('say', (payload) => io.to('bench').emit('tick', payload))
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    return http.address().port
  },
  ws: async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        const text = String(data)
        for (const member of server.clients) member.send(text)
      })
    })
    await once(server, 'listening')
    return server.address().port
  },
}

/** The heap in use and the resident memory of this process, after collections. */
const memoryUsed = async () => {
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, resident: rss }
}

const port = await contenders[process.env.CONTENDER]()
process.on('message', async ({ memory: isMemory }) => process.send(isMemory ? await memoryUsed() : process.cpuUsage()))
process.on('disconnect', () => process.exit())
process.send({ port })
