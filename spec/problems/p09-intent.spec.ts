import { Subject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Hint } from '../../lib/core/ports.js'
import type { TokenValue } from '../../lib/token/source.js'
import { seeded } from '../../lib/testing/random.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'

const hints: readonly Hint[] = ['online', 'offline', 'visible', 'hidden', 'frozen', 'resumed']

describe('explicit intent', () => {
  it.each(['disconnected', 'never connected'])(
    '[P9] an hour of events and needs makes no socket of a client that is %s',
    (how) => {
      const { client, network, time, restart, end } = world()
      const [hints$, token$] = [new Subject<Hint>(), new Subject<TokenValue>()]
      const sockets = jest.fn(network.transport)
      const ana = client({ hints$, token: tokens(token$), transport: sockets, autoConnect: how === 'disconnected' })
      const draw = seeded(9)
      if (how === 'disconnected') {
        ana.connect()
        token$.next('first')
        time.advanceBy(1_000)
        ana.disconnect()
        time.advanceBy(100)
      }
      const before = sockets.mock.calls.length
      const events: readonly (() => unknown)[] = [
        ...hints.map((hint) => () => hints$.next(hint)),
        () => token$.next(`token ${draw()}`),
        () => token$.next(null),
        () => network.cut(),
        () => restart(),
        () => time.sleepFor(30_000),
        () => see(ana.room(`room ${Math.floor(draw() * 9)}`, Chat).on('message')).stop,
        () => see(ana.room(`room ${Math.floor(draw() * 9)}`, Chat).join()),
        () => ana.room('lobby', Chat).leave(),
        () => ana.room('lobby', Chat).post('message', { text: 'x' }),
      ]
      while (time.now() < 3_600_000) {
        events[Math.floor(draw() * events.length)]?.()
        time.advanceBy(Math.floor(draw() * 5_000))
      }
      expect([sockets.mock.calls.length - before, network.links()]).toEqual([0, 0])
      ana.connect()
      token$.next('again')
      time.advanceBy(1_000)
      expect(sockets.mock.calls.length - before).toBe(1)
      expect(see(ana.state$).last()._tag).toBe('Online')
      expect(end()).toBe(0)
    },
  )

  it('[P9] a client that has stopped is not revived by anything but connect(), which makes exactly one socket', () => {
    let isAllowed = false
    const { client, network, time, end } = world({ authenticate: () => [isAllowed ? { user: 'ana' } : null] })
    const hints$ = new Subject<Hint>()
    const sockets = jest.fn(network.transport)
    const ana = client({ hints$, token: tokens(({ ask }) => `token ${ask}`), transport: sockets })
    ana.connect()
    time.advanceBy(60_000)
    expect(see(ana.state$).last()._tag).toBe('Stopped')
    isAllowed = true
    const before = sockets.mock.calls.length
    for (const hint of hints) hints$.next(hint)
    see(ana.room('lobby', Chat).on('message'))
    ana.room('lobby', Chat).post('message', { text: 'x' })
    time.advanceBy(3_600_000)
    expect(sockets.mock.calls.length).toBe(before)
    ana.connect()
    ana.connect()
    time.advanceBy(1_000)
    expect(sockets.mock.calls.length).toBe(before + 1)
    expect(see(ana.state$).last()._tag).toBe('Online')
    expect(end()).toBe(0)
  })

  it('[P9] connect() revives from every state but Closed', () => {
    const { client, network, server, time, restart, end } = world()
    const ana = client()
    const state = see(ana.state$)
    const revive = (): void => {
      ana.connect()
      time.advanceBy(1_000)
      expect(state.last()._tag).toBe('Online')
    }
    revive()
    ana.disconnect()
    revive()
    server().drain({ never: true })
    time.advanceBy(100)
    restart()
    expect(state.last()).toMatchObject({ _tag: 'Idle', because: 'drained' })
    revive()
    network.refuse(true)
    network.cut()
    time.advanceBy(300_000)
    network.refuse(false)
    expect(state.last()._tag).not.toBe('Online')
    revive()
    ana.close()
    ana.connect()
    time.advanceBy(60_000)
    expect(state.last()._tag).toBe('Closed')
    expect([network.links(), end()]).toEqual([0, 0])
  })
})
