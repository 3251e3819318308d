import * as E from '#fp/Either'
import { map, mergeMap, NEVER, Observable, of, Subject, timer } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { CallState } from '../../../lib/server/calls/ledger.js'
import type { Engine } from '../../../lib/server/engine.js'
import { memory } from '../../../lib/server/memory.js'
import { createRoomServer } from '../../../lib/server/server.js'
import { virtualTime } from '../../../lib/testing/virtual.js'
import { hello, rawPeer, type RawPeer } from '../support/peer.js'
import { counted, world, type World } from '../support/world.js'
import { call, type Handlers, shopAnswers, told } from './support.js'

/** The memory of commands that a welcome named. */
const commandsOf = (peer: RawPeer): string => peer.all('welcome')[0]?.commands ?? ''

/** A repetition of the command 1, of this memory. */
const again = (ch: number, commands?: string) =>
  call(ch, 'buy', 'tea', { id: 'c1', again: true, ...(commands !== undefined && { commands }) })

/** A world whose command takes 100 ms, and the number of times that it has begun and was unsubscribed. */
const slow = (): World & { readonly ran: { begun: number; ended: number } } => {
  const ran = { begun: 0, ended: 0 }
  const made = world((time) => ({
    authenticate: () => of({ user: 'ann' }),
    calls: shopAnswers({
      buy: () =>
        new Observable((to) => {
          ran.begun++
          const timed = timer(100, time)
            .pipe(map(() => E.right(7)))
            .subscribe(to)
          return () => {
            ran.ended++
            timed.unsubscribe()
          }
        }),
    }),
  }))
  return { ...made, ran }
}

/** Two servers on one engine, in virtual time. */
const pair = (buy: Handlers['buy'], engine: (plain: Engine) => Engine = (plain) => plain) => {
  const time = virtualTime()
  const rooms = engine(memory({ scheduler: time, wall: time.now, ids: counted('id') }))
  const faults: string[] = []
  const start = () => {
    const server = createRoomServer({
      engine: rooms,
      scheduler: time,
      wall: time.now,
      ids: counted('lease'),
      authenticate: () => of({ user: 'ann' }),
      calls: shopAnswers({ buy }),
    })
    server.faults$.subscribe(({ where, message }) => faults.push(`${where}: ${message}`))
    return server
  }
  const [one, other] = [
    start(),
    createRoomServer({
      engine: rooms,
      scheduler: time,
      wall: time.now,
      ids: counted('other'),
      authenticate: () => of({ user: 'ann' }),
      calls: shopAnswers({ buy }),
    }),
  ]
  const client = (server: typeof one, instance: string): RawPeer => {
    const peer = rawPeer(server)
    peer.send(hello({ session: { instance, generation: 1 } }))
    return peer
  }
  return { time, rooms, faults, one, other, client }
}

