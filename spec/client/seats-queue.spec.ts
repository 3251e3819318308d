import * as E from '#fp/Either'
import { RoomSeats } from '../../lib/server/life/room-seats.js'
import { memory } from '../../lib/server/memory.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { byToken, come, limit, namesIn, queued, shown, stageOf, taken } from '../support/capacity.js'
import { codeOf, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'
import { admission } from '../../lib/features/room-life/admission.js'

describe('the queue of a room', () => {
  it('[SQ9] [PR156] a join with queue waits, sees its place live, and is in when it is its turn', () => {
    const { time, server } = stageOf(1)
    const wire = tap(server.network)
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(100)
    const [ben, eve] = ['ben', 'eve'].map((name) => {
      const each = come(server, name)
      const join = see(each.room.join(admission({ queue: true })))
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

  it('[SQ10] tabs of one user have one place in the queue, and enter together', () => {
    const { time, server } = stageOf(1)
    const ana = come(server, 'ana')
    see(ana.room.join())
    time.advanceBy(100)
    const tabs = [come(server, 'ben', 'one'), come(server, 'ben', 'two')]
    for (const { room } of tabs) see(room.join(admission({ queue: true })))
    const eve = come(server, 'eve')
    time.advanceBy(1_000)
    see(eve.room.join(admission({ queue: true })))
    time.advanceBy(1_000)
    expect([...tabs, eve].map(({ membership }) => shown(membership).at(-1))).toEqual(['1/2', '1/2', '2/2'])
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect([...tabs, eve].map(({ membership }) => shown(membership).at(-1))).toEqual(['In', 'In', '1/1'])
    server.close()
  })

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
    const join = see(joe.room.join(admission({ queue: true, signal: abort.signal })))
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
    const join = see(joe.room.join(admission({ queue: true, withinMs: 5_000 })))
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

  it('[SQ37] while no seat is free, a change of the queue computes no order of it for seats', () => {
    const serve = jest.spyOn(RoomSeats.prototype, 'serve')
    const { time, server, ana, ben } = queued()
    serve.mockClear()
    const late = ['joe', 'kim', 'leo'].map((name) => {
      const each = come(server, name)
      see(each.room.join(admission({ queue: true })))
      time.advanceBy(1_000)
      return each
    })
    see(late[1]!.room.leave())
    time.advanceBy(1_000)
    expect([serve.mock.calls.length, shown(late[2]!.membership).at(-1)]).toEqual([0, '4/4'])
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect(serve.mock.calls.length).toBeGreaterThan(0)
    expect(shown(ben.membership).at(-1)).toBe('In')
    serve.mockRestore()
    server.close()
  })

  it('[SQ15] [PR156] places are told at most four times a second, and not again where they are the same', () => {
    const { time, server, eve } = queued()
    const wire = tap(server.network)
    const others = Array.from({ length: 20 }, (_, at) => {
      const each = come(server, `u${at}`)
      see(each.room.join(admission({ queue: true })))
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

  it('[SQ8] [SV156] a reservation beyond the capacity lets a user in who waits; a withdrawn one frees the seat', () => {
    const { time, server, ana, ben, eve } = queued()
    const room = server.server().rooms.get('lobby')
    const none = see(room.reserve(['eve']))
    time.advanceBy(100)
    expect(right(none.only())).toEqual([])
    const kept = see(room.reserve(['eve'], { beyond: true }))
    time.advanceBy(1_000)
    expect([right(kept.only()), eve.membership.last()._tag, shown(ben.membership).at(-1)]).toEqual([
      ['eve'],
      'In',
      '1/1',
    ])
    expect(taken(server)).toEqual(['ana', 'eve'])
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect(shown(ben.membership).at(-1)).toBe('1/1')
    see(room.reserve(['ana'], { beyond: true }))
    see(eve.room.leave())
    time.advanceBy(1_000)
    expect([taken(server), shown(ben.membership).at(-1)]).toEqual([['ana*'], '1/1'])
    see(room.unreserve(['ana']))
    time.advanceBy(1_000)
    expect([taken(server), shown(ben.membership).at(-1)]).toEqual([['ben'], 'In'])
    server.close()
  })

  it('[SQ17] a higher capacity lets in who waits, a lower one puts nobody out, none lets all in', () => {
    const { time, server, ana, ben, eve } = queued()
    const words = (): readonly (string | undefined)[] =>
      [ana, ben, eve].map(({ membership }) => shown(membership).at(-1))
    limit(server.engine(), 'lobby', 2)
    time.advanceBy(1_000)
    expect(words()).toEqual(['In', 'In', '1/1'])
    limit(server.engine(), 'lobby', 1)
    see(ana.room.leave())
    time.advanceBy(1_000)
    expect(words()).toEqual(['Out', 'In', '1/1'])
    limit(server.engine(), 'lobby', undefined)
    time.advanceBy(1_000)
    expect(words()).toEqual(['Out', 'In', 'In'])
    server.close()
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
    see(eve.room.join(admission({ queue: true })))
    time.advanceBy(100)
    see(ben.room.join(admission({ queue: true })))
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
