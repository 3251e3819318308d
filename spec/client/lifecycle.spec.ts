import { Subject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Hint } from '../../lib/core/ports.js'
import { world } from '../../lib/testing/world.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { history } from '../../lib/features/history/index.js'
import { Chat } from '../support/chat.js'
import { codeOf, done, left, right, see, tags } from '../support/seen.js'
import { tap } from '../support/wire.js'

describe('a client before it is needed', () => {
  it('[CT1] opens no socket, asks for no token and holds no timer until it is needed', () => {
    const token = jest.fn(() => 'secret')
    const { client, network, time, timers, end } = world()
    const ana = client({ token: tokens(token) })
    const state = see(ana.state$)
    see(ana.room('lobby', Chat).membership$)
    manyRooms(ana, ['a', 'b'], Chat)
    ana.room('lobby', Chat).on('message')
    time.advanceBy(3_600_000)
    expect(tags(state)).toEqual(['Idle'])
    expect([network.links(), token.mock.calls.length, timers()]).toEqual([0, 0, 0])
    expect(end()).toBe(0)
  })

  it.each<[string, (ana: ReturnType<ReturnType<typeof world>['client']>) => void]>([
    ['a subscription', (ana) => see(ana.room('lobby', Chat).on('message'))],
    ['a bulk subscription', (ana) => see(manyRooms(ana, ['a', 'b'], Chat).on('message'))],
    ['a join', (ana) => ana.room('lobby', Chat).join()],
    ['history()', (ana) => ana.room('lobby', Chat).with(history).history({ last: 1 })],
    ['a send', (ana) => ana.room('lobby', Chat).send('message', { text: 'hi' })],
    ['a post', (ana) => ana.room('lobby', Chat).post('message', { text: 'hi' })],
    ['connect()', (ana) => ana.connect()],
  ])('[CT2] connects at %s', (what, need) => {
    const { client, time, end } = world()
    const [eager, patient] = [client(), client({ autoConnect: false })]
    const states = [eager, patient].map(({ state$ }) => see(state$))
    need(eager)
    need(patient)
    time.advanceBy(100)
    expect(states.map((state) => state.last()._tag)).toEqual(['Online', what === 'connect()' ? 'Online' : 'Idle'])
    expect(end()).toBe(0)
  })

  it('[CT2] keeps what it needed without autoConnect for connect()', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false })
    const sent = see(ana.room('lobby', Chat).send('message', { text: 'hi' }))
    const joined = see(ana.room('lobby', Chat).join())
    time.advanceBy(1_000)
    expect([sent.all, joined.all]).toEqual([[], []])
    ana.connect()
    time.advanceBy(100)
    expect(right(sent.only()).room).toBe('lobby')
    expect(right(joined.only()).permissions).toContain('read')
    expect(end()).toBe(0)
  })
})

