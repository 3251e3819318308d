import { Subject } from 'rxjs'
import type { Socket, TransportEvent } from '../../lib/core/ports.js'
import { json } from '../../lib/protocol/json.js'
import { world } from '../../lib/testing/world.js'
import { Chat, texts } from '../support/chat.js'
import { see, tags } from '../support/seen.js'
import { stage, welcome } from '../support/stage.js'
import { tap } from '../support/wire.js'

describe('a half-open link', () => {
  it('[P4] that never opens is given up at the deadline, with one successor', () => {
    const { client, network, time, end } = world()
    network.hang(true)
    const ana = client({ random: () => 0 })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(9_999)
    expect(state.last()._tag).toBe('Connecting')
    time.advanceBy(1)
    expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { code: 'connection/open-timeout' } })
    network.hang(false)
    time.advanceBy(1_000)
    expect(state.last()).toMatchObject({ _tag: 'Online', generation: 2 })
    expect(end()).toBe(0)
  })

  it('[P4] that opens and never greets is given up at the deadline', () => {
    const { client, time, actors } = stage((frame, to) => {
      if (to.number > 1 && 't' in frame && frame.t === 'hello') to.say(welcome())
    })
    const ana = client({ random: () => 0 })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(10_001)
    expect(state.last()._tag).toBe('Handshaking')
    time.advanceBy(1)
    expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { code: 'connection/handshake-timeout' } })
    time.advanceBy(1_000)
    expect([state.last()._tag, actors.length]).toEqual(['Online', 2])
    ana.close()
  })

  it.each(['freeze', 'blackhole'] as const)(
    '[P4] that goes silent (%s) is degraded after interval and some, lost after interval and grace, and what was missed comes on the next one',
    (how) => {
      const { client, network, time, server, end } = world()
      const ana = client({ random: () => 0 })
      const state = see(ana.state$)
      const heard = see(ana.room('lobby', Chat).on('message'))
      time.advanceBy(100)
      const since = time.now()
      if (how === 'freeze') network.freeze()
      else network.blackhole(true)
      server().publish('lobby', 'message', { text: 'missed' })
      time.advanceBy(25_000)
      expect(state.last()).toMatchObject({ _tag: 'Online', quality: 'good' })
      time.advanceBy(3_000)
      expect(state.last()).toMatchObject({ _tag: 'Online', quality: 'degraded' })
      while (state.last()._tag === 'Online' && time.now() < 60_000) time.advanceBy(100)
      expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { code: 'connection/silent' } })
      expect(time.now() - since).toBeLessThanOrEqual(35_000)
      if (how === 'freeze') network.thaw()
      else network.blackhole(false)
      time.advanceBy(2_000)
      expect(state.last()._tag).toBe('Online')
      expect(texts(heard.all)).toEqual(['missed'])
      // The old socket is let go, its late frames and its close change nothing.
      time.advanceBy(120_000)
      expect(tags(state).filter((tag) => tag === 'Waiting')).toHaveLength(1)
      expect([network.links(), texts(heard.all)]).toEqual([1, ['missed']])
      expect(end()).toBe(0)
    },
  )

  it('[P4] is not mistaken for one that has nothing to say: a quiet hour changes no state and costs a ping and a pong each interval', () => {
    const { client, network, time, end } = world({ latencyMs: 300 })
    const wire = tap(network)
    const ana = client()
    const state = see(ana.state$)
    see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(3_600_000)
    expect(tags(state)).toEqual(['Idle', 'Authorizing', 'Connecting', 'Handshaking', 'Online'])
    expect([wire.up('ping').length, wire.down('ping').length, wire.up('pong').length]).toEqual([0, 143, 143])
    expect(wire.messages().length).toBeLessThan(150)
    expect(end()).toBe(0)
  })

  it('[P4] that never closes does not hold up disconnect(), connect() or close()', () => {
    const { client, network, time, timers } = world()
    const ana = client()
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(100)
    network.freeze()
    ana.disconnect()
    time.advanceBy(0)
    expect(state.last()._tag).toBe('Idle')
    ana.connect()
    time.advanceBy(0)
    expect(state.last()._tag).toBe('Connecting')
    ana.close()
    time.advanceBy(0)
    expect([state.last()._tag, timers()]).toEqual(['Closed', 0])
  })

  it('[P4] [P13] [T17] whatever an abandoned socket still says (open, data, error, close), nobody hears it', () => {
    const sockets: Subject<TransportEvent>[] = []
    const sent: string[] = []
    const open = (index: number): TransportEvent => ({
      _tag: 'Opened',
      socket: {
        protocol: json.subprotocol,
        buffered: () => 0,
        close: () => undefined,
        send: (data) => {
          sent.push(`${index} ${String(data)}`)
          return true
        },
      } satisfies Socket,
    })
    const { client, time, end } = world()
    const ana = client({
      random: () => 0,
      transport: () => {
        const socket = new Subject<TransportEvent>()
        sockets.push(socket)
        return socket
      },
    })
    const state = see(ana.state$)
    ana.connect()
    // The first never opens, the second never greets, the third is well.
    time.advanceBy(10_200)
    sockets[1]!.next(open(1))
    time.advanceBy(10_200)
    sockets[2]!.next(open(2))
    sockets[2]!.next(json.encode(welcome()))
    expect(state.last()).toMatchObject({ _tag: 'Online', generation: 3 })
    const before = state.all.length
    for (const [index, old] of sockets.slice(0, 2).entries()) {
      expect(old.observed).toBe(false)
      old.next(open(index))
      old.next(json.encode(welcome()))
      old.next(json.encode({ t: 'refused', code: 'server/closed', message: '', kind: 'terminal' }))
      old.next({ _tag: 'Closed', code: 4400, reason: '' })
      old.error(new Error('late'))
    }
    time.advanceBy(1_000)
    expect(state.all).toHaveLength(before)
    expect(sockets).toHaveLength(3)
    expect(sent.filter((text) => text.includes('"t":"hello"')).map((text) => text[0])).toEqual(['1', '2'])
    expect(end()).toBe(0)
  })

  it('[P4] an answer that is awaited in vain makes the link suspect: probe, then give up', () => {
    const { client, time, actors } = stage((frame, to) => {
      if (!('t' in frame)) {
        const [, ref] = frame
        if (to.number > 1) to.say(['a', 'E', 0, ref, 1, 1])
      } else if (frame.t === 'hello') to.say(welcome())
      else if (frame.t === 'ping') to.say({ t: 'pong', n: frame.n })
    })
    const ana = client({ random: () => 0 })
    const state = see(ana.state$)
    const sent = see(ana.room('lobby', Chat).send('message', { text: 'x' }))
    time.advanceBy(15_000)
    expect(state.last()._tag).toBe('Online')
    expect(actors[0]!.heard()).toContainEqual(expect.objectContaining({ t: 'ping' }))
    time.advanceBy(10_000)
    expect(sent.only()._tag).toBe('Right')
    expect(tags(state)).toContain('Waiting')
    expect(actors).toHaveLength(2)
    ana.close()
  })
})
