import { signals } from '../../lib/features/signals/index.js'
import { world } from '../../lib/testing/world.js'
import { Chat, texts } from '../support/chat.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

const given = ['a', 'b', 'c', 'd']

describe('a link that is lost between a message and its acknowledgement', () => {
  it.each([5, 40])(
    '[P5] wherever it is cut, each message is executed once, in order, and says so (%i ms each way)',
    (latencyMs) => {
      for (let cutAt = 0; cutAt <= 8 * latencyMs; cutAt += latencyMs / 5) {
        const { client, network, time, end } = world({ latencyMs })
        const [ana, ben] = [client(), client()]
        const heard = see(ben.room('lobby', Chat).on('message'))
        time.advanceBy(20 * latencyMs)
        const lobby = ana.room('lobby', Chat)
        const receipts = given.map((text, at) => {
          if (at === 2) time.advanceBy(latencyMs / 2)
          return see(lobby.send('message', { text }))
        })
        time.advanceBy(cutAt)
        network.cut()
        time.advanceBy(30_000)
        expect([cutAt, texts(heard.all)]).toEqual([cutAt, given])
        expect(receipts.map((each) => right(each.only()).position.offset)).toEqual([1, 2, 3, 4])
        expect(end()).toBe(0)
      }
    },
  )

  it('[P5] what nobody can tell is told as unknown, and is not sent again by itself', () => {
    const { client, network, time, restart, end } = world({ latencyMs: 5 })
    const wire = tap(network)
    const ana = client()
    const lobby = ana.room('lobby', Chat)
    see(lobby.send('message', { text: 'first' }))
    time.advanceBy(100)
    const sent = see(lobby.send('message', { text: 'second' }))
    time.advanceBy(7)
    restart({ engine: 'new' })
    time.advanceBy(30_000)
    expect(left(sent.only())).toMatchObject({ code: 'delivery/unknown', executed: 'unknown', kind: 'unknown' })
    const id = wire.up('p').at(-1)?.frame[6]
    time.advanceBy(600_000)
    expect(wire.up('p').filter(({ frame }) => frame[6] === id)).toHaveLength(2)
    expect(codeOf(sent.only())).toBe('delivery/unknown')
    expect(end()).toBe(0)
  })

  it('[P6] what belongs to one link is never written on another, and nothing before the welcome', () => {
    const { client, network, time, end } = world({ latencyMs: 20 })
    const wire = tap(network)
    const ana = client({ settleMs: 0, backoff: { floorMs: 10, firstMs: 20, capMs: 50 } })
    const rooms = ['r', 's'].map((name) => ana.room(name, Chat).with(signals))
    for (const room of rooms) see(room.join())
    for (let round = 0; round < 30; round++) {
      for (const room of rooms) {
        room.post('message', { text: `${round}` })
        room.signal('typing')
        const other = see(room.on('message'))
        if (round % 3 === 0) other.stop()
      }
      if (round % 4 === 0) network.cut()
      time.advanceBy(37 * (round % 5))
    }
    time.advanceBy(60_000)
    const links = [...new Set(wire.up('p').map(({ link }) => link))]
    expect(links.length).toBeGreaterThan(3)
    for (const link of links) {
      const welcome = wire.down('welcome').find((sent) => sent.link === link)
      const on = <T extends { readonly link: number }>(all: readonly T[]): readonly T[] =>
        all.filter((sent) => sent.link === link)
      expect(on(wire.up('p')).every(({ at }) => at >= (welcome?.at ?? Infinity))).toBe(true)
      // Numbers of a link are of joins that were written on it.
      const joined = new Set(on(wire.joins()).map(({ frame }) => frame.ch))
      const used = [
        ...on(wire.up('s')).map(({ frame }) => frame[1]),
        ...on(wire.up('leave')).map(({ frame }) => frame.ch),
      ]
      expect(used.filter((ch) => !joined.has(ch))).toEqual([])
      const pings = new Set(on(wire.down('ping')).map(({ frame }) => frame.n))
      expect(on(wire.up('pong')).filter(({ frame }) => !pings.has(frame.n))).toEqual([])
    }
    expect(end()).toBe(0)
  })
})
