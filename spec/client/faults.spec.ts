import { config, EMPTY, from, map, NEVER, Subject, takeUntil, throwError } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Data, Hint, Transport } from '../../lib/core/ports.js'
import { type WorldClientOptions, world } from '../../lib/testing/world.js'
import { metrics } from '../../lib/features/observe/index.js'
import { Chat, texts } from '../support/chat.js'
import { right, see, tags } from '../support/seen.js'

const boom = (): never => {
  throw new Error('boom')
}

describe('faults$', () => {
  it('[CT12] tells what subscribers threw, one by one, and nobody else notices', () => {
    const { client, time, end } = world()
    const ana = client()
    const faults = see(ana.faults$)
    const lobby = ana.room('lobby', Chat)
    const before = see(lobby.on('message'))
    lobby.on('message').subscribe(boom)
    ana.state$.subscribe(boom)
    ana.session$.subscribe({ complete: boom })
    lobby.membership$.subscribe(boom)
    ana.with(metrics).metrics$.subscribe(boom)
    const after = see(lobby.on('message'))
    lobby.post('message', { text: 'a' }).subscribe(boom)
    lobby.post('message', { text: 'b' })
    time.advanceBy(500)
    expect([texts(before.all), texts(after.all)]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    const messages = faults.all.filter(({ _tag, message }) => _tag === 'SubscriberThrew' && message === 'boom').length
    // Three states, two memberships, one metrics, one receipt, two messages.
    expect([messages, faults.all.length]).toEqual([9, 9])
    ana.close()
    time.advanceBy(0)
    // Closed, the end of the session, the end of the membership, the last metrics.
    expect(faults.all).toHaveLength(13)
    expect(faults.isComplete()).toBe(true)
    expect(end()).toBe(0)
  })

  it('[CT12] two listeners see the same faults in the same order, also of what one of them does', () => {
    const { client, time, end } = world()
    const ana = client()
    let isFirst = true
    ana.faults$.subscribe(() => {
      if (isFirst) {
        isFirst = false
        ana.state$.subscribe(() => {
          throw new Error('second')
        })
      }
    })
    const seen = see(ana.faults$)
    ana.state$.subscribe(() => {
      throw new Error('first')
    })
    expect(seen.all.map(({ message }) => message)).toEqual(['first', 'second'])
    time.advanceBy(0)
    expect(end()).toBe(0)
  })

  it('[CT12] what a listener of faults$ throws goes where RxJS puts it, and the next fault reaches it and all others', () => {
    jest.useFakeTimers()
    const unhandled = jest.fn()
    config.onUnhandledError = unhandled
    const { client, time, end } = world()
    const ana = client()
    const thrower = jest.fn(boom)
    ana.faults$.subscribe(thrower)
    const faults = see(ana.faults$)
    ana.state$.subscribe(boom)
    ana.state$.subscribe(boom)
    time.advanceBy(0)
    expect([thrower.mock.calls.length, faults.all.length]).toEqual([2, 2])
    expect(end()).toBe(0)
    jest.runAllTimers()
    expect(unhandled).toHaveBeenCalledTimes(thrower.mock.calls.length)
    config.onUnhandledError = null
    jest.useRealTimers()
  })

  it('[CT12] an operator of the user that throws ends that pipeline alone', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const faults = see(ana.faults$)
    const messages$ = ana.room('lobby', Chat).on('message')
    const errors: unknown[] = []
    messages$.pipe(map(boom)).subscribe({ error: (thrown: unknown) => errors.push(thrown) })
    const healthy = see(messages$)
    time.advanceBy(100)
    ben.room('lobby', Chat).post('message', { text: 'a' })
    time.advanceBy(100)
    expect([errors, faults.all, texts(healthy.all)]).toEqual([[new Error('boom')], [], ['a']])
    expect(end()).toBe(0)
  })
})

