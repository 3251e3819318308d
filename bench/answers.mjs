// A server that answers calls: of rx-rooms, of Socket.IO, or by hand on raw `ws`, as CONTENDER says.
import { createServer } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'
import { memory, serve, serverAnswers } from 'rx-rooms/server'
import { Sums } from './sums.mjs'

/** Limits that count everything and slow nobody down. */
const high = { perSecond: 1e9, burst: 1e9 }
const counted = { frames: high, bytes: high }
const budgets = {
  connection: counted,
  user: { ...counted, work: high, calls: high, running: 1e6 },
  address: { work: high },
  server: { arrivals: high },
}

/** The work of a call. */
const sum = ({ a, b }) => a + b

const rxRooms = (ready) => {
  const calls = [serverAnswers(Sums, { look: (input) => [E.right(sum(input))], act: (input) => [E.right(sum(input))] })]
  serve({ port: 0, engine: memory({ commands: 1e6, commandBytes: 2 ** 31 }), calls, budgets }).subscribe((result) => {
    if (result._tag === 'Left') throw new Error(result.left.message)
    ready(result.right.port)
  })
}

const contenders = {
  query: rxRooms,
  command: rxRooms,
  'socket.io': (ready) => {
    const http = createServer()
    const server = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })
    server.on('connection', (socket) => {
      socket.on('sum', (input, answer) => answer(sum(input)))
    })
    http.listen(0, '127.0.0.1', () => ready(http.address().port))
  },
  raw: (ready) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
    server.on('connection', (socket) => {
      socket.on('message', (text) => {
        const { ref, input } = JSON.parse(String(text))
        socket.send(JSON.stringify({ ref, output: sum(input) }))
      })
    })
    server.on('listening', () => ready(server.address().port))
  },
}

contenders[process.env.CONTENDER]((port) => process.send({ port }))
process.on('disconnect', () => process.exit(0))
