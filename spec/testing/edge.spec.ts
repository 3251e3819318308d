import FakeTimers from '@sinonjs/fake-timers'
import { asyncScheduler, filter, firstValueFrom, type SchedulerLike } from 'rxjs'
import { contract } from '../../lib/contract/contract.js'
import { createClient, tokens } from '../../lib/index.js'
import { testServer, type TestServer, type TestServerOptions } from '../../lib/testing/edge.js'
import { Numbers, data } from '../support/chat.js'
import { right, see, tags } from '../support/seen.js'

describe('a test server in real time', () => {
  it('[NS10] takes clients, promises and all, without a socket', async () => {
    const { client, url, transport, server, close } = await testServer()
    const ana = client()
    const ben = createClient({ url, transport })
    const heard = see(ben.room('numbers', Numbers).on('message'))
    right(await firstValueFrom(ben.room('numbers', Numbers).join()))
    for (const number of [1, 2, 3]) right(await firstValueFrom(ana.room('numbers', Numbers).send('message', number)))
    right(await firstValueFrom(server.publish('numbers', 'message', 4)))
    right(await firstValueFrom(ana.room('numbers', Numbers).send('message', 5)))
    expect(data(heard.all)).toEqual([1, 2, 3, 4, 5])
    await firstValueFrom(ben.close())
    await close()
  })

  it('[NS10] authenticates, authorizes, and has a network that can be cut', async () => {
    const { client, network, close } = await testServer({
      authenticate: async ({ token }) => (token === 'ana' ? { user: 'ana' } : null),
      authorize: ({ room }) => [room === 'open' ? ['read', 'publish'] : []],
    })
    const ana = client({ token: tokens(async () => 'ana'), backoff: { floorMs: 1, firstMs: 2 } })
    expect(right(await firstValueFrom(ana.connect())).user).toBe('ana')
    right(await firstValueFrom(ana.room('open', Numbers).join()))
    const refused = await firstValueFrom(ana.room('closed', Numbers).join())
    expect(refused).toMatchObject({ _tag: 'Left', left: { code: 'room/forbidden' } })
    const lost = firstValueFrom(ana.state$.pipe(filter(({ _tag }) => _tag === 'Waiting')))
    network.cut()
    await lost
    expect(right(await firstValueFrom(ana.connect())).user).toBe('ana')
    await close()
  })

  it('[NS10] closes at the call, with its clients, also those in the middle of something', async () => {
    const { client, network, close } = await testServer({ latencyMs: 5_000, bytesPerSecond: 10 })
    const ana = client()
    const sent = see(ana.room('numbers', Numbers).send('message', 1))
    const states = see(ana.state$)
    const frames = see(network.frames$)
    const closing = close()
    expect(tags(states).at(-1)).toBe('Closed')
    expect([sent.isComplete(), frames.isComplete(), network.links()]).toEqual([true, true, 0])
    await closing
    const late = see(network.transport({ url: 'ws://test', protocols: [], maxMessageBytes: 1 }))
    expect(late.only()).toMatchObject({ _tag: 'Closed', code: 1006 })
  })
})

interface Clock {
  readonly advance: (ms: number) => unknown
  readonly timers: () => number
  readonly restore: () => void
}

const jestClock = (advance: (ms: number) => unknown): Clock => {
  jest.useFakeTimers()
  return { advance, timers: () => jest.getTimerCount(), restore: () => void jest.useRealTimers() }
}
const sinonClock = (way: 'tick' | 'tickAsync'): Clock => {
  const clock = FakeTimers.install()
  return {
    advance: (ms) => clock[way](ms),
    timers: () => clock.countTimers(),
    restore: () => {
      clock.uninstall()
    },
  }
}

const Ticks = contract({ events: { tick: Numbers.events.message } })

/** Four minutes without a network and an hour with one, within the time that a spec has. */
const story = async ({ advance, timers, restore }: Clock, scheduler?: SchedulerLike): Promise<void> => {
  try {
    const options: TestServerOptions = scheduler ? { scheduler } : {}
    const { client, network, server, close }: TestServer = await testServer({ latencyMs: 20, ...options })
    const ana = client()
    const states = see(ana.state$)
    const heard = see(ana.room('clock', Ticks).on('tick'))
    await advance(1_000)
    expect(states.last()._tag).toBe('Online')
    void ana.room('clock', Ticks).post('tick', 1)
    await advance(40)
    expect(data(heard.all)).toEqual([1])
    network.refuse(true)
    network.cut()
    void ana.room('clock', Ticks).post('tick', 2)
    void server.publish('clock', 'tick', 3)
    await advance(240_000)
    expect(tags(states).filter((tag) => tag === 'Connecting').length).toBeGreaterThan(5)
    network.refuse(false)
    await advance(31_000)
    expect([states.last()._tag, data(heard.all)]).toEqual(['Online', [1, 3, 2]])
    // A connection that has lasted for a while counts as stable.
    await advance(60_000)
    const { length } = states.all
    await advance(3_600_000)
    expect(states.all).toHaveLength(length)
    await close()
    await advance(0)
    expect(timers()).toBe(0)
  } finally {
    restore()
  }
}

describe('a test server in faked time', () => {
  it('[NS11] goes by the timers of jest that are advanced asynchronously', () =>
    story(jestClock((ms) => jest.advanceTimersByTimeAsync(ms))))

  it('[NS11] goes by the timers of sinon that are advanced asynchronously', () => story(sinonClock('tickAsync')))

  it('[NS12] goes by the timers of jest that are advanced at once, on `asyncScheduler`', () =>
    story(
      jestClock((ms) => jest.advanceTimersByTime(ms)),
      asyncScheduler,
    ))

  it('[NS12] goes by the timers of sinon that are advanced at once, on `asyncScheduler`', () =>
    story(sinonClock('tick'), asyncScheduler))

  it('[NS10] closes while timers are faked that nobody advances any more', async () => {
    jest.useFakeTimers()
    const { client, close } = await testServer({ latencyMs: 20 })
    void client().connect()
    await jest.advanceTimersByTimeAsync(1_000)
    jest.useRealTimers()
    await close()
  })
})
