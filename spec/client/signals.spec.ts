import { map } from 'rxjs'
import * as E from '#fp/Either'
import { world } from '../../lib/testing/world.js'
import { Chat, texts } from '../support/chat.js'
import { codeOf, done, right, see } from '../support/seen.js'
import { admits, stage } from '../support/stage.js'
import { tap } from '../support/wire.js'

describe('room.signal and room.signals', () => {
  it('[SG1] [SG2] tells those who are there, once, with whose it is; nothing is logged', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const [here, there] = [ana.room('lobby', Chat), ben.room('lobby', Chat)]
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
    const late = see(client().room('lobby', Chat).signals('message'))
    time.advanceBy(100)
    expect([own.all, logged.all, late.all]).toEqual([[], [], []])
    expect(see(ana.metrics$).last()).toMatchObject({ signals: 1, signalsDropped: 0, sent: 0 })
    expect(end()).toBe(0)
  })

  it('[SG2] is never queued: who is not in the room, offline, closed or misspelt is told at once, and counted', () => {
    const { client, network, time, end } = world({
      authorize: ({ room }) => [room === 'quiet' ? ['read'] : ['read', 'publish']],
    })
    const wire = tap(network)
    const ana = client()
    const [lobby, quiet] = [ana.room('lobby', Chat), ana.room('quiet', Chat)]
    const signal = (room = lobby, data: unknown = { text: 'x' }): string =>
      codeOf(see(room.signal('message', data as never)).only())
    expect([signal(), signal(ana.room('', Chat)), signal(lobby, 7)]).toEqual([
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
    expect(see(ana.metrics$).last()).toMatchObject({ signals: 1, signalsDropped: 6 })
    ana.close()
    expect(signal()).toBe('connection/client-closed')
    expect(end()).toBe(0)
  })

  it('[SG2] is the first to be dropped when the socket takes no more', () => {
    const { client, network, time, end } = world()
    const ana = client({ outbox: { highWaterBytes: 1_000 } })
    const heard = see(client().room('lobby', Chat).signals('message'))
    const lobby = ana.room('lobby', Chat)
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

  it('[SG2] [PR102] a server that does not know signals never gets one', () => {
    const { client, network, time, timers } = stage(admits)
    const wire = tap(network)
    const ana = client()
    const lobby = ana.room('lobby', Chat)
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
    const here = ana.room('lobby', Chat)
    const loose = ben.room('lobby', Chat)
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
    const lobby = client().room('lobby', Chat)
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
    const heard = see(ana.room('lobby', Chat).signals('message'))
    time.advanceBy(100)
    expect(heard.all.map(codeOf)).toEqual(['decode/payload', ''])
    expect(see(ana.metrics$).last()).toMatchObject({ stale: 1 })
    ana.close()
    time.advanceBy(0)
    expect(timers()).toBe(0)
  })

  it('[SG1] does not disturb the order or the positions of messages', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const heard = see(ben.room('lobby', Chat).on('message'))
    const lobby = ana.room('lobby', Chat)
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
