import * as t from 'io-ts'
import { defer, map, Observable, type ObservedValueOf, ReplaySubject, switchMap, take } from 'rxjs'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { leader } from '../../lib/features/leader/index.js'
import { sharedState } from '../../lib/features/shared/index.js'
import { memory } from '../../lib/server/memory.js'
import type { Tables } from '../../lib/server/tables/model.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServerOptions } from '../../lib/testing/fake-server.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { Chat } from '../support/chat.js'
import { lives } from '../support/lives.js'
import { leaders, parts, twoServers } from '../support/leadership.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

type Outcomes = ObservedValueOf<ReturnType<Tables['write']>>

const stageOf = (options: FakeServerOptions = {}) => {
  const time = virtualTime()
  const server = fakeServer(time, { users: { ana: {}, ben: {}, eve: {} }, ...options })
  const roomOf = (as: string) => server.client({ as, host: as, lingerMs: 0 }).room('lobby', Chat).with(leader)
  return { time, server, roomOf }
}

describe('room.with(leader)', () => {
  it('[LD1] the first candidate leads, the others follow; watching alone is no candidacy', () => {
    const { time, server, roomOf } = stageOf()
    const watching = see(roomOf('eve').leader$)
    time.advanceBy(100)
    expect(leaders(watching)).toEqual(['- 0'])
    const room = roomOf('ana')
    const ana = see(room.leadership$)
    time.advanceBy(100)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    expect(parts(ana)).toEqual(['Waiting', 'Leading 1'])
    expect(parts(ben)).toEqual(['Following ana 1'])
    expect(leaders(watching).at(-1)).toBe('ana 1')
    const late = see(room.leader$)
    time.advanceBy(100)
    expect(leaders(late)).toEqual(['ana 1 me'])
    server.close()
    expect([watching, ana, ben, late].map(({ isComplete }) => isComplete())).toEqual([true, true, true, true])
  })

  it('[PR142] [PR143] the table has the leader with its term, and the last term; a candidacy is a put that is answered at once', () => {
    const { time, server, roomOf } = stageOf()
    const wire = tap(server.network)
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(leader).leadership$)
    time.advanceBy(100)
    ana.stop()
    time.advanceBy(200)
    expect(wire.up('put').map(({ frame: { ch: _ch, ...frame } }) => frame)).toEqual([
      { t: 'put', room: 'lobby', of: 'leader', key: 'me', value: null },
      { t: 'put', room: 'lobby', of: 'leader', key: 'me' },
    ])
    expect(wire.down('put.ok').map(({ frame }) => frame.version)).toEqual([0, 0])
    const late = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    expect(parts(late).at(-1)).toBe('Leading 2')
    const changed = wire.down('change').flatMap(({ frame }) => frame.put)
    expect(changed.map(([key, , value]) => [key, value])).toEqual([
      ['term', 1],
      ['leader', ['ana', expect.any(String), 1]],
      ['term', 2],
      ['leader', ['ben', expect.any(String), 2]],
    ])
    expect(
      wire
        .down('rows')
        .at(-1)
        ?.frame.rows.map(([key, , value]) => [key, value]),
    ).toEqual([['term', 1]])
    server.close()
  })

  it('[LD2] [PR143] who withdraws, leaves, closes or is kicked is replaced at once, in the order of standing, with the next term', () => {
    const { time, server, roomOf } = stageOf({ users: { ana: {}, ben: {}, eve: {}, kim: {}, leo: {} } })
    const watching = see(roomOf('leo').leader$)
    const ana = see(roomOf('ana').leadership$)
    time.advanceBy(100)
    const ben = server.client({ as: 'ben', host: 'ben' })
    see(ben.room('lobby', Chat).with(leader).leadership$)
    time.advanceBy(100)
    const kim = server.client({ as: 'kim', host: 'kim' })
    see(kim.room('lobby', Chat).with(leader).leadership$)
    time.advanceBy(100)
    see(roomOf('eve').leadership$)
    time.advanceBy(100)
    ana.stop()
    time.advanceBy(100)
    expect(leaders(watching).at(-1)).toBe('ben 2')
    void ben.disconnect()
    time.advanceBy(100)
    expect(leaders(watching).at(-1)).toBe('kim 3')
    void kim.close()
    time.advanceBy(100)
    expect(leaders(watching).at(-1)).toBe('eve 4')
    server.kick('lobby', 'eve')
    time.advanceBy(100)
    expect(leaders(watching).at(-1)).toBe('- 4')
    server.close()
  })

  it('[LD3] a leader whose connection is lost leads on for the quiet and the grace time, and then the next one does', () => {
    const { time, server, roomOf } = stageOf()
    const watching = see(roomOf('eve').leader$)
    const ana = see(roomOf('ana').leadership$)
    time.advanceBy(100)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    server.network.host('ana').cut()
    time.advanceBy(5_000)
    expect(parts(ana).slice(-3)).toEqual(['Leading 1', 'Leading 1 offline', 'Leading 1'])
    expect(leaders(watching).at(-1)).toBe('ana 1')
    server.network.host('ana').cut()
    server.network.host('ana').refuse(true)
    time.advanceBy(11_000)
    expect(parts(ben).at(-1)).toBe('Following ana 1')
    time.advanceBy(2_000)
    expect(parts(ben).at(-1)).toBe('Leading 2')
    server.network.host('ana').refuse(false)
    time.advanceBy(60_000)
    expect(parts(ana).at(-1)).toBe('Following ben 2')
    server.close()
  })

  it('[LD4] a candidate whose connection is lost keeps its place in the order, and is not chosen meanwhile', () => {
    const { time, server, roomOf } = stageOf({ users: { ana: {}, ben: {}, eve: {}, kim: {} } })
    const ana = see(roomOf('ana').leadership$)
    time.advanceBy(100)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    const eve = see(roomOf('eve').leadership$)
    time.advanceBy(100)
    server.network.host('ben').cut()
    server.network.host('ben').refuse(true)
    ana.stop()
    time.advanceBy(100)
    expect(parts(eve).at(-1)).toBe('Leading 2')
    const kim = see(roomOf('kim').leadership$)
    server.network.host('ben').refuse(false)
    time.advanceBy(3_000)
    eve.stop()
    time.advanceBy(100)
    expect(parts(ben).at(-1)).toBe('Leading 3')
    expect(parts(kim).at(-1)).toBe('Following ben 3')
    server.close()
  })

  it('[LD5] [PR140] a message with the term of the present leader is taken; one with an earlier or a later term is Left, and not executed', () => {
    const { time, server, roomOf } = stageOf()
    const room = roomOf('ana')
    const ana = see(room.leadership$)
    time.advanceBy(100)
    const wire = tap(server.network)
    const taken = see(room.send('message', { text: 'one' }, { term: 1 }))
    time.advanceBy(100)
    expect(right(taken.only()).position.offset).toBe(1)
    expect(wire.up('p').map(({ frame }) => frame[10])).toEqual([1])
    expect(left(later(2)).code).toBe('room/term')
    const next = roomOf('ben')
    see(next.leadership$)
    time.advanceBy(100)
    ana.stop()
    time.advanceBy(100)
    expect(left(later(1))).toMatchObject({ code: 'room/term', kind: 'terminal', executed: 'no', data: { term: 2 } })
    expect(right(later(2, next)).position.offset).toBe(2)
    expect(right(later()).position.offset).toBe(3)
    server.close()

    function later(term?: number, by = room) {
      const sent = see(by.send('message', { text: 'more' }, { term }))
      time.advanceBy(100)
      return sent.only()
    }
  })

  it('[LD6] [PR141] a value of the shared state may carry the term too, and a message of a room without a leader has none', () => {
    const { time, server } = stageOf()
    const room = server
      .client({ as: 'ana', host: 'ana' })
      .room('lobby', Chat)
      .with(leader, sharedState({ n: t.number }))
    const early = see(room.set('n', 0, { term: 1 }))
    time.advanceBy(100)
    expect(left(early.only())).toMatchObject({ code: 'room/term', kind: 'terminal' })
    see(room.leadership$)
    time.advanceBy(100)
    const set = see(room.set('n', 1, { term: 1 }))
    const old = see(room.set('n', 2, { term: 2 }))
    const dropped = see(room.drop('n', { term: 2 }))
    time.advanceBy(100)
    expect(right(set.only())).toMatchObject({ _tag: 'Written' })
    expect([old, dropped].map((each) => left(each.only()).code)).toEqual(['room/term', 'room/term'])
    server.close()
  })

  it('[LD7] a post that a store keeps over a restart of the client keeps its term', () => {
    const { time, life, wire, end } = lives()
    const one = life()
    one.unplug()
    void one.room.post('message', { text: 'late' }, { term: 9 })
    time.advanceBy(1_000)
    one.kill()
    const two = life()
    two.client.connect()
    time.advanceBy(60_000)
    expect(wire.up('p').map(({ frame }) => frame[10])).toEqual([9])
    expect(two.undelivered.all.map(({ error }) => error.code)).toEqual(['room/term'])
    expect(end()).toBe(0)
  })

  it('[LD8] over a restart of the server the leader that comes back leads on, in the same term', () => {
    const { time, server, roomOf } = stageOf()
    const ana = see(roomOf('ana').leadership$)
    time.advanceBy(100)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    server.restart()
    time.advanceBy(60_000)
    expect(parts(ana).at(-1)).toBe('Leading 1')
    expect(parts(ben).at(-1)).toBe('Following ana 1')
    server.drain({ drainMs: 500, spreadMs: 500 })
    time.advanceBy(3_000)
    server.restart()
    time.advanceBy(60_000)
    expect(parts(ana).at(-1)).toBe('Leading 1')
    server.restart()
    server.network.host('ana').refuse(true)
    time.advanceBy(20_000)
    expect(parts(ben).at(-1)).toBe('Following ana 1')
    time.advanceBy(30_000)
    expect(parts(ben).at(-1)).toBe('Leading 2')
    server.close()
  })

  it('[LD9] two servers over one engine have one leader: one that moves to the other leads on, and one of a lost server is replaced', () => {
    const { time, both, use, transport, close } = twoServers()
    const [one, two] = both
    use('ben', 1)
    const client = (user: string) => one.client({ transport: transport(user), token: tokens(() => user), lingerMs: 0 })
    const roomOf = (user: string) => client(user).room('lobby', Chat).with(leader)
    const ana = see(roomOf('ana').leadership$)
    time.advanceBy(100)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    expect([parts(ana).at(-1), parts(ben).at(-1)]).toEqual(['Leading 1', 'Following ana 1'])
    use('ana', 1)
    one.network.host('ana').cut()
    time.advanceBy(60_000)
    expect([parts(ana).at(-1), parts(ben).at(-1)]).toEqual(['Leading 1', 'Following ana 1'])
    two.network.host('ben').cut()
    use('ben', 0)
    time.advanceBy(60_000)
    two.stop()
    time.advanceBy(60_000)
    expect(parts(ben).at(-1)).toBe('Leading 2')
    close()
  })

  it('[LD17] a leader that a drain has sent away leads on, whatever ends meanwhile at the server that it was at', () => {
    const { time, both, use, transport, close } = twoServers()
    const [one, two] = both
    const stand = (user: string) =>
      see(
        one
          .client({ transport: transport(user), token: tokens(() => user), lingerMs: 0 })
          .room('lobby', Chat)
          .with(leader).leadership$,
      )
    const ana = stand('ana')
    time.advanceBy(100)
    stand('kim')
    use('ben', 1)
    const ben = stand('ben')
    time.advanceBy(100)
    expect([parts(ana).at(-1), parts(ben).at(-1)]).toEqual(['Leading 1', 'Following ana 1'])
    one.network.host('kim').refuse(true)
    one.network.host('kim').cut()
    time.advanceBy(10_000)
    use('ana', 1)
    two.network.host('ana').refuse(true)
    const drained = see(one.server().drain({ spreadMs: 100 }))
    // Meanwhile the candidacy of kim ends at the first server, which looks at the row of the leader then.
    time.advanceBy(5_000)
    right(drained.only())
    expect(parts(ben).at(-1)).toBe('Following ana 1')
    two.network.host('ana').refuse(false)
    time.advanceBy(30_000)
    expect([parts(ana).at(-1), parts(ben).at(-1)]).toEqual(['Leading 1', 'Following ana 1'])
    close()
  })

  it('[LD10] a candidate that has withdrawn while offline is replaced when it comes back, wherever it connects', () => {
    const { time, both, use, transport, close } = twoServers()
    const [one] = both
    const room = one
      .client({ transport: transport('ana'), token: tokens(() => 'ana') })
      .room('lobby', Chat)
      .with(leader)
    see(room.on('message'))
    const ana = see(room.leadership$)
    const ben = see(
      one
        .client({ transport: transport('ben'), token: tokens(() => 'ben') })
        .room('lobby', Chat)
        .with(leader).leadership$,
    )
    time.advanceBy(100)
    expect(parts(ana).at(-1)).toBe('Leading 1')
    use('ana', 1)
    one.network.host('ana').cut()
    ana.stop()
    time.advanceBy(2_000)
    expect(parts(ben).at(-1)).toBe('Leading 2')
    close()
  })

  it('[LD11] without tables, in an invalid room, without the permission to publish, and with an invalid term, everything is a Left', () => {
    const { tables: _tables, ...engine } = memory()
    const bare = stageOf({ engine })
    const [one, two] = [see(bare.roomOf('ana').leader$), see(bare.roomOf('ana').leadership$)]
    const sent = see(bare.roomOf('ana').send('message', { text: 'no' }, { term: 1 }))
    bare.time.advanceBy(100)
    expect([codeOf(one.all[0]!), codeOf(two.all[0]!), codeOf(sent.only())]).toEqual([
      'room/no-tables',
      'room/no-tables',
      'room/term',
    ])
    bare.server.close()
    const { time, server, roomOf } = stageOf({ authorize: () => [['read']] })
    const refused = see(roomOf('ana').leadership$)
    const invalid = see(server.client({ as: 'ana' }).room('', Chat).with(leader).leader$)
    const term = see(roomOf('ana').send('message', { text: 'no' }, { term: 0.5 }))
    time.advanceBy(100)
    expect(parts(refused)).toContain('server/delivery-forbidden')
    expect(codeOf(invalid.all[0]!)).toBe('room/invalid-name')
    expect(codeOf(term.only())).toBe('config/invalid')
    server.close()
  })

  it('[LD13] a term that was granted before a later one is not used any more, however late its leader is put', () => {
    const held: (() => void)[] = []
    const { time, engine, both, use, transport, close } = twoServers({}, (scheduler) => {
      const plain = memory({ scheduler, wall: () => scheduler.now() })
      const tables: Tables = {
        ...plain.tables!,
        write: (id, writes) => {
          const answer = plain.tables!.write(id, writes)
          const isHeld = writes.some(({ key, ...write }) => key === 'leader' && JSON.stringify(write).includes('ana'))
          return isHeld
            ? defer(() => new Observable<void>((to) => void held.push(() => to.next()))).pipe(
                take(1),
                switchMap(() => answer),
              )
            : answer
        },
      }
      return { ...plain, tables }
    })
    const roomOf = (user: string) =>
      both[0]
        .client({ transport: transport(user), token: tokens(() => user), lingerMs: 0 })
        .room('lobby', Chat)
        .with(leader)
    use('ben', 1)
    const ana = see(roomOf('ana').leadership$)
    time.advanceBy(100)
    expect(held).toHaveLength(1)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    expect(parts(ben)).toEqual(['Waiting', 'Leading 2'])
    ben.stop()
    time.advanceBy(100)
    held[0]!()
    time.advanceBy(100)
    // The server has taken another term for it.
    expect(parts(ana).at(-1)).toBe('Waiting')
    held[1]!()
    time.advanceBy(100)
    expect(parts(ana).at(-1)).toBe('Leading 3')
    engine.close()
    close()
  })

  it('[LD14] a late answer to the write of a term ends no election: the candidate takes another one', () => {
    const held: (() => void)[] = []
    const { time, engine, both, use, transport, close } = twoServers({}, (scheduler) => {
      const plain = memory({ scheduler, wall: () => scheduler.now() })
      const tables: Tables = {
        ...plain.tables!,
        write: (id, writes) => {
          if (held.length > 0 || !writes.some(({ key }) => key === 'term')) return plain.tables!.write(id, writes)
          // The engine executes it at once, and answers late.
          const answer = new ReplaySubject<Outcomes>(1)
          plain.tables!.write(id, writes).subscribe(answer)
          return new Observable<void>((to) => void held.push(() => to.next())).pipe(
            take(1),
            switchMap(() => answer),
          )
        },
      }
      return { ...plain, tables }
    })
    const roomOf = (user: string) =>
      both[0]
        .client({ transport: transport(user), token: tokens(() => user), lingerMs: 0 })
        .room('lobby', Chat)
        .with(leader)
    use('ben', 1)
    const ana = see(roomOf('ana').leadership$)
    time.advanceBy(100)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    expect(parts(ben)).toEqual(['Waiting', 'Leading 2'])
    ben.stop()
    time.advanceBy(100)
    held[0]!()
    time.advanceBy(1_000)
    expect(parts(ana).at(-1)).toBe('Leading 3')
    engine.close()
    close()
  })

  it('[LD15] the term of the leader holds for its user alone, and without authentication for its session alone', () => {
    for (const authenticate of [({ token = '' }) => [{ user: token }] as const, undefined]) {
      const { time, server } = stageOf({ users: undefined, authenticate })
      const roomOf = (user: string, host: string) =>
        server
          .client({ token: tokens(() => user), host })
          .room('lobby', Chat)
          .with(leader, sharedState({ n: t.number }))
      const [ana, tab, eve] = [roomOf('ana', 'one'), roomOf('ana', 'two'), roomOf('eve', 'three')]
      see(ana.leadership$)
      time.advanceBy(100)
      const all = [ana, tab, eve].flatMap((room) => {
        const [sent, set] = [see(room.send('message', { text: 'x' }, { term: 1 })), see(room.set('n', 1, { term: 1 }))]
        time.advanceBy(100)
        return [codeOf(sent.only()), codeOf(set.only())]
      })
      const [other] = authenticate ? [''] : ['room/term']
      expect(all).toEqual(['', '', other, other, 'room/term', 'room/term'])
      server.close()
    }
  })

  it('[LD16] a leader that may no longer publish is replaced at once, and stands again when it may; it can withdraw meanwhile', () => {
    const { time, server } = stageOf({
      users: { ana: {}, ben: {}, eve: { roles: ['in'] } },
      authorize: ({ roles }) => [roles.includes('out') ? ['read'] : ['read', 'publish']],
    })
    const roomOf = (as: string) => server.client({ as, host: as, lingerMs: 0 }).room('lobby', Chat).with(leader)
    const at = server.server().rooms.get('lobby')
    const after = (act: () => unknown): string | undefined => {
      act()
      time.advanceBy(100)
      return leaders(watching).at(-1)
    }
    const watching = see(roomOf('ana').leader$)
    const eve = roomOf('eve')
    see(eve.on('message'))
    const own = see(eve.leadership$)
    time.advanceBy(100)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(100)
    expect([
      after(() => see(at.mute('eve'))),
      after(() => see(at.unmute('eve'))),
      after(() => {
        ben.stop()
      }),
      after(() => see(server.server().sessions.update('eve', { roles: ['out'] }))),
      after(() => see(server.server().sessions.update('eve', { roles: ['in'] }))),
      after(() => see(at.mute('eve'))),
      after(() => {
        own.stop()
      }),
      after(() => see(at.unmute('eve'))),
    ]).toEqual(['ben 2', 'ben 2', 'eve 3', '- 3', 'eve 4', '- 4', '- 4', '- 4'])
    server.close()
  })

  it('[LD13] a term whose leader was put without an answer is not given to another one', () => {
    let isLost = false
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    const tables: Tables = {
      ...plain.tables!,
      write: (id, writes) => {
        const answer$ = plain.tables!.write(id, writes)
        if (isLost || !writes.some(({ key }) => key === 'leader')) return answer$
        isLost = true
        return answer$.pipe(map(() => E.left({ message: 'the answer was lost' })))
      },
    }
    const server = fakeServer(time, { users: { ana: {}, ben: {} }, engine: { ...plain, tables } })
    const roomOf = (as: string) => server.client({ as, host: as, lingerMs: 0 }).room('lobby', Chat).with(leader)
    const ana = see(roomOf('ana').leadership$)
    time.advanceBy(100)
    const ben = see(roomOf('ben').leadership$)
    time.advanceBy(5_000)
    expect([isLost, parts(ana), parts(ben)]).toEqual([true, ['Waiting', 'Leading 1'], ['Following ana 1']])
    ana.stop()
    time.advanceBy(5_000)
    expect(parts(ben).slice(1)).toEqual(['Waiting', 'Leading 2'])
    server.close()
    plain.close()
  })
})
