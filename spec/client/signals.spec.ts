import { map } from 'rxjs'
import * as E from '#fp/Either'
import { world } from '../../lib/testing/world.js'
import { metrics } from '../../lib/features/observe/index.js'
import { signals } from '../../lib/features/signals/index.js'
import { Chat, texts } from '../support/chat.js'
import { codeOf, done, left, right, see } from '../support/seen.js'
import { admits, joined, stage, welcome } from '../support/stage.js'
import { joinsOf, tap } from '../support/wire.js'

describe('room.signal and room.signals', () => {
  it('[SG1] [SG2] tells those who are there, once, with whose it is; nothing is logged', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const [here, there] = [ana.room('lobby', Chat).with(signals), ben.room('lobby', Chat).with(signals)]
    const [own, heard, logged] = [see(here.signals('message')), see(there.signals('message')), see(there.messages())]
    time.advanceBy(100)
    const told = see(here.signal('message', { text: 'typing…' }))
    expect(told.only()).toEqual(done)
    time.advanceBy(100)
    const session = see(ana.session$).last()
    expect(heard.all.map(right)).toEqual([
      {
        room: 'lobby',
        event: 'message',
        from: { user: 'anonymous', session: 'id' in session ? session.id : '' },
        data: { text: 'typing…' },
      },
    ])
    const late = see(client().room('lobby', Chat).with(signals).signals('message'))
    time.advanceBy(100)
    expect([own.all, logged.all, late.all]).toEqual([[], [], []])
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ signals: 1, signalsDropped: 0, sent: 0 })
    expect(end()).toBe(0)
  })

  it('[SG2] is never queued: who is not in the room, offline, closed or misspelt is told at once, and counted', () => {
    const { client, network, time, end } = world({
      authorize: ({ room }) => [room === 'quiet' ? ['read'] : ['read', 'publish']],
    })
    const wire = tap(network)
    const ana = client()
    const [lobby, quiet] = [ana.room('lobby', Chat).with(signals), ana.room('quiet', Chat).with(signals)]
    const signal = (room = lobby, data: unknown = { text: 'x' }): string =>
      codeOf(see(room.signal('message', data as never)).only())
    expect([signal(), signal(ana.room('', Chat).with(signals)), signal(lobby, 7)]).toEqual([
      'delivery/not-in',
      'room/invalid-name',
      'decode/unsendable',
    ])
    see(lobby.join())
    see(quiet.join())
    expect(signal()).toBe('delivery/not-in')
    time.advanceBy(100)
    expect([signal(), signal(quiet)]).toEqual(['', 'delivery/forbidden'])
    network.refuse(true)
    network.cut()
    time.advanceBy(100)
    expect(signal()).toBe('delivery/not-in')
    network.refuse(false)
    time.advanceBy(10_000)
    expect(wire.up('s').map(({ frame }) => frame)).toEqual([['s', 1, 'message', { text: 'x' }]])
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ signals: 1, signalsDropped: 6 })
    ana.close()
    expect(signal()).toBe('connection/client-closed')
    expect(end()).toBe(0)
  })

  it('[SG2] is the first to be dropped when the socket takes no more', () => {
    const { client, network, time, end } = world()
    const ana = client({ outbox: { highWaterBytes: 1_000 } })
    const heard = see(client().room('lobby', Chat).with(signals).signals('message'))
    const lobby = ana.room('lobby', Chat).with(signals)
    see(lobby.join())
    time.advanceBy(100)
    const answers = Array.from({ length: 20 }, () =>
      codeOf(see(lobby.signal('message', { text: 'x'.repeat(100) })).only()),
    )
    const written = answers.filter((code) => code === '').length
    expect(answers).toEqual([
      ...Array.from({ length: written }, () => ''),
      ...Array.from({ length: 20 - written }, () => 'delivery/congested'),
    ])
    expect(written).toBeGreaterThan(5)
    expect(written).toBeLessThan(10)
    time.advanceBy(100)
    expect(heard.all).toHaveLength(written)
    network.freeze()
    expect(end()).toBe(0)
  })

  it('[SG5] one that is larger than the server takes is told at the call and costs no link; the largest is delivered', () => {
    const { client, network, time, end } = world({ limits: { messageBytes: 70_000 } })
    const wire = tap(network)
    const ana = client()
    const lobby = ana.room('lobby', Chat).with(signals)
    const heard = see(client().room('lobby', Chat).with(signals).signals('message'))
    see(lobby.join())
    time.advanceBy(100)
    const most = 70_000 - 2_048 - JSON.stringify({ text: '' }).length
    const signal = (text: string) => see(lobby.signal('message', { text })).only()
    const posted = see(lobby.post('message', { text: 'innocent' }))
    expect(left(signal('x'.repeat(most + 1)))).toMatchObject({
      code: 'delivery/too-large',
      executed: 'no',
      kind: 'terminal',
      room: 'lobby',
      event: 'message',
    })
    expect(codeOf(signal('é'.repeat(most / 2 + 1)))).toBe('delivery/too-large')
    expect(signal('x'.repeat(most))).toEqual(done)
    time.advanceBy(10_000)
    expect(right(posted.only()).position.offset).toBe(1)
    expect(heard.all.map(codeOf)).toEqual([''])
    expect([wire.up('hello').length, wire.up('s').length]).toEqual([2, 1])
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ signals: 1, signalsDropped: 2, losses: 0 })
    expect(end()).toBe(0)
  })

  it('[SG5] [OB17] [OB18] one that something on the way does not take is no fault of a message, nor of many in one', () => {
    let isHeld = true
    const sizes: number[] = []
    const { client, network, time, actors, timers } = stage((frame, actor) => {
      if ('t' in frame) {
        if (frame.t === 'hello') actor.say(welcome({ can: ['signals'] }))
        if (frame.t === 'ping') actor.say({ t: 'pong', n: frame.n })
        for (const join of joinsOf(frame)) actor.say(joined(join, { permissions: ['read', 'publish'] }))
      } else if (frame[0] === 's') actor.close(1009)
      else if (!isHeld) actor.say(['a', 'E', 0, frame[1], frame[4], 1_000])
    })
    network.frames$.subscribe(({ direction, data }) => {
      if (direction === 'up') sizes.push(data.length)
    })
    const ana = client({ outbox: { ackMs: 600_000, ageMs: 600_000 } })
    const lobby = ana.room('lobby', Chat).with(signals)
    see(lobby.join())
    const sent = see(lobby.send('message', { text: 'innocent' }))
    for (let links = 1; links <= 10; links++) {
      time.advanceBy(40_000)
      expect(actors).toHaveLength(links)
      expect(see(lobby.signal('message', { text: 'x'.repeat(5_000) })).only()).toEqual(done)
    }
    isHeld = false
    time.advanceBy(40_000)
    expect(right(sent.only()).position.offset).toBe(1)
    for (let n = 0; n < 60; n++) lobby.post('message', { text: 'x'.repeat(500) })
    time.advanceBy(1_000)
    expect(Math.max(...sizes)).toBeGreaterThan(30_000)
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ quarantined: 0, undelivered: 0 })
    ana.close()
    time.advanceBy(0)
    expect(timers()).toBe(0)
  })

  it('[SG2] [PR102] a server that does not know signals never gets one', () => {
    const { client, network, time, timers } = stage(admits)
    const wire = tap(network)
    const ana = client()
    const lobby = ana.room('lobby', Chat).with(signals)
    see(lobby.join())
    time.advanceBy(100)
    expect(codeOf(see(lobby.signal('typing')).only())).toBe('delivery/unsupported')
    time.advanceBy(100)
    expect(wire.up('s')).toEqual([])
    ana.close()
    time.advanceBy(0)
    expect(timers()).toBe(0)
  })

  it('[SG3] holds the room, goes on over links, decodes, tells a refusal, and completes at the close', () => {
    let isOpen = true
    const { client, network, time, end } = world({ authorize: () => [isOpen ? ['read', 'publish'] : []] })
    const [ana, ben] = [client(), client()]
    const here = ana.room('lobby', Chat).with(signals)
    const loose = ben.room('lobby', Chat).with(signals)
    const heard = see(
      here.signals('message').pipe(map((result) => (E.isRight(result) ? result.right.data.text : result.left.code))),
    )
    const others = see(here.signals('typing'))
    see(loose.join())
    time.advanceBy(100)
    loose.signal('message', { text: 'a' })
    time.advanceBy(100)
    network.cut()
    time.advanceBy(5_000)
    loose.signal('message', { text: 'b' })
    time.advanceBy(100)
    expect(heard.all).toEqual(['a', 'b'])
    isOpen = false
    network.cut()
    time.advanceBy(5_000)
    expect(heard.all).toEqual(['a', 'b', 'room/forbidden'])
    expect(others.all.map(codeOf)).toEqual(['room/forbidden'])
    others.stop()
    ana.close()
    time.advanceBy(0)
    expect([heard.isComplete(), codeOf(see(here.signals('message')).only())]).toEqual([
      true,
      'connection/client-closed',
    ])
    expect(end()).toBe(0)
  })

  it('[SG3] the last to unsubscribe gives the room back', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const lobby = client().room('lobby', Chat).with(signals)
    const [one, two] = [see(lobby.signals('message')), see(lobby.signals('typing'))]
    time.advanceBy(100)
    one.stop()
    time.advanceBy(1_000)
    expect(wire.members(wire.lastLink())).toEqual(['lobby'])
    two.stop()
    time.advanceBy(1_000)
    expect(wire.members(wire.lastLink())).toEqual([])
    expect(end()).toBe(0)
  })

  it('[SG3] a payload that does not decode is a Left, and the signals after it go on', () => {
    const { client, time, timers } = stage((frame, actor) => {
      admits(frame, actor)
      if ('t' in frame && frame.t === 'hello')
        actor.say(...[7, { text: 'fine' }].map((data) => ['s', 1, 'message', data, ['ben', 's2']] as const), [
          's',
          9,
          'message',
          1,
          ['ben', 's2'],
        ])
    })
    const ana = client()
    const heard = see(ana.room('lobby', Chat).with(signals).signals('message'))
    time.advanceBy(100)
    expect(heard.all.map(codeOf)).toEqual(['decode/payload', ''])
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ stale: 1 })
    ana.close()
    time.advanceBy(0)
    expect(timers()).toBe(0)
  })

  it('[SG1] does not disturb the order or the positions of messages', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const heard = see(ben.room('lobby', Chat).on('message'))
    const lobby = ana.room('lobby', Chat).with(signals)
    see(lobby.join())
    time.advanceBy(100)
    for (let n = 0; n < 5; n++) {
      lobby.post('message', { text: `${n}` })
      lobby.signal('typing')
    }
    time.advanceBy(100)
    expect(texts(heard.all)).toEqual(['0', '1', '2', '3', '4'])
    expect(end()).toBe(0)
  })
})
