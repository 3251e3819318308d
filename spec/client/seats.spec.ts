import { NEVER, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { memory } from '../../lib/server/memory.js'
import type { Tables } from '../../lib/server/tables/model.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServer, FakeServerOptions } from '../../lib/testing/fake-server.js'
import { counted } from '../../lib/testing/random.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { limit, namesIn, shown } from '../support/capacity.js'
import { Chat } from '../support/chat.js'
import { codeOf, left, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

const byToken = { authenticate: ({ token = '?' }) => [{ user: token }] } satisfies FakeServerOptions

const stageOf = (
  capacity: number,
  options: FakeServerOptions = {},
  seat: 'user' | 'session' = 'user',
): { readonly time: VirtualTime; readonly server: FakeServer } => {
  const time = virtualTime()
  const server = fakeServer(time, { ...byToken, ...options })
  limit(server.engine(), 'lobby', capacity, seat)
  return { time, server }
}

/** A client of a user, at a host of the name of the user. */
const come = (server: FakeServer, name: string, host = name) => {
  const client = server.client({ token: tokens(() => name), host, lingerMs: 0 })
  const room = client.room('lobby', Chat)
  return { client, room, host: server.network.host(host), membership: see(room.membership$) }
}

const taken = (server: FakeServer): readonly string[] => namesIn(server.engine(), 'seats', 'lobby')

describe('seats of a room', () => {
  it('[SQ1] [PR157] a room with a capacity takes so many users; a further one hears room/full with the numbers', () => {
    const { time, server } = stageOf(2)
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((name) => come(server, name))
    const joins = [ana, ben, eve].map((each) => {
      const join = see(each!.room.join())
      time.advanceBy(50)
      return join
    })
    expect(joins.map((each) => codeOf(each.only()))).toEqual(['', '', 'room/full'])
    expect(left(joins[2]!.only())).toMatchObject({ kind: 'retry', data: { seats: 2, waiting: 0 } })
    expect(taken(server)).toEqual(['ana', 'ben'])
    see(ana!.room.leave())
    time.advanceBy(10_000)
    expect(eve!.membership.last()).toMatchObject({ _tag: 'In' })
    expect(taken(server)).toEqual(['ben', 'eve'])
    server.close()
  })

  it('[SQ2] a second tab of a user takes no seat; the seat is free after the last one', () => {
    const { time, server } = stageOf(1)
    const tabs = [come(server, 'ana', 'one'), come(server, 'ana', 'two')]
    for (const { room } of tabs) see(room.join())
    time.advanceBy(100)
    expect(tabs.map(({ membership }) => membership.last()._tag)).toEqual(['In', 'In'])
    see(tabs[0]!.room.leave())
    time.advanceBy(100)
    expect(taken(server)).toEqual(['ana'])
    see(tabs[1]!.room.leave())
    time.advanceBy(100)
    expect(taken(server)).toEqual([])
    server.close()
  })

  it('[SQ3] with seat session each tab takes a seat', () => {
    const { time, server } = stageOf(1, {}, 'session')
    const tabs = [come(server, 'ana', 'one'), come(server, 'ana', 'two')]
    const joins = tabs.map(({ room }) => {
      const join = see(room.join())
      time.advanceBy(50)
      return codeOf(join.only())
    })
    expect(joins).toEqual(['', 'room/full'])
    server.close()
  })

  it('[SQ4] a seat is kept while the connection is lost, for quietMs and graceMs, and the refusal says how long', () => {
    const { time, server } = stageOf(1, { presence: { quietMs: 2_000, graceMs: 10_000 } })
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(100)
    ana.host.cut()
    ana.host.refuse(true)
    time.advanceBy(5_000)
    const eve = come(server, 'eve')
    const join = see(eve.room.join())
    time.advanceBy(100)
    const error = left(join.only())
    expect(error).toMatchObject({ code: 'room/full', data: { freeInMs: expect.closeTo(7_000, -2) } })
    expect(taken(server)).toEqual(['ana'])
    time.advanceBy(8_000)
    expect(taken(server)).toEqual([])
    server.close()
  })

  it('[SQ4] a reconnect within this time goes on with the same seat', () => {
    const { time, server } = stageOf(1)
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(100)
    const eve = come(server, 'eve')
    see(eve.room.join({ queue: true }))
    for (let again = 0; again < 5; again++) {
      ana.host.cut()
      time.advanceBy(11_000)
      expect([ana.membership.last()._tag, shown(eve.membership).at(-1)]).toEqual(['In', '1/1'])
    }
    server.close()
  })

  it('[SQ9] [PR156] a join with queue waits, sees its place live, and is in when it is its turn', () => {
    const { time, server } = stageOf(1)
    const wire = tap(server.network)
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(100)
    const [ben, eve] = ['ben', 'eve'].map((name) => {
      const each = come(server, name)
      const join = see(each.room.join({ queue: true }))
      time.advanceBy(1_000)
      return { ...each, join }
    })
    time.advanceBy(60_000)
    expect([ben!.join.all, eve!.join.all]).toEqual([[], []])
    expect(shown(ben!.membership)).toEqual(['Out', 'Joining', '1/1', '1/2'])
    expect(shown(eve!.membership)).toEqual(['Out', 'Joining', '2/2'])
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect(codeOf(ben!.join.only())).toBe('')
    expect(shown(ben!.membership).at(-1)).toBe('In')
    expect(shown(eve!.membership).at(-1)).toBe('1/1')
    see(ben!.room.leave())
    time.advanceBy(1_000)
    expect(E.isRight(eve!.join.only())).toBe(true)
    expect(taken(server)).toEqual(['eve'])
    expect(namesIn(server.engine(), 'queue', 'lobby')).toEqual([])
    expect(wire.down('waiting').map(({ frame: { place, of } }) => [place, of])).toEqual([
      [1, 1],
      [1, 2],
      [2, 2],
      [1, 1],
    ])
    server.close()
  })

  it('[SQ3] without authentication each session takes a seat', () => {
    const { time, server } = stageOf(1, { authenticate: undefined })
    const joins = ['one', 'two'].map((host) => {
      const join = see(server.client({ host }).room('lobby', Chat).join())
      time.advanceBy(50)
      return codeOf(join.only())
    })
    expect(joins).toEqual(['', 'room/full'])
    server.close()
  })

  it('[SQ5] a seat is kept over a stop of its server for the lease time, and then free', () => {
    for (const isBack of [true, false]) {
      const { time, server } = stageOf(1, { presence: { leaseMs: 30_000 } })
      const ana = come(server, 'ana')
      see(ana.room.join())
      time.advanceBy(1_000)
      server.stop()
      if (!isBack) ana.client.disconnect()
      time.advanceBy(5_000)
      server.restart()
      const eve = come(server, 'eve')
      see(eve.room.join({ queue: true }))
      time.advanceBy(60_000)
      expect([ana.membership.last()._tag, shown(eve.membership).at(-1)]).toEqual(
        isBack ? ['In', '1/1'] : ['Recovering', 'In'],
      )
      server.close()
    }
  })

  it('[SQ5] the seats of a server that has stopped for good refuse nobody', () => {
    const { time, server } = stageOf(1)
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(1_000)
    ana.client.close()
    server.stop()
    time.advanceBy(60_000)
    server.restart()
    const join = see(come(server, 'eve').room.join())
    time.advanceBy(100)
    expect(codeOf(join.only())).toBe('')
    server.close()
  })

  it('[SQ6] leave, a kick and a revocation free the seat at once, also one whose client is away', () => {
    const ends: readonly ((server: FakeServer, ana: ReturnType<typeof come>) => unknown)[] = [
      (_, { room }) => room.leave(),
      (server) => server.kick('lobby', 'ana'),
      (server) => server.server().sessions.revoke('ana'),
    ]
    for (const [at, end] of ends.entries()) {
      for (const isAway of [false, true]) {
        const { time, server } = stageOf(1)
        const ana = come(server, 'ana')
        see(ana.room.join())
        time.advanceBy(100)
        if (isAway) {
          ana.host.refuse(true)
          ana.host.cut()
          time.advanceBy(100)
        }
        end(server, ana)
        time.advanceBy(100)
        // The server does not hear a client that is away.
        expect(taken(server)).toEqual(isAway && at === 0 ? ['ana'] : [])
        server.close()
      }
    }
  })

  it.each(['disconnect', 'close'] as const)('[SQ6] %s of the client frees the seat at once', (how) => {
    const { time, server } = stageOf(1)
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(500)
    ana.client[how]()
    time.advanceBy(500)
    expect(taken(server)).toEqual([])
    server.close()
  })

  it('[SQ7] who may admit enters a full room, and keeps the seat over a loss', () => {
    const { time, server } = stageOf(1, {
      authorize: ({ user }) => [['read', 'publish', 'history', ...(user === 'host' ? (['admit'] as const) : [])]],
    })
    const [ana, host] = [come(server, 'ana'), come(server, 'host')]
    see(ana.room.join())
    time.advanceBy(100)
    see(host.room.join())
    time.advanceBy(100)
    expect(taken(server)).toEqual(['ana', 'host'])
    host.host.cut()
    time.advanceBy(5_000)
    expect([host.membership.last()._tag, ana.membership.last()._tag]).toEqual(['In', 'In'])
    see(ana.room.leave())
    const eve = see(come(server, 'eve').room.join())
    time.advanceBy(100)
    expect(codeOf(eve.only())).toBe('room/full')
    server.close()
  })

  it('[SQ10] tabs of one user have one place in the queue, and enter together', () => {
    const { time, server } = stageOf(1)
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(100)
    const tabs = [come(server, 'ben', 'one'), come(server, 'ben', 'two')]
    for (const { room } of tabs) see(room.join({ queue: true }))
    const eve = come(server, 'eve')
    time.advanceBy(1_000)
    see(eve.room.join({ queue: true }))
    time.advanceBy(1_000)
    expect([...tabs, eve].map(({ membership }) => shown(membership).at(-1))).toEqual(['1/2', '1/2', '2/2'])
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect([...tabs, eve].map(({ membership }) => shown(membership).at(-1))).toEqual(['In', 'In', '1/1'])
    server.close()
  })

  /** A full room with two who wait. */
  const queued = (options: FakeServerOptions = {}) => {
    const { time, server } = stageOf(1, options)
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((name) => {
      const each = come(server, name)
      const join = see(each.room.join({ queue: true }))
      time.advanceBy(1_000)
      return { ...each, join }
    })
    return { time, server, ana: ana!, ben: ben!, eve: eve! }
  }

  it('[SQ11] [PR158] a lost connection keeps the place for quietMs, and nobody overtakes meanwhile; later it is given up', () => {
    for (const awayMs of [1_000, 3_000]) {
      const { time, server, ana, ben, eve } = queued({ presence: { quietMs: 2_000 } })
      ben.host.refuse(true)
      ben.host.cut()
      time.advanceBy(100)
      see(ana.room.leave())
      const joe = come(server, 'joe')
      const join = see(joe.room.join())
      time.advanceBy(awayMs - 100)
      const isKept = awayMs < 2_000
      expect(codeOf(join.only())).toBe('room/full')
      expect([...taken(server)]).toEqual(isKept ? [] : ['eve'])
      ben.host.refuse(false)
      time.advanceBy(10_000)
      expect([ben, eve].map(({ membership }) => shown(membership).at(-1))).toEqual(
        isKept ? ['In', '1/1'] : ['1/1', 'In'],
      )
      server.close()
    }
  })

  it('[SQ11] leave and an aborted join give the place up at once', () => {
    const { time, server, ben, eve } = queued()
    see(ben.room.leave())
    time.advanceBy(1_000)
    expect(codeOf(ben.join.only())).toBe('room/left')
    expect(shown(eve.membership).at(-1)).toBe('1/1')
    const abort = new AbortController()
    const joe = come(server, 'joe')
    const join = see(joe.room.join({ queue: true, signal: abort.signal }))
    time.advanceBy(1_000)
    expect(shown(eve.membership).at(-1)).toBe('1/2')
    abort.abort()
    time.advanceBy(1_000)
    expect([codeOf(join.only()), shown(joe.membership).at(-1), shown(eve.membership).at(-1)]).toEqual([
      'room/aborted',
      'Out',
      '1/1',
    ])
    server.close()
  })

  it('[SQ12] [PR159] withinMs ends the wait of the call alone: the place stays with the hold', () => {
    const { time, server, ana } = queued()
    const joe = come(server, 'joe')
    const join = see(joe.room.join({ queue: true, withinMs: 5_000 }))
    time.advanceBy(6_000)
    expect([codeOf(join.only()), shown(joe.membership).at(-1)]).toEqual(['room/timeout', '3/3'])
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect(shown(joe.membership).at(-1)).toBe('2/2')
    server.close()
  })

  it('[SQ12] a subscription waits too, once a join has asked for it; an answer of another join ends no wait', () => {
    const { time, server, ana, ben, eve } = queued()
    const heard = see(ben.room.on('message'))
    const again = see(ben.room.join())
    ben.host.cut()
    time.advanceBy(1_500)
    expect(shown(ben.membership).at(-1)).toBe('1/2')
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect([ben.join, again].map((each) => codeOf(each.only()))).toEqual(['', ''])
    see(ben.room.send('message', { text: 'hi' }))
    time.advanceBy(100)
    expect([heard.all.length, eve.join.all.length]).toEqual([1, 0])
    server.close()
  })

  it('[SQ13] a kick, and the loss of the permission, end the wait', () => {
    let isAllowed = true
    const { time, server, ben, eve } = queued({ authorize: () => [isAllowed ? ['read', 'publish'] : []] })
    server.kick('lobby', 'ben')
    time.advanceBy(1_000)
    expect([codeOf(ben.join.only()), shown(eve.membership).at(-1)]).toEqual(['room/kicked', '1/1'])
    isAllowed = false
    server.update('eve', { roles: ['none'] })
    time.advanceBy(1_000)
    expect(codeOf(eve.join.only())).toBe('room/forbidden')
    expect(namesIn(server.engine(), 'queue', 'lobby')).toEqual([])
    server.close()
  })

  it('[SQ14] [PR160] a drain does not wait for those who wait, and they keep their places at the next server', () => {
    const { time, server, ana, ben, eve } = queued()
    const drained = see(server.server().drain({ spreadMs: 100 }))
    time.advanceBy(300)
    expect(codeOf(drained.only())).toBe('')
    server.restart()
    time.advanceBy(8_000)
    expect([ana, ben, eve].map(({ membership }) => shown(membership).at(-1))).toEqual(['In', '1/2', '2/2'])
    server.close()
  })

  it('[SQ15] [PR156] places are told at most four times a second, and not again where they are the same', () => {
    const { time, server, eve } = queued()
    const wire = tap(server.network)
    const others = Array.from({ length: 20 }, (_, at) => {
      const each = come(server, `u${at}`)
      see(each.room.join({ queue: true }))
      time.advanceBy(20)
      return each
    })
    for (const { room } of others) {
      see(room.leave())
      time.advanceBy(20)
    }
    time.advanceBy(5_000)
    expect(shown(eve.membership).at(-1)).toBe('2/2')
    const byLink = new Map<number, number[]>()
    for (const { link, at } of wire.down('waiting')) byLink.set(link, [...(byLink.get(link) ?? []), at])
    for (const times of byLink.values()) {
      expect(times.length).toBeLessThan(8)
      times.slice(1).forEach((at, before) => expect(at - times[before]!).toBeGreaterThanOrEqual(250))
    }
    server.close()
  })

  it('[SQ16] where the engine fails a join is refused for now, and a seat that was lost with the lease is asked for again', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    const { tables } = plain
    let isDown = false
    const down = <T>(works: () => T): T | Observable<never> => (isDown ? NEVER : works())
    const engine = {
      ...plain,
      tables: {
        ...tables!,
        lease: (...given: Parameters<Tables['lease']>) => down(() => tables!.lease(...given)),
        write: (...given: Parameters<Tables['write']>) => down(() => tables!.write(...given)),
      },
    }
    limit(plain, 'lobby', 1)
    limit(plain, 'other', 1)
    const one = fakeServer(time, { ...byToken, engine, ids: counted('one'), answerMs: 1_000 })
    const two = fakeServer(time, { ...byToken, engine: plain, ids: counted('two') })
    const ana = come(one, 'ana')
    see(ana.room.join())
    time.advanceBy(1_000)
    isDown = true
    const eve = come(two, 'eve')
    see(eve.room.join({ queue: true }))
    time.advanceBy(60_000)
    // The lease of the first server is over, so its seat is free.
    expect([shown(ana.membership).at(-1), shown(eve.membership).at(-1)]).toEqual(['In', 'In'])
    const join = see(
      one
        .client({ token: tokens(() => 'joe') })
        .room('other', Chat)
        .join(),
    )
    time.advanceBy(3_000)
    expect(codeOf(join.only())).toBe('room/unavailable')
    isDown = false
    time.advanceBy(30_000)
    expect(shown(ana.membership).at(-1)).toBe('room/full')
    expect(taken(two)).toEqual(['eve'])
    for (const each of [one, two]) each.close()
  })

  it('[SQ20] over two servers and one engine the seats and the queue are the same', () => {
    const time = virtualTime()
    const engine = memory({ scheduler: time, wall: () => time.now() })
    limit(engine, 'lobby', 1)
    const nodes = ['one', 'two'].map((name) => {
      let ids = 0
      return fakeServer(time, { ...byToken, engine, ids: () => `${name}-${++ids}` })
    })
    const ana = come(nodes[0]!, 'ana')
    const [ben, eve] = [come(nodes[0]!, 'ben'), come(nodes[1]!, 'eve')]
    see(ana.room.join())
    time.advanceBy(100)
    see(eve.room.join({ queue: true }))
    time.advanceBy(100)
    see(ben.room.join({ queue: true }))
    time.advanceBy(1_000)
    expect([shown(ben.membership).at(-1), shown(eve.membership).at(-1)]).toEqual(['2/2', '1/2'])
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect([shown(ben.membership).at(-1), shown(eve.membership).at(-1)]).toEqual(['1/1', 'In'])
    see(eve.room.leave())
    time.advanceBy(1_000)
    expect(shown(ben.membership).at(-1)).toBe('In')
    for (const node of nodes) node.close()
  })
})
