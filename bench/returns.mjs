// A server that takes joins or a list of names, counts them, and cuts the connection once it has them all.
import { randomBytes } from 'node:crypto'
import { bareServer, welcomeOf } from './bare-server.mjs'

const [rooms, times] = [process.env.ROOMS, process.env.RETURNS].map(Number)
const server = bareServer()

const welcome = welcomeOf({
  messageBytes: 2 ** 20,
  joinsPerFrame: 2_000,
  unseenBytes: 2 ** 23,
  dedupeMs: 300_000,
})

/** The engines of rx-rooms begin a room in the epoch of the last one; others may draw one for each. */
const epochs = new Map()
const epochOf = (room) => {
  const key = process.env.EPOCHS === 'each' ? room : ''
  if (!epochs.has(key)) epochs.set(key, randomBytes(6).toString('base64url'))
  return epochs.get(key)
}
const joined = (ch, room) => ({
  t: 'joined',
  ch,
  number: ch,
  epoch: epochOf(room),
  first: 1,
  head: 1_234,
  base: 1_234,
  recovered: true,
  info: {},
  permissions: ['read', 'publish', 'history'],
})

const returns = []
server.on('connection', (socket) => {
  const start = performance.now()
  const isFirst = returns.length === 0
  const asked = []
  let [count, frames, bytes] = [0, 0, 0]
  const take = (frame) => {
    const before = count
    if (typeof frame === 'string') count++
    else if (frame.t === 'join') (asked.push(frame), count++)
    else if (frame.t === 'joins') {
      asked.push(frame)
      count += frame.rooms.length
    } else if (frame.t === 'hello') {
      socket.send(JSON.stringify(welcome))
      frame.rooms.forEach(take)
    }
    return count > before
  }
  socket.on('message', (data) => {
    bytes += data.length
    const value = JSON.parse(String(data))
    const all = Array.isArray(value) && typeof value[0] !== 'string' ? value : Array.isArray(value) ? value : [value]
    if (all.map(take).includes(true)) frames++
    if (count < rooms) return
    returns.push({ ms: performance.now() - start, frames, bytes, isFirst })
    count = -Infinity
    const answers = asked.flatMap(({ ch, room, rooms = [room] }) => rooms.map((each, at) => joined(ch + at, each)))
    for (let at = 0; at < answers.length; at += 500) socket.send(JSON.stringify(answers.slice(at, at + 500)))
    if (returns.length > times) process.send(returns.slice(1))
    // The client takes the answers in first, so that it comes back from a position in each room.
    else setTimeout(() => socket.terminate(), 300)
  })
})
server.on('listening', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit())
