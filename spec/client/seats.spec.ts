import { NEVER, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import { presence } from '../../lib/features/presence/index.js'
import { creation, seats } from '../../lib/features/room-life/index.js'
import type { Result } from '../../lib/core/result.js'
import { tokens } from '../../lib/kernel/tokens.js'
import { memory } from '../../lib/server/memory.js'
import type { Tables, Write } from '../../lib/server/tables/model.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServer } from '../../lib/testing/fake-server.js'
import { counted } from '../../lib/testing/random.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { byToken, come, limit, namesIn, shown, stageOf, taken } from '../support/capacity.js'
import { Chat } from '../support/chat.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'
import { admission } from '../../lib/features/room-life/admission.js'

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
    expect(error).toMatchObject({ code: 'room/full', data: { freeInMs: expect.closeTo(7_000, -2) as unknown } })
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
    see(eve.room.join(admission({ queue: true })))
    for (let again = 0; again < 5; again++) {
      ana.host.cut()
      time.advanceBy(11_000)
      expect([ana.membership.last()._tag, shown(eve.membership).at(-1)]).toEqual(['In', '1/1'])
    }
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
      see(eve.room.join(admission({ queue: true })))
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

  it('[SQ6] leave, disconnect, close, a kick and a revocation free the seat at once, also one whose client is away', () => {
    const ends: readonly ((server: FakeServer, ana: ReturnType<typeof come>) => unknown)[] = [
      (_, { room }) => room.leave(),
      (_, { client }) => client.disconnect(),
      (_, { client }) => client.close(),
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
        expect(taken(server)).toEqual(isAway && at < 3 ? ['ana'] : [])
        server.close()
      }
    }
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
    see(eve.room.join(admission({ queue: true })))
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

  it('[SQ27] a member that loses its seat leaves the room, also one that has joined with queue, and then waits', () => {
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
    const one = fakeServer(time, { ...byToken, engine, ids: counted('one'), answerMs: 1_000 })
    const two = fakeServer(time, { ...byToken, engine: plain, ids: counted('two') })
    const ana = come(one, 'ana')
    see(ana.room.join(admission({ queue: true })))
    time.advanceBy(1_000)
    isDown = true
    const eve = come(two, 'eve')
    see(eve.room.join(admission({ queue: true })))
    time.advanceBy(60_000)
    isDown = false
    time.advanceBy(60_000)
    expect([shown(ana.membership).slice(-2), shown(eve.membership).at(-1)]).toEqual([['Recovering', '1/1'], 'In'])
    see(eve.room.leave())
    time.advanceBy(1_000)
    expect([shown(ana.membership).at(-1), taken(two)]).toEqual(['In', ['ana']])
    for (const each of [one, two]) each.close()
  })

  it('[SQ28] a reservation that is over takes no seat, also where its row is still there', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    limit(plain, 'lobby', 2)
    const row = (user: string): Write => ({ _tag: 'Put', key: `${user}\n`, value: '[1000]' })
    const server = fakeServer(time, { ...byToken, engine: plain })
    time.advanceBy(1_000)
    see(plain.tables!.write({ of: 'seats', room: 'lobby' }, [row('ben'), row('joe')]) as Observable<unknown>)
    const all = ['ana', 'joe', 'eve'].map((name) => see(come(server, name).room.join()))
    time.advanceBy(100)
    expect([all.map((join) => codeOf(join.only())), taken(server)]).toEqual([
      ['', '', 'room/full'],
      ['ana', 'joe'],
    ])
    server.close()
  })

  it('[SQ29] the row of a reservation goes within a minute after its time, also where no server uses the room', () => {
    const { time, server } = stageOf(1)
    see(server.server().rooms.get('lobby').reserve(['ben'], { forMs: 20_000 }))
    time.advanceBy(15_000)
    expect(taken(server)).toEqual(['ben*'])
    time.advanceBy(65_000)
    see(
      server
        .client({ token: tokens(() => 'joe') })
        .room('other', Chat)
        .with(presence).members$,
    )
    time.advanceBy(100)
    expect(taken(server)).toEqual([])
    server.close()
  })

  it('[SQ36] the drop of a reservation that is over is tried again where it fails', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    limit(plain, 'lobby', 1)
    let isDown = false
    const write: Tables['write'] = (id, writes) =>
      isDown && writes.some((each) => each._tag === 'Drop' && each.cause === 'expired')
        ? of(E.left({ message: 'down' }))
        : plain.tables!.write(id, writes)
    const server = fakeServer(time, { ...byToken, engine: { ...plain, tables: { ...plain.tables!, write } } })
    right(see(server.server().rooms.get('lobby').reserve(['ben'], { forMs: 5_000 })).only())
    isDown = true
    time.advanceBy(7_000)
    isDown = false
    expect(taken(server)).toEqual(['ben*'])
    time.advanceBy(5_000)
    expect(taken(server)).toEqual([])
    server.close()
  })

  it('[SQ30] the end of a room ends its reservations, and a closed room takes none', () => {
    const { time, server } = stageOf(3)
    const room = server.server().rooms.get('lobby')
    see(room.reserve(['ben', 'joe'], { forMs: 3_600_000 }))
    time.advanceBy(60_000)
    see(room.close())
    time.advanceBy(100)
    const late = see(room.reserve(['eve']))
    time.advanceBy(100)
    expect([taken(server), codeOf(late.only())]).toEqual([[], 'room/closed'])
    server.close()
  })

  it('[SQ31] a room has at most 1 000 reservations, of a day at most', () => {
    const { time, server } = stageOf(1)
    const room = server.server().rooms.get('lobby')
    const kept = [0, 1, 2, 3].map((group) => {
      const users = Array.from({ length: 256 }, (_, at) => `user ${group} ${at}`)
      const each = see(room.reserve(users, { beyond: true, forMs: 86_400_000 }))
      time.advanceBy(100)
      return right(each.only()).length
    })
    const known = see(room.reserve(['user 0 0', 'one more'], { beyond: true }))
    const long = see(room.reserve(['ana'], { forMs: 86_400_001 }))
    time.advanceBy(100)
    expect([kept, right(known.only()), codeOf(long.only())]).toEqual([
      [256, 256, 256, 232],
      ['user 0 0'],
      'config/invalid',
    ])
    server.close()
  })

  it('[SQ8] [SV156] a reserved seat is kept for its user until the user takes it, or until its time', () => {
    const { time, server } = stageOf(2)
    const room = server.server().rooms.get('lobby')
    const kept = see(room.reserve(['vip', 'ana', 'late'], { forMs: 10_000 }))
    time.advanceBy(100)
    expect(right(kept.only())).toEqual(['vip', 'ana'])
    expect(taken(server)).toEqual(['ana*', 'vip*'])
    const eve = come(server, 'eve')
    const join = see(eve.room.join(admission({ queue: true })))
    const full = see(come(server, 'joe').room.join())
    time.advanceBy(1_000)
    expect(left(full.only())).toMatchObject({ data: { freeInMs: expect.closeTo(9_900, -2) as unknown } })
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(1_000)
    expect([taken(server), ana.membership.last()._tag, join.all]).toEqual([['ana', 'vip*'], 'In', []])
    time.advanceBy(9_000)
    expect([taken(server), codeOf(join.only())]).toEqual([['ana', 'eve'], ''])
    server.close()
  })

  it('[SQ8] with seat session the reservation of a user is for its first session', () => {
    const { time, server } = stageOf(1, {}, 'session')
    see(server.server().rooms.get('lobby').reserve(['ana']))
    time.advanceBy(100)
    const joins = ['eve', 'ana', 'ana'].map((name, at) => {
      const join = see(come(server, name, `h${at}`).room.join())
      time.advanceBy(100)
      return codeOf(join.only())
    })
    expect(joins).toEqual(['room/full', '', 'room/full'])
    server.close()
  })

  it('[SV157] reserve refuses invalid users and options', () => {
    const { time, server } = stageOf(1)
    const room = server.server().rooms.get('lobby')
    const wrong = [
      room.reserve([]),
      room.reserve([''] as never),
      room.reserve(['a'], { forMs: -1 }),
      room.unreserve('a' as never),
    ]
    time.advanceBy(100)
    expect(wrong.map((each) => codeOf(see<Result<unknown>>(each).only()))).toEqual(Array(4).fill('config/invalid'))
    server.close()
  })

  it('[SQ17] members who are in a room when it gets a capacity have seats', () => {
    const { time, server } = stageOf(1)
    limit(server.engine(), 'lobby', undefined)
    const all = ['ana', 'ben', 'eve'].map((name) => come(server, name))
    for (const { room } of all) see(room.join())
    time.advanceBy(100)
    expect(taken(server)).toEqual([])
    limit(server.engine(), 'lobby', 2)
    time.advanceBy(100)
    expect(taken(server)).toEqual(['ana', 'ben', 'eve'])
    const join = see(come(server, 'joe').room.join())
    time.advanceBy(100)
    expect([codeOf(join.only()), ...all.map(({ membership }) => membership.last()._tag)]).toEqual([
      'room/full',
      'In',
      'In',
      'In',
    ])
    server.close()
  })

  it('[SQ21] a room without a capacity has no rows of seats, and its servers follow no table of them', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    const followed: string[] = []
    const tables: Tables = {
      ...plain.tables!,
      follow: (id, from) => {
        followed.push(id.of)
        return plain.tables!.follow(id, from)
      },
    }
    const server = fakeServer(time, { ...byToken, engine: { ...plain, tables } })
    see(come(server, 'ana').room.join(admission({ queue: true })))
    time.advanceBy(1_000)
    expect(followed.filter((of) => of === 'seats' || of === 'queue')).toEqual([])
    expect(taken(server)).toEqual([])
    server.close()
  })

  it('[SQ18] seats$ shows the counts, and no names, live', () => {
    const { time, server } = stageOf(2)
    const wire = tap(server.network)
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((name) => come(server, name))
    const counts = see(ana!.room.with(seats).seats$)
    const then = (act: () => unknown): unknown => {
      act()
      time.advanceBy(1_000)
      return right(counts.last())
    }
    expect([
      then(() => undefined),
      then(() => see(ben!.room.join())),
      then(() => see(eve!.room.join(admission({ queue: true })))),
      then(() => {
        limit(server.engine(), 'lobby', 3)
      }),
      then(() => {
        limit(server.engine(), 'lobby', undefined)
      }),
    ]).toEqual([
      { of: 2, taken: 1, waiting: 0 },
      { of: 2, taken: 2, waiting: 0 },
      { of: 2, taken: 2, waiting: 1 },
      { of: 3, taken: 3, waiting: 0 },
      { taken: 3, waiting: 0 },
    ])
    expect(new Set(counts.all.map((each) => JSON.stringify(each))).size).toBe(counts.all.length)
    expect(wire.down('rows').filter(({ frame }) => frame.of !== 'room')).toEqual([])
    server.close()
  })

  it('[SQ19] [PR161] who made the room, and who may admit, reserves seats from the client, also beyond the capacity', () => {
    const { time, server } = stageOf(1)
    const host = server.client({ token: tokens(() => 'host') })
    const made = see(host.with(creation).create({ name: 'table', capacity: 1 }))
    const at = (name: string) => server.client({ token: tokens(() => name), lingerMs: 0 }).room('table', Chat)
    const [desk, ana, ben] = [host.room('table', Chat).with(seats), at('ana'), at('ben')]
    time.advanceBy(100)
    expect(codeOf(made.only())).toBe('')
    see(ana.join())
    time.advanceBy(100)
    const waiting = see(ben.join(admission({ queue: true })))
    const foreign = see(ben.with(seats).reserve('ben'))
    const full = see(desk.reserve('ben'))
    time.advanceBy(1_000)
    expect([foreign, full].map((each) => codeOf(each.only()))).toEqual(['room/forbidden', 'room/full'])
    expect(waiting.all).toEqual([])
    const entered = see(desk.join())
    time.advanceBy(100)
    expect(codeOf(entered.only())).toBe('')
    const beyond = see(desk.reserve('ben', { beyond: true, forMs: 5_000 }))
    time.advanceBy(1_000)
    expect([codeOf(beyond.only()), codeOf(waiting.only())]).toEqual(['', ''])
    see(desk.reserve('joe', { beyond: true }))
    const undone = see(desk.unreserve('joe'))
    time.advanceBy(100)
    expect(codeOf(undone.only())).toBe('')
    expect([...namesIn(server.engine(), 'seats', 'table')].sort()).toEqual(['ana', 'ben', 'host'])
    const wrong = [desk.reserve(''), desk.reserve('a', { forMs: -1 }), desk.reserve('a', { beyond: 1 as never })]
    expect(wrong.map((each) => codeOf(see(each).only()))).toEqual(Array(3).fill('config/invalid'))
    server.close()
  })
})