/** Options of a user, broken; each client must come online in spite of it, or say `Stopped` or `Waiting`. */
const broken: readonly [string, WorldClientOptions, string][] = [
  ['random that throws', { random: boom }, 'Online'],
  ['random that gives NaN', { random: () => NaN }, 'Online'],
  ['random that gives a text', { random: (() => 'x') as never }, 'Online'],
  ['random beyond 1', { random: () => 1e9 }, 'Online'],
  ['random below 0', { random: () => -1e9 }, 'Online'],
  ['ids that throw', { ids: boom }, 'Online'],
  ['ids that are no texts', { ids: (() => 7) as never }, 'Online'],
  ['ids that are empty', { ids: () => '' }, 'Online'],
  ['ids that are too long', { ids: () => 'x'.repeat(65) }, 'Online'],
  ['ids that would break the frame', { ids: () => '","' }, 'Online'],
  ['classify that throws', { classify: boom }, 'Online'],
  ['classify that gives nonsense', { classify: (() => 'perhaps') as never }, 'Online'],
  ['hints that error', { hints$: throwError(boom) }, 'Online'],
  ['hints that are nonsense', { hints$: from(['nonsense' as Hint, null as never]) }, 'Online'],
  ['a token that throws', { token: tokens(boom) }, 'Waiting'],
  ['a token that is an object', { token: tokens(() => ({}) as never) }, 'Waiting'],
  ['a token that errors', { token: tokens(throwError(boom)) }, 'Waiting'],
  ['a url that throws', { url: boom }, 'Waiting'],
  ['a url that is none', { url: () => 'nonsense' }, 'Stopped'],
  ['a transport that throws', { transport: boom }, 'Waiting'],
  ['a transport that is none', { transport: (() => 7) as never }, 'Waiting'],
  ['a transport that errors', { transport: () => throwError(boom) }, 'Waiting'],
  ['a transport that ends without a word', { transport: () => EMPTY }, 'Waiting'],
  ['a transport that says nonsense', { transport: () => from([null, 7, {}, []]) as never }, 'Waiting'],
  ['a transport that is silent', { transport: () => NEVER }, 'Waiting'],
]

describe('a function of the user that throws or gives nonsense', () => {
  it.each(broken)('[CT12] %s never ends the client and never throws', (_, options, tag) => {
    const { client, network, time, end } = world()
    const ana = client(options)
    const faults = see(ana.faults$)
    const state = see(ana.state$)
    const lobby = ana.room('lobby', Chat)
    const heard = see(lobby.on('message'))
    const sent = see(lobby.send('message', { text: 'x' }))
    time.advanceBy(100)
    network.cut()
    time.advanceBy(10)
    for (let ms = 0; ms < 70_000 && state.last()._tag !== tag; ms += 100) time.advanceBy(100)
    expect(state.last()._tag).toBe(tag)
    expect(tags(faults)).not.toContain('Defect')
    if (tag === 'Online') {
      time.advanceBy(100)
      expect(right(sent.only()).id).toMatch(/^.{1,64}$/)
      expect(texts(heard.all)).toEqual(['x'])
      const second = see(lobby.send('message', { text: 'y' }))
      time.advanceBy(100)
      expect(right(second.only()).position.offset).toBe(2)
    }
    expect(end()).toBe(0)
  })

  it.each<[string, WorldClientOptions]>([
    ['random', { random: boom }],
    ['ids', { ids: boom }],
    ['classify', { classify: boom }],
    ['hints', { hints$: throwError(boom) }],
  ])('[CT12] %s that failed is told as FunctionThrew', (what, options) => {
    const { client, network, time, end } = world()
    const ana = client(options)
    const faults = see(ana.faults$)
    ana.room('lobby', Chat).post('message', { text: 'x' })
    time.advanceBy(100)
    network.cut()
    time.advanceBy(1_000)
    expect(tags(faults)).toContain('FunctionThrew')
    expect(faults.all.every(({ message }) => message.includes(what))).toBe(true)
    expect(end()).toBe(0)
  })

  it('[CT12] a socket that throws at a write loses the link, and what was written is written again', () => {
    const { client, network, time, end } = world()
    let isBroken = false
    const broken: Transport = (request) =>
      network.transport(request).pipe(
        map((event) => {
          if (typeof event === 'string' || !('socket' in event)) return event
          const send = (data: Data): boolean => (isBroken ? boom() : event.socket.send(data))
          return { ...event, socket: { ...event.socket, send } }
        }),
      )
    const ana = client({ transport: broken })
    const state = see(ana.state$)
    const lobby = ana.room('lobby', Chat)
    lobby.post('message', { text: 'first' })
    time.advanceBy(100)
    isBroken = true
    const sent = see(lobby.send('message', { text: 'x' }))
    time.advanceBy(10)
    expect(state.last()).toMatchObject({ _tag: 'Waiting', because: { code: 'connection/closed', closeCode: 1006 } })
    isBroken = false
    time.advanceBy(2_000)
    expect(right(sent.only()).position.offset).toBe(2)
    expect(end()).toBe(0)
  })

  it('[CT12] a transport that ends an open socket without a word loses the link', () => {
    const { client, network, time, end } = world()
    const cut$ = new Subject<void>()
    const quiet: Transport = (request) => network.transport(request).pipe(takeUntil(cut$))
    const ana = client({ transport: quiet })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(100)
    cut$.next()
    expect(state.last()._tag).toBe('Waiting')
    time.advanceBy(2_000)
    expect(state.last()._tag).toBe('Online')
    ana.close()
    time.advanceBy(0)
    expect(end()).toBe(0)
  })
})
