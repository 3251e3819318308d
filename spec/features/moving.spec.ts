import type { ConnectionState } from '../../lib/connection/model.js'
import { endpoints } from '../../lib/features/endpoints/index.js'
import { presence } from '../../lib/features/presence/index.js'
import { tokens } from '../../lib/kernel/tokens.js'
import { Chat, texts } from '../support/chat.js'
import { fleet } from '../support/fleet.js'
import { right, see, type Seen } from '../support/seen.js'

const offline = ({ all }: Seen<ConnectionState>): readonly string[] => {
  const from = all.findIndex(({ _tag }) => _tag === 'Online')
  return all.slice(from).flatMap(({ _tag }) => (_tag === 'Online' ? [] : [_tag]))
}

describe('a move to another server', () => {
  it.each([
    [10, 1],
    [100, 10],
  ])(
    '[EP11] [PR213] [SV250] at %i ms each way, with a message each %i ms, nothing is lost, doubled or later than without a move, and the client never offline',
    (latencyMs, everyMs) => {
      const { client, node, urls, time, end } = fleet(2, { latencyMs })
      const ana = client({ url: endpoints(urls) })
      const state = see(ana.state$)
      const ben = client({ url: urls[1] ?? '' })
      const sentAt = new Map<string, number>()
      const late: number[] = []
      const heard = see(ana.room('lobby', Chat).on('message'))
      ana
        .room('lobby', Chat)
        .on('message')
        .subscribe((result) => {
          late.push(time.now() - (sentAt.get(right(result).data.text) ?? 0) - 2 * latencyMs)
        })
      const room = ben.room('lobby', Chat)
      const hers = ana.room('lobby', Chat)
      see(room.on('message'))
      time.advanceBy(1_000)
      const receipts: Seen<unknown>[] = []
      for (let n = 0; n < 3_000; n++) {
        if (n === 500) node(0).server().drain({ to: '*', spreadMs: 1_000, drainMs: 8_000 })
        for (const [who, prefix] of [
          [room, 'b'],
          [hers, 'a'],
        ] as const) {
          const text = `${prefix}${n}`
          sentAt.set(text, time.now())
          receipts.push(see(who.send('message', { text })))
        }
        time.advanceBy(everyMs)
      }
      time.advanceBy(1_000)
      expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 1 } })
      expect(offline(state)).toEqual([])
      expect(node(0).network.links()).toBe(0)
      for (const each of receipts) each.only()
      const all = texts(heard.all)
      expect(all).toHaveLength(6_000)
      expect(new Set(all).size).toBe(6_000)
      for (const prefix of ['a', 'b']) {
        const own = all.filter((text) => text.startsWith(prefix))
        expect(own).toEqual(Array.from({ length: 3_000 }, (_, n) => `${prefix}${n}`))
      }
      expect(late.filter((ms) => ms > 0)).toEqual([])
      expect(end()).toBe(0)
    },
  )

  it('[EP12] no other member of a room sees that somebody moved, though it sees a connection that is lost for longer than a round trip', () => {
    const { client, node, urls, time, end } = fleet(2, { presence: { quietMs: 20, graceMs: 20_000, leaseMs: 30_000 } })
    const ana = client({ url: endpoints(urls, { restMs: 500, returnMs: 5_000 }), host: 'ana' })
    const state = see(ana.state$)
    see(ana.room('lobby', Chat).with(presence).members$)
    const watcher = client({ url: urls[1] ?? '' })
    const rosters = see(watcher.room('lobby', Chat).with(presence).members$)
    const tags = (): readonly string[] => rosters.all.flatMap((roster) => right(roster).changes.map(({ _tag }) => _tag))
    time.advanceBy(1_000)
    const before = tags().length
    node(0).server().drain({ to: '*', spreadMs: 0 })
    time.advanceBy(1_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 1 } })
    node(0).start()
    time.advanceBy(60_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 0 } })
    expect([offline(state), tags().slice(before)]).toEqual([[], []])
    node(0).network.host('ana').cut()
    time.advanceBy(5_000)
    expect(tags().slice(before)).toContain('Leaving')
    expect(end()).toBe(0)
  })

  it('[EP13] if the other server does not answer, the client stays until the server closes, and then connects as after any end', () => {
    const { client, node, urls, time, end } = fleet(2)
    node(1).network.refuse(true)
    const ana = client({ url: endpoints(urls) })
    const state = see(ana.state$)
    const room = ana.room('lobby', Chat)
    see(room.on('message'))
    time.advanceBy(1_000)
    const start = time.now()
    node(0).server().drain({ to: '*', spreadMs: 0, drainMs: 5_000 })
    time.advanceBy(4_900)
    expect(offline(state)).toEqual([])
    const sent = see(room.send('message', { text: 'still here' }))
    time.advanceBy(50)
    expect(right(sent.only()).position.offset).toBe(1)
    time.advanceBy(100)
    expect(time.now() - start).toBeGreaterThan(5_000)
    expect(offline(state)).toContain('Waiting')
    node(1).network.refuse(false)
    time.advanceBy(60_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 1 } })
    expect(end()).toBe(0)
  })

  it('[EP14] the client returns to the first endpoint once its rest is over, without a pause', () => {
    const { client, node, urls, time, end } = fleet(2)
    const ana = client({ url: endpoints(urls, { restMs: 10_000, returnMs: 5_000 }) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(1_000)
    node(0).network.cut()
    time.advanceBy(500)
    const back = time.now()
    const from = state.all.length
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 1 } })
    time.advanceBy(9_000)
    expect(state.last()).toMatchObject({ endpoint: { at: 1 } })
    time.advanceBy(20_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 0 } })
    expect(offline({ ...state, all: state.all.slice(from - 1) })).toEqual([])
    expect(node(1).network.links()).toBe(0)
    expect(time.now() - back).toBeGreaterThan(9_000)
    expect(end()).toBe(0)
  })

  it('[EP14] while the first endpoint is down, the client stays where it is, and asks again later and later', () => {
    const { client, node, urls, time, end } = fleet(2)
    const ana = client({ url: endpoints(urls, { restMs: 1_000, returnMs: 0 }), settleMs: 100 })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(1_000)
    node(0).stop()
    time.advanceBy(1_000)
    const from = state.all.length
    time.advanceBy(100_000)
    expect(offline({ ...state, all: state.all.slice(from - 1) })).toEqual([])
    const failures = state.last().endpoint?.health[0]?.failures ?? 0
    expect(failures).toBeGreaterThan(3)
    expect(failures).toBeLessThan(9)
    node(0).start()
    time.advanceBy(300_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 0 } })
    expect(offline({ ...state, all: state.all.slice(from - 1) })).toEqual([])
    expect(end()).toBe(0)
  })

  it('[EP15] if the present connection is lost meanwhile, the next one goes on as a first one', () => {
    const { client, node, urls, time, end } = fleet(2, { latencyMs: 50 })
    const ana = client({ url: endpoints(urls) })
    const state = see(ana.state$)
    const heard = see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(1_000)
    const ways: string[][] = []
    for (const wait of [20, 130, 170]) {
      const [from, to] = state.last().endpoint?.at === 0 ? [0, 1] : [1, 0]
      node(from).server().drain({ to: '*', spreadMs: 0 })
      time.advanceBy(50 + wait)
      const before = state.all.length
      node(from).stop()
      node(from).start()
      time.advanceBy(1_000)
      ways.push(state.all.slice(before).map(({ _tag }) => _tag))
      expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: to } })
      see(ana.room('lobby', Chat).send('message', { text: `after ${wait}` }))
    }
    time.advanceBy(500)
    expect(ways).toEqual([
      ['Connecting', 'Handshaking', 'Online'],
      ['Handshaking', 'Online'],
      ['Handshaking', 'Online'],
    ])
    expect(texts(heard.all)).toEqual(['after 20', 'after 130', 'after 170'])
    expect(end()).toBe(0)
  })

  it('[EP16] with one address, another server behind it takes the client over; a server that takes it back itself too', () => {
    const { client, node, urls, time, end } = fleet(1)
    const ana = client({ url: endpoints(urls) })
    const state = see(ana.state$)
    const room = ana.room('lobby', Chat)
    const heard = see(room.on('message'))
    time.advanceBy(1_000)
    const before = node(0).server()
    node(0).start()
    before.drain({ to: '*', spreadMs: 0 })
    room.send('message', { text: 'one' })
    time.advanceBy(1_000)
    room.send('message', { text: 'two' })
    time.advanceBy(1_000)
    expect(before.metrics().links).toBe(0)
    expect(node(0).server().metrics().links).toBe(1)
    expect(offline(state)).toEqual([])
    expect(texts(heard.all)).toEqual(['one', 'two'])
    expect(end()).toBe(0)
  })

  it('[EP20] a token that the next server rejects is renewed on the present connection, and is no failure of the endpoint', () => {
    let valid = 't1'
    const { client, node, urls, time, end } = fleet(2, {
      authenticate: ({ token }) => [token === valid ? { user: 'ana' } : null],
    })
    let asked = 0
    const ana = client({ url: endpoints(urls), token: tokens(() => `t${++asked}`) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(1_000)
    valid = 't2'
    node(0).server().drain({ to: '*', spreadMs: 0, drainMs: 60_000 })
    time.advanceBy(30_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 1 } })
    expect([asked, offline(state)]).toEqual([2, []])
    expect(state.all.map(({ endpoint }) => endpoint?.health[1]?.failures ?? 0)).not.toContain(1)
    expect(end()).toBe(0)
  })

  it('[SV251] [PR214] a client with one url gets the goodbye of any drain', () => {
    const { client, node, urls, time, end } = fleet(2)
    const heard: string[] = []
    node(0).network.frames$.subscribe(({ data }) => heard.push(String(data)))
    const ana = client({ url: urls[0] ?? '' })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(1_000)
    node(0).server().drain({ to: '*', spreadMs: 0 })
    time.advanceBy(100)
    expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { code: 'server/bye' } })
    const bye = heard.find((text) => text.includes('"bye"')) ?? ''
    expect(bye).toContain('"ping"')
    expect(bye).not.toContain('"to"')
    expect(end()).toBe(0)
  })

  it('[PR214] a url that is not in the list counts as any other server', () => {
    const { client, node, urls, time, end } = fleet(2)
    const ana = client({ url: endpoints(urls) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(1_000)
    node(0).server().drain({ to: 'wss://elsewhere.example', spreadMs: 0 })
    time.advanceBy(1_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 1 } })
    expect(offline(state)).toEqual([])
    expect(end()).toBe(0)
  })
})
