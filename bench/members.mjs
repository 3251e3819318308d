// Raw sockets that speak as the clients of a contender do, in the room of its server: the server is what is measured.
import { once } from 'node:events'
import { WebSocket } from 'ws'

const payload = { user: 'u-12345', text: 'forty characters of quite ordinary text.', at: 1_700_000_000, ok: true }

/** The room of rx-rooms. */
const room = process.env.ROOM ?? 'bench'

/** Each dials one connection and answers it once it is in the room; `heard` is told how many messages came. */
const dialers = {
  'rx-rooms': async (port, n, heard) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'rx-rooms.v1.json', { perMessageDeflate: false })
    await once(socket, 'open')
    const session = { instance: `instance-${String(n).padStart(12, '0')}`, generation: 1 }
    const rooms = [{ t: 'join', ch: 1, room, want: ['messages', 'info'] }]
    socket.send(JSON.stringify({ t: 'hello', can: ['seen', 'granted', 'history', 'signals'], session, rooms }))
    let window = Infinity
    let handled = 0
    let unseen = 0
    await new Promise((resolve) => {
      socket.on('message', (data) => {
        const value = JSON.parse(String(data))
        let messages = 0
        for (const frame of typeof value[0] === 'string' || !Array.isArray(value) ? [value] : value) {
          if (frame[0] === 'm') messages++
          if (frame.t === 'welcome') window = frame.limits.unseenBytes
          if (frame.t === 'joined') resolve()
          if (frame.t === 'ping') socket.send(JSON.stringify({ t: 'pong', n: frame.n, seen: handled }))
        }
        if (messages === 0) return
        handled += messages
        unseen += data.length
        if (unseen > window / 4) {
          unseen = 0
          socket.send(JSON.stringify({ t: 'seen', n: handled }))
        }
        heard(messages)
      })
    })
    return socket
  },
  'socket.io': async (port, _, heard) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    })
    await new Promise((resolve) => {
      socket.on('message', (data) => {
        const text = String(data)
        if (text.startsWith('42')) heard(1)
        else if (text.startsWith('40')) resolve()
        else if (text.startsWith('0')) socket.send('40')
        else if (text === '2') socket.send('3')
      })
    })
    return socket
  },
  ws: async (port, _, heard) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
    socket.on('message', () => heard(1))
    await once(socket, 'open')
    return socket
  },
}

let last = 0
/** Each publishes so many messages at once. */
const publishers = {
  'rx-rooms': (socket, many) => {
    const frames = Array.from({ length: many }, () => {
      const seq = ++last
      return [
        'p',
        seq,
        room,
        'producer0123456789abcd',
        seq,
        0,
        `id${String(seq).padStart(20, '0')}`,
        'tick',
        payload,
        0,
      ]
    })
    socket.send(JSON.stringify(many === 1 ? frames[0] : frames))
  },
  'socket.io': (socket, many) => {
    socket._socket.cork()
    for (let n = 0; n < many; n++) socket.send(`42${JSON.stringify(['say', payload])}`)
    socket._socket.uncork()
  },
  ws: (socket, many) => {
    const sender = ['ana', 's-2']
    socket._socket.cork()
    for (let n = 0; n < many; n++) {
      const seq = ++last
      const id = `id${String(seq).padStart(20, '0')}`
      socket.send(JSON.stringify(['m', 1, seq, id, 'tick', sender, 1_700_000_000_000, payload]))
    }
    socket._socket.uncork()
  },
}

const { CONTENDER: name, PORT: port } = process.env
const sockets = []
let outstanding = 0
let isDone = () => undefined
const heard = (messages) => {
  outstanding -= messages
  if (outstanding === 0) isDone()
}

/** Dials as many at a time as the backlog of the listener takes. */
const dial = async (many) => {
  while (sockets.length < many) {
    const batch = Array.from({ length: Math.min(50, many - sockets.length) }, (_, at) => sockets.length + at)
    sockets.push(...(await Promise.all(batch.map((n) => dialers[name](port, n, heard)))))
  }
}

const publish = async (ticks, perTick) => {
  for (let tick = 0; tick < ticks; tick++) {
    outstanding = sockets.length * perTick
    const done = new Promise((resolve) => (isDone = resolve))
    publishers[name](sockets[0], perTick)
    await done
  }
}

process.on('message', async ({ dial: many, ticks, perTick }) => {
  if (many) await dial(many)
  else await publish(ticks, perTick)
  process.send({ done: true })
})
process.on('disconnect', () => process.exit())
