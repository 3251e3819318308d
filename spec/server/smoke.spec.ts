import { createRoomServer } from '../../lib/server/server.js'
import { memory } from '../../lib/server/memory.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { hello, join, pub, rawPeer } from './support/peer.js'
it('smoke', () => {
  const time = virtualTime()
  const engine = memory({
    scheduler: time,
    wall: () => time.now(),
    ids: (() => {
      let n = 0
      return () => `id${n++}`
    })(),
    epochs: () => 'E1',
  })
  const server = createRoomServer({ engine, scheduler: time, random: () => 0 })
  server.faults$.subscribe((f) => console.log(f))
  const a = rawPeer(server)
  a.send(hello({ rooms: [join(1, 'lobby')] }))
  a.send(pub(1, 'lobby', 1), pub(2, 'lobby', 2))
  console.log(JSON.stringify(a.news()), a.messages())
  const b = rawPeer(server)
  b.send(
    hello({
      session: { instance: 'b', generation: 1 },
      rooms: [join(1, 'lobby', { from: { epoch: 'E1', offset: 1 } })],
    }),
  )
  a.send(pub(3, 'lobby', 3))
  console.log(JSON.stringify(b.news()), JSON.stringify(a.news()))
  server.drain({}).subscribe({ complete: () => console.log('drained') })
  console.log(JSON.stringify(b.news()), b.closedWith(), time.pending())
  server.close()
  console.log(time.pending(), server.metrics())
})
