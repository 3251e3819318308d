import * as E from '#fp/Either'
import * as t from 'io-ts'
import { contract } from '../../lib/contract/contract.js'
import { world } from '../../lib/testing/world.js'

const Chat = contract({ events: { message: t.strict({ text: t.string }), typing: t.void } })

describe('a client and a server in virtual time', () => {
  it('connects, joins, sends, receives, reconnects', () => {
    const { client, time, network, end } = world()
    const ana = client()
    const ben = client()
    const seen: unknown[] = []
    const states: string[] = []
    ana.state$.subscribe((s) => states.push(`${time.now()} ${s._tag}`))
    const room = ana.room('lobby', Chat)
    room.membership$.subscribe((m) => states.push(`${time.now()} room ${m._tag}`))
    room.on('message').subscribe((m) => seen.push(E.isRight(m) ? `${m.right.data.text} own=${m.right.own} rec=${m.right.recovered} ${m.right.position.offset}` : m.left))
    time.advanceBy(100)
    ben.room('lobby', Chat).post('message', { text: 'hello' }).subscribe((r) => seen.push(r))
    room.send('message', { text: 'mine' }).subscribe((r) => seen.push(r))
    time.advanceBy(100)
    network.cut()
    ben.room('lobby', Chat).post('message', { text: 'while away' })
    time.advanceBy(10_000)
    console.log(states, JSON.stringify(seen, null, 1), ana)
    ana.metrics$.subscribe(console.log).unsubscribe()
    console.log(end(), time.now())
  })
})
