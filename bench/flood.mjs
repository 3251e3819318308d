// A server that answers greetings and then sends as many pre-encoded messages as it is asked for. Never the bottleneck.
import { bareServer, joinsOf, welcomeOf } from './bare-server.mjs'

const perFrame = Number(process.env.PER_FRAME ?? 1)
const payload = { user: 'u-12345', text: 'forty characters of quite ordinary text.', at: 1_700_000_000, ok: true }
const server = bareServer()

const welcome = welcomeOf({ messageBytes: 1e6, joinsPerFrame: 5_000, unseenBytes: 1e12, dedupeMs: 1e6 })

const joined = (ch) => ({
  t: 'joined',
  ch,
  number: ch,
  epoch: `e${ch % 10}abcdef`,
  first: 1,
  head: 0,
  base: 0,
  recovered: true,
  info: {},
  permissions: ['read', 'publish'],
})

/** The messages of all rooms in turn, as WebSocket frames. */
const frames = (channels, count) => {
  const offsets = new Map()
  const all = []
  for (let at = 0; at < count; at += perFrame) {
    const batch = []
    for (let n = at; n < Math.min(count, at + perFrame); n++) {
      const ch = channels[n % channels.length]
      const offset = (offsets.get(ch) ?? 0) + 1
      offsets.set(ch, offset)
      batch.push(
        JSON.stringify([
          'm',
          ch,
          offset,
          `id${String(n).padStart(20, '0')}`,
          'tick',
          ['ana', 's-2'],
          1_700_000_000_000,
          payload,
        ]),
      )
    }
    all.push(batch.length === 1 ? batch[0] : `[${batch.join(',')}]`)
  }
  return all
}

server.on('connection', (socket) => {
  const channels = []
  let pending
  const flood = (list) => {
    let at = 0
    const more = () => {
      socket._socket.cork()
      while (at < list.length && socket.bufferedAmount < 1 << 20) socket.send(list[at++])
      socket._socket.uncork()
      if (at < list.length) setImmediate(more)
    }
    more()
  }
  socket.on('message', (data) => {
    const text = String(data)
    const value = JSON.parse(text)
    for (const frame of Array.isArray(value) ? value : [value]) {
      const asked = joinsOf(frame)
      channels.push(...asked)
      const answers = frame.t === 'hello' ? [welcome, ...asked.map(joined)] : asked.map(joined)
      if (answers.length > 0) socket.send(JSON.stringify(answers))
    }
  })
  process.on('message', ({ prepare, go }) => {
    if (socket.readyState !== 1) return
    if (prepare) {
      const list = prepare.rooms ? Array.from({ length: prepare.rooms }, (_, at) => at + 1) : channels
      pending = frames(list, prepare.count)
      process.send({ prepared: pending.reduce((sum, each) => sum + each.length, 0) / prepare.count })
    }
    if (go) flood(pending)
  })
})
server.on('listening', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit())
