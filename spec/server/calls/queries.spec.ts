import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { EMPTY, map, NEVER, Observable, of, throwError, timer } from 'rxjs'
import { declared } from '../../../lib/contract/declared.js'
import { monotonic } from '../../../lib/core/platform.js'
import type { Caller } from '../../../lib/server/calls/handled.js'
import { until } from '../../support/until.js'
import { hello } from '../support/peer.js'
import { world } from '../support/world.js'
import { call, type Handlers, houseAnswers, shopAnswers, told } from './support.js'

describe('a query', () => {
  it('[SV227] [PR173] is answered by the first value of its handler, and a declared error by its name and value', () => {
    const { client } = world({
      calls: shopAnswers({
        price: (name) => (name === 'tea' ? [E.right(3), E.right(4)] : [declared('gone', `no ${name}`)]),
      }),
    })
    const peer = client()
    peer.send(call(1, 'price', 'tea'), call(2, 'price', 'milk'))
    expect(told(peer)).toEqual(['1 last 3', '2 error 1 gone "no milk"'])
  })

  it.each<[string, Handlers['price']]>([
    ['itself', () => E.right(3)],
    ['in a list', () => [E.right(3)]],
    ['in an Observable', () => of(E.right(3))],
  ])('[SV227] [PR173] is answered by a handler that gives the answer %s', (_, price) => {
    const { client } = world({ calls: shopAnswers({ price, offers: () => declared('gone', 'yes') }) })
    const peer = client()
    peer.send(call(1, 'price', 'tea'), call(2, 'offers', 1))
    expect(told(peer)).toEqual(['1 last 3', '2 error 1 gone "yes"'])
  })

  it('[SV227] [PR173] is answered by a handler that gives a promise', async () => {
    const answered = Promise.resolve(E.right(3))
    const { client } = world({ calls: shopAnswers({ price: () => answered }) })
    const peer = client()
    peer.send(call(1, 'price', 'tea'))
    await answered
    expect(told(peer)).toEqual(['1 last 3'])
  })

  it('[SV232] is answered in one message with others whose promises are fulfilled at the same moment', async () => {
    let fulfil: (value: Either<never, number>) => void = () => undefined
    const answered = new Promise<Either<never, number>>((resolve) => (fulfil = resolve))
    const { client, server } = world({ scheduler: monotonic, calls: shopAnswers({ price: () => answered }) })
    const peer = client()
    await until('the welcome', () => peer.all('welcome').length === 1)
    peer.send(call(1, 'price', 'tea'), call(2, 'price', 'milk'), call(3, 'price', 'mate'))
    const before = peer.messages().length
    fulfil(E.right(3))
    await until('three replies', () => peer.all('reply').length === 3)
    expect(told(peer)).toEqual(['1 last 3', '2 last 3', '3 last 3'])
    expect(peer.messages().length - before).toBe(1)
    peer.drop()
    server.close().subscribe()
  })

  it('[SV161] gets its input decoded and frozen, and the caller with user, session, roles, room and time', () => {
    const seen: { input: unknown; caller: Caller }[] = []
    const { client } = world({
      authenticate: () => of({ user: 'ann', roles: ['guest'] }),
      calls: [
        ...shopAnswers({
          price: (input, caller) => {
            seen.push({ input, caller })
            return [E.right(1)]
          },
        }),
        ...houseAnswers({ price: () => [E.right(2)] }),
      ],
    })
    const peer = client()
    peer.send(call(1, 'price', 'tea'))
    const { session } = peer.all('welcome')[0]!
    expect(seen).toEqual([
      {
        input: 'tea',
        caller: {
          id: 'c1',
          name: 'price',
          kind: 'query',
          user: 'ann',
          session: session.id,
          roles: ['guest'],
          room: 'r',
          withinMs: 1_000,
        },
      },
    ])
    expect(Object.isFrozen(seen[0]?.caller)).toBe(true)
  })

  it('[SV162] without a room is one of the server, by another handler', () => {
    const { client } = world({
      calls: [...shopAnswers({ price: () => [E.right(1)] }), ...houseAnswers({ price: () => [E.right(2)] })],
    })
    const peer = client()
    const { room: _, ...house } = call(1, 'price', 'tea')
    peer.send(house, call(2, 'price', 'tea'))
    expect(told(peer)).toEqual(['1 last 2', '2 last 1'])
  })

  it('[SV163] [PR173] whose name the server does not know, or as another kind, is refused at once', () => {
    const { client } = world({ calls: shopAnswers({}) })
    const peer = client()
    const { room: _, ...house } = call(3, 'price', 'tea')
    peer.send({ ...call(1, 'price', 'tea'), name: 'nothing' }, { ...call(2, 'price', 'tea'), kind: 'command' }, house)
    expect(told(peer)).toEqual([
      '1 call/unknown-name terminal',
      '2 call/input terminal',
      '3 call/unknown-name terminal',
    ])
  })

  it('[SV163] [PR173] of a server without answers is refused, and its welcome does not list calls', () => {
    const { client } = world()
    const peer = client()
    peer.send(call(1, 'price', 'tea'), call(2, 'buy', 'tea', { again: true }), { t: 'cancel', id: 'x' })
    expect(told(peer)).toEqual(['1 call/unsupported terminal', '2 call/unsupported unknown'])
    expect(peer.all('welcome')[0]).not.toHaveProperty('commands')
    expect(peer.all('welcome')[0]?.can).not.toContain('calls')
    expect(world({ calls: [] }).client().all('welcome')[0]?.can).toContain('calls')
  })

  it('[SV164] [PR183] with an input that does not fit is refused with its place, and quotes little of it', () => {
    let calls = 0
    const { client } = world({
      calls: shopAnswers({
        price: () => {
          calls++
          return [E.right(1)]
        },
      }),
    })
    const peer = client()
    peer.send(call(1, 'price', 7), call(2, 'price', { long: 'x'.repeat(1_000) }), call(3, 'price', undefined))
    const refusals = peer.all('left')
    expect(refusals.map(({ code, kind }) => [code, kind])).toEqual([
      ['call/input', 'terminal'],
      ['call/input', 'terminal'],
      ['call/input', 'terminal'],
    ])
    expect(refusals[0]?.message).toBe('The input of price: expected string, got 7.')
    for (const { message } of refusals) expect(message.length).toBeLessThan(200)
    expect(calls).toBe(0)
  })

  it.each<[string, Handlers['price'], string]>([
    [
      'throws',
      () => {
        throw new Error('the secret of the handler')
      },
      'the secret of the handler',
    ],
    ['errors', () => throwError(() => new Error('the secret of the handler')), 'the secret of the handler'],
    ['completes without an answer', () => EMPTY, 'without an answer'],
    ['answers no Either', () => [7 as never], 'expected an Either, got 7'],
    ['answers nothing', () => undefined as never, 'undefined'],
    ['returns an error that is not declared', () => of(E.left({ error: 'other', value: 1 } as never)), 'not declare'],
    ['returns an error of another form', () => of(declared('gone', 7 as never)), 'the value of its error gone'],
    ['answers an output that does not fit', () => of(E.right('three' as never)), 'its output'],
  ])('[SV165] [PR183] whose handler %s fails without any text, and the application gets it', (_, handler, said) => {
    const { client, faults } = world({
      authenticate: () => of({ user: 'ann' }),
      calls: shopAnswers({ price: handler, buy: (input, caller) => handler(input, caller) }),
    })
    const peer = client()
    peer.send(call(1, 'price', 'tea'), call(2, 'buy', 'tea'))
    expect(told(peer)).toEqual(['1 call/failed terminal', '2 call/failed unknown'])
    expect(JSON.stringify(peer.frames())).not.toContain('secret')
    expect(faults).toMatchObject([
      { where: 'call', id: 'c1', user: 'ann', room: 'r', message: expect.stringContaining(said) as string },
      { where: 'call', id: 'c2' },
    ])
    expect(faults[0]?.message).toContain('price: ')
  })

  it('[SV166] [PR175] is unsubscribed at its deadline, and is late', () => {
    let unsubscribed = 0
    const { client, time } = world({
      calls: shopAnswers({ price: () => new Observable(() => () => void unsubscribed++) }),
    })
    const peer = client()
    peer.send(call(1, 'price', 'tea', { withinMs: 50 }))
    time.advanceBy(49)
    expect([told(peer), unsubscribed]).toEqual([[], 0])
    time.advanceBy(1)
    expect([told(peer), unsubscribed]).toEqual([['1 call/late retry'], 1])
  })

  it('[SV166] [PR175] without a time has that of the remembered commands', () => {
    const { client, time } = world({ memory: { dedupeMs: 5_000 }, calls: shopAnswers({ price: () => NEVER }) })
    const peer = client()
    const { withinMs: _, ...endless } = call(1, 'price', 'tea')
    peer.send(endless, call(2, 'price', 'tea', { withinMs: 2 ** 40 }))
    time.advanceBy(5_000)
    expect(told(peer)).toEqual(['1 call/late retry', '2 call/late retry'])
  })

  it('[SV167] [PR180] ends with its link, and with a cancel on any link of the user', () => {
    let running = 0
    const { client, server } = world({
      authenticate: ({ instance }) => of({ user: instance.startsWith('b') ? 'bob' : 'ann' }),
      calls: shopAnswers({
        price: () =>
          new Observable(() => {
            running++
            return () => void running--
          }),
      }),
    })
    const [one, other, bob] = [client(), client(), client({ session: { instance: 'b', generation: 1 } })]
    one.send(call(1, 'price', 'tea'), call(2, 'price', 'tea'), call(3, 'price', 'tea'))
    expect([running, server.metrics().running]).toEqual([3, 3])
    bob.send({ t: 'cancel', id: 'c1' })
    expect(running).toBe(3)
    other.send({ t: 'cancel', id: 'c1' })
    one.send({ t: 'cancel', id: 'c2' })
    expect(running).toBe(1)
    one.drop()
    expect([running, server.metrics().running]).toEqual([0, 0])
    expect([told(one), told(other)]).toEqual([[], []])
  })

  it('[SV167] [PR180] that several wait for ends with the last link, and a cancel of one is told to all', () => {
    let running = 0
    const { client } = world({
      authenticate: () => of({ user: 'ann' }),
      calls: shopAnswers({
        price: () =>
          new Observable(() => {
            running++
            return () => void running--
          }),
      }),
    })
    const [one, other] = [client(), client()]
    for (const peer of [one, other]) peer.send(call(1, 'price', 'tea'), call(2, 'price', 'tea'))
    one.drop()
    expect(running).toBe(2)
    other.send(call(3, 'price', 'tea', { id: 'c1' }))
    other.send({ t: 'cancel', id: 'c1' })
    expect([running, told(other)]).toEqual([1, ['1 call/cancelled terminal', '3 call/cancelled terminal']])
    other.drop()
    expect(running).toBe(0)
  })

  it('[SV168] [PR176] that comes again while it runs goes on, and answers each link that waits', () => {
    let begun = 0
    const { client, time } = world((clock) => ({
      authenticate: () => of({ user: 'ann' }),
      calls: shopAnswers({
        price: () => {
          begun++
          return timer(100, clock).pipe(map(() => E.right(7)))
        },
      }),
    }))
    const [one, other] = [client(), client()]
    one.send(call(1, 'price', 'tea', { id: 'x' }), call(2, 'price', 'tea', { id: 'x' }))
    other.send(call(3, 'price', 'tea', { id: 'x', again: true }), call(4, 'buy', 'tea', { id: 'x' }))
    time.advanceBy(100)
    expect([told(one), told(other), begun]).toEqual([
      ['1 last 7', '2 last 7'],
      ['4 call/input terminal', '3 last 7'],
      1,
    ])
  })

  it('[SV169] that is asked of a fenced link is not answered there', () => {
    const { socket, time } = world((clock) => ({
      calls: shopAnswers({ price: () => timer(100, clock).pipe(map(() => E.right(7))) }),
    }))
    const [one, other] = [socket(), socket()]
    one.send(hello({ session: { instance: 'i', generation: 1 } }), call(1, 'price', 'tea'))
    other.send(hello({ session: { instance: 'i', generation: 2 } }), call(1, 'price', 'tea', { id: 'c1', again: true }))
    time.advanceBy(100)
    expect([told(one), told(other)]).toEqual([[], ['1 last 7']])
  })

  it('[SV170] [PR184] above the rate, or above the calls that run, is refused until later', () => {
    const { client, time } = world({
      budgets: { user: { calls: { perSecond: 10, burst: 3 }, running: 2 } },
      calls: shopAnswers({ price: () => NEVER }),
    })
    const peer = client()
    peer.send(call(1, 'price', 'a'), call(2, 'price', 'b'), call(3, 'price', 'c'), call(4, 'price', 'd'))
    expect(told(peer)).toEqual(['4 call/rate retry', '3 call/rate retry'])
    expect(peer.all('left').map(({ retryAfterMs }) => retryAfterMs)).toEqual([100, 1_000])
    time.advanceBy(1_000)
    expect(told(peer)).toEqual(['1 call/late retry', '2 call/late retry'])
    peer.send(call(5, 'price', 'e'))
    expect(told(peer)).toEqual([])
  })

  it('[SV171] [PR185] lets a drain wait for its answer, and a stream does not', () => {
    const { client, time, server } = world((clock) => ({
      calls: shopAnswers({ price: () => timer(500, clock).pipe(map(() => E.right(7))), offers: () => NEVER }),
    }))
    const peer = client()
    peer.send(call(1, 'price', 'tea'), call(2, 'offers', 1))
    server.drain()
    time.advanceBy(499)
    expect(peer.closedWith()).toBeUndefined()
    time.advanceBy(1)
    expect(told(peer)).toEqual(['1 last 7'])
    expect(peer.closedWith()).toBe(1012)
  })

  it('[SV172] counts calls, those that run, and failures by their code', () => {
    const { client, server } = world({ calls: shopAnswers({ price: () => NEVER }) })
    const peer = client()
    peer.send(call(1, 'price', 'tea'), call(2, 'price', 7), call(3, 'buy', 'tea'))
    expect(server.metrics()).toMatchObject({ calls: 2, running: 1, causes: { 'call/input': 1 } })
  })

  it('[SV173] [PR183] whose answer is larger than the client takes fails, and the application gets a fault', () => {
    const { client, faults } = world({
      calls: shopAnswers({ offers: () => [E.right('x'.repeat(20_000)), E.right('y')], price: () => [E.right(1)] }),
    })
    const peer = client({ messageBytes: 16_384 })
    peer.send(call(1, 'offers', 1))
    expect(told(peer)).toEqual(['1 gap 1', '1 value 2 "y"', '1 end 3'])
    expect(faults).toMatchObject([{ where: 'call', id: 'c1' }])
  })

  it('[SV174] is unsubscribed when the server closes', () => {
    let running = 0
    const { client, server } = world({
      calls: shopAnswers({
        price: () =>
          new Observable(() => {
            running++
            return () => void running--
          }),
      }),
    })
    client().send(call(1, 'price', 'tea'), call(2, 'price', 'tea'))
    expect(running).toBe(2)
    server.close()
    expect([running, server.metrics().running]).toEqual([0, 0])
  })

  it('[PR186] tells the position of the room after its effect, where the client wants it', () => {
    const { client, server } = world({
      calls: [
        ...shopAnswers({
          price: (_, { room }) => {
            server.publish(room, 'sold', 1)
            return E.right(3)
          },
        }),
        ...houseAnswers({ price: () => E.right(3) }),
      ],
    })
    const peer = client()
    const { room: _, ...house } = call(3, 'price', 'tea', { seen: true })
    peer.send(call(1, 'price', 'tea', { seen: true }), call(2, 'price', 'tea'), house)
    const positions = Object.fromEntries(peer.all('reply').map(({ ch, at }) => [ch, at]))
    expect(positions).toEqual({ 1: { epoch: 'E1', offset: 2 }, 2: undefined, 3: undefined })
  })
})
