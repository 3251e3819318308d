import type { ConnectionState } from '../../lib/connection/model.js'
import { endpoints } from '../../lib/features/endpoints/index.js'
import { texts, Chat } from '../support/chat.js'
import { fleet } from '../support/fleet.js'
import { codeOf, left, right, see, type Seen } from '../support/seen.js'

/** The endpoints of the sockets, in their order. */
const tried = ({ all }: Seen<ConnectionState>): readonly (number | undefined)[] =>
  all.filter(({ _tag }) => _tag === 'Connecting').map(({ endpoint }) => endpoint?.at)

describe('endpoints', () => {
  it('[EP1] the first that is well is used; the states of the connection name it without its query', () => {
    const { client, urls, time, end } = fleet(2)
    const ana = client({ url: endpoints([`${urls[0]}?region=north-west`, urls[1] ?? '']) })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(100)
    expect(state.last()).toMatchObject({
      _tag: 'Online',
      endpoint: { at: 0, url: 'ws://n0/rooms', health: [{ failures: 0 }, { failures: 0 }] },
    })
    expect(state.all[0]).not.toHaveProperty('endpoint')
    expect(end()).toBe(0)
  })

  it('[EP2] after a failure the next one is tried within spreadMs, until each was tried', () => {
    const { client, node, urls, time, end } = fleet(3)
    node(0).stop()
    node(1).stop()
    const ben = client({ url: endpoints(urls, { spreadMs: 100 }), backoff: { floorMs: 5_000, firstMs: 5_000 } })
    const his = see(ben.state$)
    ben.connect()
    time.advanceBy(220)
    expect(tried(his)).toEqual([0, 1, 2])
    expect(his.last()).toMatchObject({
      _tag: 'Online',
      endpoint: { at: 2, health: [{ failures: 1 }, { failures: 1 }, {}] },
    })
    expect(end()).toBe(0)
  })

  it('[EP2] [EP9] a lost connection goes on at the next endpoint: nothing is lost, and nothing comes twice', () => {
    const { client, node, urls, time, end } = fleet(2)
    const [ana, ben] = [client({ url: endpoints(urls) }), client({ url: urls[1] ?? '' })]
    const heard = see(ana.room('lobby', Chat).on('message'))
    const room = ben.room('lobby', Chat)
    room.join()
    time.advanceBy(1_000)
    room.send('message', { text: 'one' })
    time.advanceBy(100)
    node(0).stop()
    room.send('message', { text: 'two' })
    const sent = see(ana.room('lobby', Chat).send('message', { text: 'three' }))
    time.advanceBy(400)
    expect(texts(heard.all)).toEqual(['one', 'two', 'three'])
    expect(right(sent.only()).position.offset).toBe(3)
    expect(end()).toBe(0)
  })

  it('[EP3] a failed endpoint is tried after the others, and first again once its rest is over', () => {
    const { client, node, urls, time, end } = fleet(2)
    const ana = client({ url: endpoints(urls, { restMs: 10_000 }) })
    const hers = see(ana.state$)
    ana.connect()
    time.advanceBy(10)
    node(0).network.cut()
    time.advanceBy(500)
    expect(hers.last()).toMatchObject({ _tag: 'Online', endpoint: { at: 1 } })
    time.advanceBy(20_000)
    node(1).network.cut()
    time.advanceBy(500)
    expect(tried(hers)).toEqual([0, 1, 0])
    expect(end()).toBe(0)
  })

  it('[EP3] each failure of an endpoint doubles its rest, up to restCapMs', () => {
    const { client, node, urls, time, end } = fleet(1)
    const backoff = { floorMs: 10, firstMs: 10, capMs: 10 }
    const ana = client({ url: endpoints(urls, { restMs: 1_000, restCapMs: 3_000 }), backoff })
    const state = see(ana.state$)
    ana.connect()
    for (const [least, most] of [
      [1_000, 2_000],
      [2_000, 4_000],
      [3_000, 6_000],
      [3_000, 6_000],
    ] as const) {
      time.advanceBy(100)
      expect(state.last()._tag).toBe('Online')
      const lost = time.now()
      node(0).network.cut()
      time.advanceBy(5)
      const { restsUntil = 0 } = state.last().endpoint?.health[0] ?? {}
      expect(restsUntil - lost).toBeGreaterThanOrEqual(least)
      expect(restsUntil - lost).toBeLessThanOrEqual(most + 5)
    }
    expect(end()).toBe(0)
  })

  it('[EP4] if all rest, the client waits as backoff says, and tries the one whose rest ends first', () => {
    const { client, node, urls, time, end } = fleet(2)
    node(0).stop()
    node(1).stop()
    const backoff = { floorMs: 10_000, firstMs: 10_000, capMs: 10_000 }
    const ana = client({ url: endpoints(urls, { restMs: 60_000 }), backoff })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(9_000)
    expect(tried(state)).toEqual([0, 1])
    const { health = [] } = state.last().endpoint ?? {}
    const soonest = (health[0]?.restsUntil ?? 0) < (health[1]?.restsUntil ?? 0) ? 0 : 1
    time.advanceBy(2_000)
    expect(tried(state)).toEqual([0, 1, soonest])
    expect(state.last()._tag).toBe('Waiting')
    time.advanceBy(8_000)
    expect(tried(state)).toHaveLength(3)
    expect(end()).toBe(0)
  })

  it('[EP5] a connection that lasts settleMs clears the failures of its endpoint, a shorter one does not', () => {
    const { client, node, urls, time, end } = fleet(1)
    const ana = client({ url: endpoints(urls), settleMs: 3_000 })
    const state = see(ana.state$)
    const failures = (): number | undefined => state.last().endpoint?.health[0]?.failures
    ana.connect()
    time.advanceBy(100)
    node(0).network.cut()
    time.advanceBy(2_500)
    expect([state.last()._tag, failures()]).toEqual(['Online', 1])
    time.advanceBy(3_000)
    expect([state.last()._tag, failures()]).toEqual(['Online', 0])
    expect(end()).toBe(0)
  })

  it('[EP6] endpoints of one priority share the clients by weight, before those with a higher number', () => {
    const { client, nodes, urls, time, end } = fleet(3)
    const [a = '', b = '', c = ''] = urls
    const list = [
      { url: a, priority: 1 },
      { url: b, priority: 0, weight: 3 },
      { url: c, priority: 0 },
    ]
    for (let n = 0; n < 400; n++) client({ url: endpoints(list) }).connect()
    time.advanceBy(100)
    const [none, most = 0, fewer = 0] = nodes.map(({ server }) => server().metrics().sessions)
    expect([none, most + fewer]).toEqual([0, 400])
    expect(most).toBeGreaterThan(260)
    expect(most).toBeLessThan(340)
    expect(end()).toBe(0)
  })

  it.each([
    ['no list', undefined, 'endpoints'],
    ['an empty list', [], 'endpoints'],
    ['a url of another scheme', ['http://a.example'], 'url'],
    ['a number', ['ws://a.example', 7], 'endpoints[1]'],
    ['the same twice', ['ws://a.example', 'ws://b.example', { url: 'ws://a.example' }], 'endpoints[2]'],
    ['an unknown field', [{ url: 'ws://a.example', rank: 1 }], 'endpoints[0].rank'],
    ['no url', [{ priority: 1 }], 'endpoints[0].url'],
    ['a weight of 0', [{ url: 'ws://a.example', weight: 0 }], 'endpoints[0].weight'],
    ['a priority that is no whole number', [{ url: 'ws://a.example', priority: 0.5 }], 'endpoints[0].priority'],
  ])('[EP7] %s is a Left that names its place', (_, list, option) => {
    const { client, time } = fleet(1)
    const ana = client({ url: endpoints(list as never) })
    const error = left(see(ana.connect()).only())
    expect(error).toMatchObject({ _tag: 'ConfigError', code: 'config/invalid', option })
    time.advanceBy(100)
  })

  it('[EP7] an invalid option is a Left that names it', () => {
    const { client, urls } = fleet(1)
    const wrong = [{ spreadMs: -1 }, { restMs: 0 }, { restsMs: 5 }].map((options) =>
      left(see(client({ url: endpoints(urls, options as never) }).connect()).only()),
    )
    expect(wrong.map((error) => (error._tag === 'ConfigError' ? error.option : ''))).toEqual([
      'spreadMs',
      'restMs',
      'restsMs',
    ])
  })

  it('[EP8] a rejected token and an end for good are no failure of the endpoint', () => {
    const { client, node, urls, time, end } = fleet(2, { authenticate: () => [null] })
    const ana = client({ url: endpoints(urls) })
    const state = see(ana.state$)
    const connected = see(ana.connect())
    time.advanceBy(1_000)
    expect(codeOf(connected.only())).toMatch(/^auth/)
    expect(state.last()).toMatchObject({ _tag: 'Stopped' })
    expect(tried(state)).toEqual([0])
    expect(state.last().endpoint?.health[0]?.failures).toBe(0)
    expect(node(1).server().metrics().links).toBe(0)
    expect(end()).toBe(0)
  })

  it('[EP10] a thousand clients that lose an endpoint reach the next one spread over spreadMs', () => {
    const { client, node, urls, time, end } = fleet(2)
    const states = Array.from({ length: 1_000 }, () => {
      const each = client({ url: endpoints(urls, { spreadMs: 1_000 }) })
      each.connect()
      return see(each.state$)
    })
    time.advanceBy(1_000)
    const lost = time.now()
    node(0).stop()
    time.advanceBy(2)
    const waits = states.map((state) => {
      const waiting = state.all.find(({ _tag }) => _tag === 'Waiting')
      return waiting?._tag === 'Waiting' ? waiting.until - lost : -1
    })
    const tenths = Array.from({ length: 10 }, (_, at) => waits.filter((ms) => Math.floor(ms / 100) === at).length)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0)
    expect(Math.min(...tenths)).toBeGreaterThan(60)
    expect(Math.max(...tenths)).toBeLessThan(140)
    expect(end()).toBe(0)
  })
})