describe('a command', () => {
  it('[SV175] [PR177] is answered once it has run, and again with the same answer, without running again', () => {
    const { client, time, ran } = slow()
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    time.advanceBy(100)
    expect(told(peer)).toEqual(['1 last 7'])
    peer.send(again(2, commandsOf(peer)), call(3, 'buy', 'tea', { id: 'c1' }))
    const other = client()
    other.send(again(1))
    expect([told(peer), told(other), ran.begun]).toEqual([['2 last 7', '3 last 7'], ['1 last 7'], 1])
  })

  it('[SV175] [PR177] is refused where its id is that of another call', () => {
    const { client, time } = slow()
    const peer = client()
    peer.send(call(1, 'buy', 'tea'), call(2, 'buy', 'tea', { id: 'c1', room: 'other' }))
    time.advanceBy(100)
    peer.send(call(3, 'buy', 'tea', { id: 'c1', room: 'other' }))
    expect(told(peer)).toEqual(['2 call/input terminal', '1 last 7', '3 call/input terminal'])
  })

  it('[SV175] [PR177] of a client without authentication is that of this client alone', () => {
    let begun = 0
    const { client, socket, time } = world((clock) => ({
      calls: shopAnswers({ buy: () => timer(100, clock).pipe(map(() => E.right(++begun))) }),
    }))
    const [peer, other] = [client(), client()]
    for (const each of [peer, other]) each.send(call(1, 'buy', 'tea'))
    other.send({ t: 'cancel', id: 'c1' })
    time.advanceBy(100)
    expect([told(peer), told(other)]).toEqual([['1 last 1'], []])
    peer.drop()
    const back = socket()
    back.send(hello({ session: { instance: 'i1', generation: 2 } }), again(1))
    expect(told(back)).toEqual(['1 last 1'])
  })

  it('[SV176] [PR177] goes on after its link is lost, and answers the link that asks for it', () => {
    const { client, time, ran } = slow()
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    peer.drop()
    time.advanceBy(50)
    const other = client()
    other.send(again(1, commandsOf(other)))
    time.advanceBy(49)
    expect(told(other)).toEqual([])
    time.advanceBy(1)
    expect([told(other), ran]).toEqual([['1 last 7'], { begun: 1, ended: 1 }])
  })

  it('[SV176] [PR177] that nobody asks for is remembered', () => {
    const { client, time, ran } = slow()
    client().send(call(1, 'buy', 'tea'))
    const peer = client()
    time.advanceBy(5_000)
    peer.send(again(1, commandsOf(peer)))
    expect([told(peer), ran.begun]).toEqual([['1 last 7'], 1])
  })

  it('[SV177] is unsubscribed at its deadline, and then its outcome is not known', () => {
    const { client, time, ran } = slow()
    const peer = client()
    peer.send(call(1, 'buy', 'tea', { withinMs: 60 }))
    time.advanceBy(60)
    expect([told(peer), ran]).toEqual([['1 call/late unknown'], { begun: 1, ended: 1 }])
    time.advanceBy(60)
    peer.send(again(2, commandsOf(peer)))
    expect([told(peer), ran.begun]).toEqual([['2 call/late unknown'], 1])
  })

  it('[SV178] [PR180] that is cancelled while it runs is unsubscribed, and a repetition may have run', () => {
    const { client, time, ran } = slow()
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    time.advanceBy(50)
    peer.send({ t: 'cancel', id: 'c1' })
    expect([told(peer), ran]).toEqual([[], { begun: 1, ended: 1 }])
    peer.send(again(2, commandsOf(peer)))
    expect([told(peer), ran.begun]).toEqual([['2 call/unknown unknown'], 1])
  })

  it('[SV178] [PR180] never runs after a cancel that came before it', () => {
    const { client, ran } = slow()
    const peer = client()
    peer.send({ t: 'cancel', id: 'c1' }, call(1, 'buy', 'tea'))
    expect([told(peer), ran.begun]).toEqual([['1 call/cancelled terminal'], 0])
  })

  it('[SV178] [PR180] never runs after a cancel during the check of its permission', () => {
    let begun = 0
    const { client, time } = world((clock) => ({
      authorize: () => timer(10, clock).pipe(map(() => ['read', 'publish'] as const)),
      calls: shopAnswers({ buy: () => [E.right(++begun)] }),
    }))
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    peer.send({ t: 'cancel', id: 'c1' })
    time.advanceBy(10)
    peer.send(call(2, 'buy', 'tea', { id: 'c1' }))
    expect([told(peer), begun]).toEqual([['2 call/cancelled terminal'], 0])
  })

  it('[SV179] [PR178] of another memory does not run, because it may have run before', () => {
    const { client, ran } = slow()
    const peer = client()
    peer.send(again(1, 'another memory'), { ...again(2), id: 'c8' }, { ...again(3, commandsOf(peer)), id: 'c9' })
    expect([told(peer), ran.begun]).toEqual([['1 call/unknown unknown', '2 call/unknown unknown'], 1])
  })

  it('[SV180] runs on one server only, and the other gives the answer', () => {
    let begun = 0
    const { time, one, other, client } = pair(() => {
      begun++
      return timer(100, time).pipe(map(() => E.right(7)))
    })
    const [first, second] = [client(one, 'a'), client(other, 'b')]
    first.send(call(1, 'buy', 'tea'))
    first.drop()
    second.send(again(1, commandsOf(second)))
    time.advanceBy(100)
    expect([told(second), begun]).toEqual([['1 last 7'], 1])
    const third = client(other, 'c')
    third.send(again(1))
    expect(told(third)).toEqual(['1 last 7'])
  })

  it('[SV180] that runs on another server is late at its deadline', () => {
    const { time, one, other, client } = pair(() => NEVER)
    const [first, second] = [client(one, 'a'), client(other, 'b')]
    first.send(call(1, 'buy', 'tea', { withinMs: 5_000 }))
    second.send({ ...again(1, commandsOf(second)), withinMs: 50 })
    time.advanceBy(50)
    expect(told(second)).toEqual(['1 call/late unknown'])
  })

  it('[SV181] [PR179] of a server that closes or stops is lost: it may have run', () => {
    let unsubscribed = 0
    const { time, one, other, client } = pair(() => new Observable(() => () => void unsubscribed++))
    const [first, second] = [client(one, 'a'), client(other, 'b')]
    first.send(call(1, 'buy', 'tea', { withinMs: 60_000 }))
    second.send(again(1, commandsOf(second)))
    time.advanceBy(10)
    expect(told(second)).toEqual([])
    one.close()
    expect([told(second), unsubscribed]).toEqual([['1 call/unknown unknown'], 1])
    second.send(again(2, commandsOf(second)))
    expect(told(second)).toEqual(['2 call/unknown unknown'])
  })

  it('[SV181] [PR179] runs under a lease that is renewed', () => {
    const { time, one, other, client } = pair(() => timer(300_000, time).pipe(map(() => E.right(7))))
    const [first, second] = [client(one, 'a'), client(other, 'b')]
    first.send(call(1, 'buy', 'tea', { withinMs: 400_000 }))
    second.send({ ...again(1, commandsOf(second)), withinMs: 400_000 })
    time.advanceBy(300_000)
    expect([told(first), told(second)]).toEqual([['1 last 7'], ['1 last 7']])
  })

  it('[SV182] is answered only once its outcome is remembered', () => {
    const settled = new Subject<Either<never, void>>()
    const { client, time } = world({
      engine: (plain) => ({ ...plain, calls: { ...plain.calls!, settle: () => settled } }),
      calls: shopAnswers({ buy: () => [E.right(7)] }),
    })
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    time.advanceBy(100)
    expect(told(peer)).toEqual([])
    settled.next(E.right(undefined))
    expect(told(peer)).toEqual(['1 last 7'])
  })

  it('[SV182] whose outcome the engine does not remember is answered, and the application gets a fault', () => {
    const { client, faults } = world({
      engine: (plain) => ({ ...plain, calls: { ...plain.calls!, settle: () => of(E.left({ message: 'disk full' })) } }),
      calls: shopAnswers({ buy: () => [E.right(7)] }),
    })
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    expect(told(peer)).toEqual(['1 last 7'])
    expect(faults).toMatchObject([{ where: 'engine', message: 'disk full' }])
  })

  it('[SV183] that cannot be claimed does not run; a repetition may have run before', () => {
    let begun = 0
    const { client, faults } = world({
      engine: (plain) => ({ ...plain, calls: { ...plain.calls!, claim: () => of(E.left({ message: 'no answer' })) } }),
      calls: shopAnswers({ buy: () => [E.right(++begun)] }),
    })
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    peer.send(again(2, commandsOf(peer)))
    expect([told(peer), begun]).toEqual([['1 call/unavailable retry', '2 call/unavailable unknown'], 0])
    expect(faults[0]).toMatchObject({ where: 'engine', message: 'no answer' })
  })

  it('[SV183] whose claim was made without an answer counts as unknown', () => {
    let isLost = true
    const { client } = world({
      engine: (plain) => ({
        ...plain,
        calls: {
          ...plain.calls!,
          claim: (claim) =>
            plain.calls!.claim(claim).pipe(map((state) => (isLost ? E.left({ message: 'lost' }) : state))),
        },
      }),
      calls: shopAnswers({ buy: () => [E.right(7)] }),
    })
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    isLost = false
    peer.send(again(2, commandsOf(peer)))
    expect(told(peer)).toEqual(['1 call/unavailable retry', '2 call/unknown unknown'])
  })

  it.each<[CallState, string]>([
    [{ _tag: 'Full' }, 'call/rate retry'],
    [{ _tag: 'Lost' }, 'call/unknown unknown'],
    [{ _tag: 'Cancelled' }, 'call/cancelled terminal'],
    [{ _tag: 'Done', outcome: undefined }, 'call/forgotten terminal'],
    [{ _tag: 'Done', outcome: 'no JSON' }, 'call/forgotten terminal'],
    [{ _tag: 'Done', outcome: '{"of":["buy","r"],"t":"ping","n":1}' }, 'call/forgotten terminal'],
    [{ _tag: 'Done', outcome: '{"of":["buy","r"],"t":"reply","n":1,"is":"last","data":7}' }, 'last 7'],
  ])('[SV184] whose state is %j is answered by %s', (state, said) => {
    const { client } = world({
      engine: (plain) => ({ ...plain, calls: { ...plain.calls!, claim: () => of(E.right(state)) } }),
      calls: shopAnswers({}),
    })
    const peer = client()
    peer.send(call(1, 'buy', 'tea'))
    expect(told(peer)).toEqual([`1 ${said}`])
  })

  it('[SV183] of a link that a newer one has replaced is not claimed', () => {
    let begun = 0
    const { socket, time } = world((clock) => ({
      engine: (plain) => ({
        ...plain,
        tables: {
          ...plain.tables!,
          lease: (...args) => timer(100, clock).pipe(mergeMap(() => plain.tables!.lease(...args))),
        },
      }),
      calls: shopAnswers({ buy: () => [E.right(++begun)] }),
    }))
    const [one, other] = [socket(), socket()]
    one.send(hello({ session: { instance: 'i', generation: 1 } }), call(1, 'buy', 'tea'), call(2, 'buy', 'milk'))
    time.advanceBy(50)
    other.send(hello({ session: { instance: 'i', generation: 2 } }))
    other.send(call(1, 'buy', 'tea', { again: true, commands: commandsOf(other) }))
    time.advanceBy(100)
    expect([told(other), begun]).toEqual([['1 last 1'], 1])
    other.send(call(2, 'buy', 'milk', { again: true, commands: commandsOf(other) }))
    expect([told(other), begun]).toEqual([['2 last 2'], 2])
  })

  it('[SV177] [PR177] whose claim is answered after its deadline does not run', () => {
    let begun = 0
    const { client, time } = world((clock) => ({
      engine: (plain) => ({
        ...plain,
        calls: {
          ...plain.calls!,
          claim: (claim) => timer(100, clock).pipe(mergeMap(() => plain.calls!.claim(claim))),
        },
      }),
      calls: shopAnswers({ buy: () => [E.right(++begun)] }),
    }))
    const peer = client()
    peer.send(call(1, 'buy', 'tea', { withinMs: 50 }))
    time.advanceBy(100)
    peer.send({ ...again(2, commandsOf(peer)) })
    time.advanceBy(100)
    expect([told(peer), begun]).toEqual([['1 call/late retry', '2 call/late retry'], 0])
  })

  it('[SV170] [PR184] whose cancel is beyond the rate is not remembered, and costs the engine nothing', () => {
    let cancels = 0
    const { client } = world({
      budgets: { user: { calls: { perSecond: 1, burst: 10 } } },
      engine: (plain) => ({
        ...plain,
        calls: {
          ...plain.calls!,
          cancel: (key) => {
            cancels++
            return plain.calls!.cancel(key)
          },
        },
      }),
      calls: shopAnswers({}),
    })
    const peer = client()
    for (let n = 0; n < 100; n++) peer.send({ t: 'cancel', id: `c${n}` })
    expect(cancels).toBe(10)
  })

  it('[SV185] [PR178] needs an engine that remembers commands', () => {
    const { client } = world({
      engine: ({ calls: _, ...plain }) => plain,
      calls: shopAnswers({ price: () => [E.right(1)] }),
    })
    const peer = client()
    peer.send(call(1, 'buy', 'tea'), again(2), call(3, 'price', 'tea'))
    expect(told(peer)).toEqual(['1 call/unsupported terminal', '2 call/unknown unknown', '3 last 1'])
    expect(peer.all('welcome')[0]).not.toHaveProperty('commands')
  })

  it('[SV186] [PR179] that comes again and is refused for good never runs, and one that has run gets its outcome', () => {
    let roles: readonly string[] = ['buyer']
    const { client, time, server } = world((clock) => ({
      authenticate: () => of({ user: 'ann', roles }),
      authorize: ({ roles: own }) => of(own.includes('buyer') ? (['read', 'publish'] as const) : (['read'] as const)),
      calls: shopAnswers({ buy: () => timer(100, clock).pipe(map(() => E.right(7))) }),
    }))
    const first = client()
    first.send(call(1, 'buy', 'tea'))
    time.advanceBy(100)
    first.send(call(2, 'buy', 'tea'))
    roles = []
    const peer = client()
    const commands = commandsOf(peer)
    peer.send(again(1, commands), { ...again(2, commands), id: 'c2' }, { ...again(3, commands), id: 'c3' })
    time.advanceBy(100)
    expect(told(peer)).toEqual(['1 last 7', '3 call/forbidden terminal', '2 last 7'])
    server.sessions.update('ann', { roles: ['buyer'] })
    peer.send({ ...again(4, commands), id: 'c3' })
    time.advanceBy(100)
    expect(told(peer)).toEqual(['4 call/cancelled terminal'])
  })

  it('[SV186] [PR179] that comes again and is refused for now may have run', () => {
    const { client } = world({
      budgets: { user: { calls: { perSecond: 10, burst: 1 } } },
      calls: shopAnswers({ buy: () => NEVER }),
    })
    const peer = client()
    peer.send(call(1, 'buy', 'tea'), again(2, commandsOf(peer)), call(3, 'buy', 'tea'))
    expect(told(peer)).toEqual(['2 call/rate unknown', '3 call/rate retry'])
  })
})
