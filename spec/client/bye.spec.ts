import { world } from '../../lib/testing/world.js'
import { Chat, texts } from '../support/chat.js'
import { right, see, tags } from '../support/seen.js'
import { admits, joined, stage, welcome } from '../support/stage.js'
import { tap } from '../support/wire.js'

describe('a server that says goodbye', () => {
  it('[CT15] is left after its last word, and returned to after afterMs and at random within spreadMs', () => {
    const { client, server, time, restart, end } = world()
    const clients = Array.from({ length: 200 }, () => client())
    const states = clients.map((each) => see(each.state$))
    for (const each of clients) each.connect()
    time.advanceBy(1_000)
    const start = time.now()
    server().drain({ afterMs: 5_000, spreadMs: 20_000 })
    time.advanceBy(100)
    const waits = states.map((state) => {
      const now = state.last()
      expect(now).toMatchObject({ _tag: 'Waiting', because: { code: 'server/bye' } })
      return now._tag === 'Waiting' ? now.until - start : 0
    })
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(5_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(25_100)
    const early = waits.filter((ms) => ms < 15_000).length
    expect(early).toBeGreaterThan(60)
    expect(early).toBeLessThan(140)
    restart()
    time.advanceBy(30_000)
    expect(states.filter((state) => state.last()._tag === 'Online')).toHaveLength(200)
    expect(end()).toBe(0)
  })

  it('[CT15] answers what crossed its goodbye; what comes after waits for its return; nothing is lost or doubled', () => {
    const { client, network, server, time, restart, end } = world({ latencyMs: 20 })
    const wire = tap(network)
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Chat)
    const heard = see(ben.room('lobby', Chat).on('message'))
    see(room.on('message'))
    time.advanceBy(1_000)
    server().drain({ afterMs: 1_000, spreadMs: 0 })
    time.advanceBy(10)
    const crossing = see(room.send('message', { text: 'crossing' }))
    time.advanceBy(15)
    const after = see(room.send('message', { text: 'after' }))
    time.advanceBy(100)
    expect(right(crossing.only()).position.offset).toBe(1)
    expect([after.all, network.links()]).toEqual([[], 0])
    restart()
    time.advanceBy(5_000)
    expect(right(after.only()).position.offset).toBe(2)
    expect(texts(heard.all)).toEqual(['crossing', 'after'])
    expect(wire.up('p')).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[CT15] that never wants the client back is not returned to, whatever is needed, before connect()', () => {
    const { client, server, time, restart, end } = world()
    const ana = client()
    const state = see(ana.state$)
    const room = ana.room('lobby', Chat)
    const messages = see(room.on('message'))
    time.advanceBy(100)
    server().drain({ never: true })
    time.advanceBy(100)
    restart()
    expect(state.last()).toMatchObject({ _tag: 'Idle', because: 'drained' })
    see(ana.room('other', Chat).on('message'))
    const sent = see(room.send('message', { text: 'later' }))
    time.advanceBy(200_000)
    expect(state.last()._tag).toBe('Idle')
    expect(sent.all).toEqual([])
    ana.connect()
    time.advanceBy(100)
    expect(right(sent.only()).position.offset).toBe(1)
    expect(texts(messages.all)).toEqual(['later'])
    expect(end()).toBe(0)
  })

  it('[CT15] that forgets to go is left after drainMs, and one that just goes is as if it had said it all', () => {
    const bye = { t: 'bye', because: 'deploy', reconnect: { afterMs: 3_000, spreadMs: 0 }, drainMs: 1_000 } as const
    const { client, actor, actors, time } = stage(admits)
    const ana = client()
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(100)
    actor().say(bye)
    time.advanceBy(1_000)
    expect(state.last()._tag).toBe('Online')
    time.advanceBy(2)
    expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { code: 'server/bye', retryAfterMs: 3_000 } })
    time.advanceBy(3_100)
    expect(actors).toHaveLength(2)
    actor().say(bye)
    time.advanceBy(10)
    actor().close(1001)
    time.advanceBy(10)
    expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { code: 'server/bye', retryAfterMs: 3_000 } })
    ana.close()
  })

  it('[CT15] the barrier of the goodbye is answered, and messages before it are delivered', () => {
    const { client, actor, time } = stage((frame, to) => {
      if (!('t' in frame)) return
      if (frame.t === 'hello') to.say(welcome(), ...frame.rooms.map((join) => joined(join)))
    })
    const ana = client()
    const messages = see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    const [{ ch } = { ch: 0 }] = actor().joins()
    actor().say({ t: 'bye', because: 'deploy', reconnect: 'never', drainMs: 1_000 }, { t: 'ping', n: 7 }, [
      'm',
      ch,
      1,
      'm1',
      'message',
      ['ben', 's'],
      1,
      { text: 'last' },
    ])
    time.advanceBy(10)
    expect(actor().heard()).toContainEqual({ t: 'pong', n: 7, seen: 0 })
    actor().say({ t: 'bye.done' })
    time.advanceBy(10)
    expect(texts(messages.all)).toEqual(['last'])
    expect(tags(see(ana.state$))).toEqual(['Idle'])
    ana.close()
  })
})