describe('connect()', () => {
  it('[CT3] answers with the session once, at the call, whoever subscribes and however late', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    const answer$ = ana.connect()
    time.advanceBy(100)
    const [first, second] = [see(answer$), see(answer$)]
    expect(right(first.only())).toBe(right(second.only()))
    expect(right(first.only())).toMatchObject({ user: 'anonymous', durability: 'memory' })
    expect(right(see(ana.connect()).only())).toMatchObject({ user: 'anonymous' })
    expect(wire.up('hello')).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[CT3] waits while the network is away', () => {
    const { client, network, time, end } = world()
    const ana = client()
    network.refuse(true)
    const answer = see(ana.connect())
    time.advanceBy(600_000)
    expect(answer.all).toEqual([])
    network.refuse(false)
    time.advanceBy(40_000)
    expect(right(answer.only()).user).toBe('anonymous')
    expect(end()).toBe(0)
  })

  it.each<[string, string, (ana: ReturnType<ReturnType<typeof world>['client']>) => void]>([
    ['disconnected', 'connection/disconnected', (ana) => ana.disconnect()],
    ['closed', 'connection/client-closed', (ana) => ana.close()],
  ])('[CT3] answers Left when it is %s before it is online', (_, code, end) => {
    const { client, time } = world()
    const ana = client()
    const answer = see(ana.connect())
    time.advanceBy(1)
    end(ana)
    time.advanceBy(0)
    expect(codeOf(answer.only())).toBe(code)
  })

  it('[CT3] answers Left when it stops, and revives a stopped client with a fresh budget', () => {
    let isAllowed = false
    const { client, time, end } = world({ authenticate: () => [isAllowed ? { user: 'ana' } : null] })
    const ana = client({ token: tokens(({ ask }) => `token ${ask}`) })
    const state = see(ana.state$)
    const answer = see(ana.connect())
    time.advanceBy(60_000)
    expect(left(answer.only())).toMatchObject({ _tag: 'AuthenticationError', code: 'auth/rejected' })
    expect(state.last()._tag).toBe('Stopped')
    isAllowed = true
    time.advanceBy(3_600_000)
    expect(state.last()._tag).toBe('Stopped')
    const again = see(ana.connect())
    time.advanceBy(100)
    expect(right(again.only()).user).toBe('ana')
    expect(state.last()).toMatchObject({ _tag: 'Online', attempt: 0 })
    expect(end()).toBe(0)
  })

  it('[CT3] with a room it joins too, and answers the refusal if there is one', () => {
    const { client, time, end } = world({ authorize: ({ room }) => [room === 'open' ? ['read'] : []] })
    const ana = client()
    const [open, closed] = [ana.room('open', Chat), ana.room('closed', Chat)]
    const answers = [see(ana.connect({ room: open })), see(ana.connect({ room: closed }))]
    time.advanceBy(100)
    expect(right(answers[0]!.only()).user).toBe('anonymous')
    expect(codeOf(answers[1]!.only())).toBe('room/forbidden')
    expect(right(see(open.leave()).only())).toEqual({ stillHeldBy: 0 })
    expect(end()).toBe(0)
  })

  it('[CT3] cuts the wait short and starts the backoff anew', () => {
    const { client, network, time, end } = world()
    const ana = client({ random: () => 0.999 })
    const state = see(ana.state$)
    network.refuse(true)
    ana.connect()
    time.advanceBy(300_000)
    expect(state.last()).toMatchObject({ _tag: 'Waiting' })
    network.refuse(false)
    const answer = see(ana.connect())
    time.advanceBy(10)
    expect(right(answer.only()).user).toBe('anonymous')
    expect(state.last()).toMatchObject({ _tag: 'Online', attempt: 0 })
    expect(end()).toBe(0)
  })
})

describe('disconnect()', () => {
  it('[CT4] ends the connection until connect(); streams stay open, rooms and messages are kept', () => {
    const { client, network, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Chat)
    const messages = see(room.on('message'))
    time.advanceBy(100)
    const answer = see(ana.disconnect())
    time.advanceBy(0)
    expect(answer.only()).toEqual(done)
    const sent = see(room.send('message', { text: 'later' }))
    ben.room('lobby', Chat).post('message', { text: 'meanwhile' })
    time.advanceBy(60_000)
    expect([network.links(), messages.all, messages.isComplete(), sent.all]).toEqual([1, [], false, []])
    ana.connect()
    time.advanceBy(100)
    expect(messages.all.map((result) => right(result).data.text)).toEqual(['meanwhile', 'later'])
    expect(right(sent.only()).position.offset).toBe(2)
    expect(end()).toBe(0)
  })

  it('[CT4] answers Right in every state', () => {
    const { client, network, time, end } = world()
    const idle = client()
    expect(see(idle.disconnect()).only()).toEqual(done)
    expect(see(idle.disconnect()).only()).toEqual(done)
    network.hang(true)
    const connecting = client()
    connecting.connect()
    time.advanceBy(10)
    expect(see(connecting.disconnect()).only()).toEqual(done)
    connecting.close()
    expect(see(connecting.disconnect()).only()).toEqual(done)
    network.hang(false)
    expect(end()).toBe(0)
  })

  it('[CT4] listens to hints only while a connection is wanted', () => {
    const hints$ = new Subject<Hint>()
    const { client, time, end } = world()
    const ana = client({ hints$ })
    const listening = [hints$.observed]
    ana.connect()
    time.advanceBy(100)
    listening.push(hints$.observed)
    ana.disconnect()
    time.advanceBy(0)
    listening.push(hints$.observed)
    expect(listening).toEqual([false, true, false])
    expect(end()).toBe(0)
  })
})
