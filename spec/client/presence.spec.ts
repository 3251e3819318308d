import * as t from 'io-ts'
import { switchMap, timer } from 'rxjs'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import { presence, presenceOf } from '../../lib/features/presence/index.js'
import { memory } from '../../lib/server/memory.js'
import type { Tables } from '../../lib/server/tables/model.js'
import { memoryTables } from '../../lib/server/tables/memory.js'
import { tableRegistry } from '../../lib/server/tables/registry.js'
import { defaultTableBounds } from '../../lib/server/tables/table.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServer, FakeServerOptions } from '../../lib/testing/fake-server.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { Chat } from '../support/chat.js'
import { changes, lastRoster, states, users } from '../support/roster.js'
import { codeOf, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

const typing = presenceOf({ state: t.type({ typing: t.boolean }) })

/** Two servers over one engine, and a member of the lobby, which is at the first one, and later at the one that is named. */
const moving = () => {
  const time = virtualTime()
  const engine = memory({ scheduler: time, wall: () => time.now() })
  const nodes = ['one', 'two'].map((name) => {
    let ids = 0
    return fakeServer(time, { engine, ids: () => `${name}-${++ids}`, users: { ana: {}, ben: {} } })
  })
  let at = 0
  const ben = nodes[0]!.client({
    url: () => `ws://node-${at}`,
    token: tokens(() => nodes[at]!.token('ben')),
    transport: (request) => nodes[at]!.network.host('ben').transport(request),
  })
  see(ben.room('lobby', Chat).with(presence).members$)
  return {
    time,
    nodes,
    ben,
    use: (node: 0 | 1): void => {
      at = node
    },
  }
}

const stageOf = (options: FakeServerOptions = {}): { readonly time: VirtualTime; readonly server: FakeServer } => {
  const time = virtualTime()
  return { time, server: fakeServer(time, { users: { ana: {}, ben: {}, eve: {} }, ...options }) }
}

describe('room.with(presence)', () => {
  it('[PS1] shows every member with its state, and each change with its cause', () => {
    const { time, server } = stageOf()
    const ana = server.client({ as: 'ana' }).room('lobby', Chat).with(typing)
    const seen = see(ana.members$)
    time.advanceBy(100)
    expect(lastRoster(seen)).toMatchObject({ view: 'all', isComplete: true, isLive: true })
    const [one, two] = [server.client({ as: 'ben' }), server.client({ as: 'ben' })].map((client) =>
      client.room('lobby', Chat).with(typing),
    )
    const late = see(one!.members$)
    see(two!.members$)
    time.advanceBy(100)
    see(two!.me.set({ typing: true }))
    time.advanceBy(200)
    expect(lastRoster(seen).counts).toEqual({ members: 3, users: 2 })
    expect(changes(seen)).toEqual(['ana Joined live', 'ben Joined live', 'ben Joined live', 'ben Updated live'])
    expect(changes(late)).toEqual(['ben Joined live', 'ben Joined live', 'ben Updated live'])
    const roster = lastRoster(seen)
    if (!('members' in roster)) throw new Error(roster.view)
    expect(roster.members.map(({ user, state, isMe }) => [user, state, isMe])).toEqual([
      ['ana', undefined, true],
      ['ben', undefined, false],
      ['ben', { typing: true }, false],
    ])
    expect(new Set(roster.members.map(({ session }) => session)).size).toBe(3)
    expect(Object.isFrozen(roster.members[2]?.state)).toBe(true)
    const third = see(ana.members$)
    expect(users(third)).toEqual(users(seen))
    server.close()
    expect([seen.isComplete(), third.isComplete()]).toEqual([true, true])
  })

  it('[PS1] a member has the head of the log at its join, and keeps it when it comes back', () => {
    const { time, server } = stageOf()
    for (const text of ['a', 'b']) void server.publish('lobby', 'said', { text })
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(100)
    void server.publish('lobby', 'said', { text: 'c' })
    see(server.client({ as: 'ben' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(100)
    const since = (): unknown => {
      const roster = lastRoster(ana)
      return 'members' in roster && roster.members.map((member) => [member.user, member.since])
    }
    expect(since()).toEqual([
      ['ana', 2],
      ['ben', 3],
    ])
    void server.publish('lobby', 'said', { text: 'd' })
    server.drop()
    time.advanceBy(3_000)
    expect(since()).toEqual([
      ['ana', 2],
      ['ben', 3],
    ])
    server.close()
  })

  it('[PS2] [P15] a reconnect in the quiet time is not seen: no change, and no frame to others', () => {
    const { time, server } = stageOf()
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    const ben = server.client({ as: 'ben', host: 'ben' }).room('lobby', Chat).with(typing)
    see(ben.members$)
    see(ben.me.set({ typing: true }))
    time.advanceBy(1_000)
    const [before, wire] = [ana.all.length, tap(server.network)]
    for (let again = 0; again < 5; again++) {
      server.network.host('ben').cut()
      time.advanceBy(30_000)
    }
    expect(ana.all).toHaveLength(before)
    expect([...wire.down('change'), ...wire.down('rows')]).toEqual([])
    expect(states(ana)).toEqual({ ana: undefined, ben: { typing: true } })
    server.close()
  })

  it('[PS2] one that does not come back in the quiet time is leaving, with a time, and then back or gone', () => {
    const { time, server } = stageOf({ presence: { quietMs: 1_000, graceMs: 5_000 } })
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    const host = server.network.host('ben')
    see(server.client({ as: 'ben', host: 'ben' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(1_000)
    const before = ana.all.length
    const goAway = (ms: number): void => {
      host.cut()
      host.refuse(true)
      time.advanceBy(ms)
    }
    goAway(900)
    expect(changes(ana, before)).toEqual([])
    time.advanceBy(200)
    const lostAt = time.now() - 1_100
    const roster = lastRoster(ana)
    expect('members' in roster && roster.members.map(({ leavingAt }) => leavingAt)).toEqual([
      undefined,
      expect.closeTo(lostAt + 6_000, -1.5),
    ])
    host.refuse(false)
    time.advanceBy(20_000)
    expect(changes(ana, before)).toEqual(['ben Leaving live', 'ben Back live'])
    goAway(6_100)
    expect(changes(ana, before)).toEqual(['ben Leaving live', 'ben Back live', 'ben Leaving live', 'ben Left grace'])
    server.close()
  })

  it('[PS3] leave, disconnect, close and a kick are seen at once, with their cause', () => {
    const { time, server } = stageOf()
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(100)
    const come = (): {
      readonly client: ReturnType<FakeServer['client']>
      readonly seen: { readonly stop: () => void }
    } => {
      const client = server.client({ as: 'ben', lingerMs: 0 })
      const seen = see(client.room('lobby', Chat).with(presence).members$)
      time.advanceBy(100)
      return { client, seen }
    }
    const before = ana.all.length
    come().seen.stop()
    time.advanceBy(100)
    void come().client.disconnect()
    time.advanceBy(100)
    void come().client.close()
    time.advanceBy(100)
    come()
    server.kick('lobby', 'ben')
    time.advanceBy(100)
    expect(changes(ana, before)).toEqual(
      ['left', 'left', 'left', 'kicked'].flatMap((cause) => ['ben Joined live', `ben Left ${cause}`]),
    )
    server.close()
  })

  it('[PS3] one who no longer subscribes is no longer seen, though it stays in the room', () => {
    const { time, server } = stageOf()
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    const ben = server.client({ as: 'ben' }).room('lobby', Chat).with(presence)
    const heard = see(ben.on('message'))
    const seen = see(ben.members$)
    time.advanceBy(200)
    expect(users(ana)).toEqual(['ana', 'ben'])
    seen.stop()
    time.advanceBy(200)
    expect(users(ana)).toEqual(['ana'])
    see(ben.me.set({ note: 'here' }))
    time.advanceBy(200)
    expect(states(ana)).toEqual({ ana: undefined, ben: { note: 'here' } })
    const cleared = see(ben.me.clear())
    time.advanceBy(200)
    expect([users(ana), cleared.only(), heard.all]).toEqual([['ana'], E.right(undefined), []])
    server.close()
  })

  it('[PS4] a restart of the server on its data, planned or not, is not seen', () => {
    for (const isPlanned of [true, false]) {
      const { time, server } = stageOf()
      const seen = ['ana', 'ben', 'eve'].map((as) =>
        see(server.client({ as }).room('lobby', Chat).with(presence).members$),
      )
      time.advanceBy(1_000)
      const before = seen.map(({ all }) => all.length)
      if (isPlanned) server.drain({ spreadMs: 1_000 })
      else server.stop()
      time.advanceBy(8_000)
      server.restart()
      time.advanceBy(120_000)
      expect(seen.map((each, at) => changes(each, before[at]))).toEqual([[], [], []])
      expect(seen.map((each) => users(each))).toEqual(Array(3).fill(['ana', 'ben', 'eve']))
      server.close()
    }
  })

  it('[PS4] those who do not come back after the end of their server go with its lease', () => {
    const { time, server } = stageOf({ presence: { leaseMs: 30_000 } })
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    see(server.client({ as: 'ben', host: 'ben' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(1_000)
    server.network.host('ben').refuse(true)
    server.stop()
    server.restart()
    server.network.host('ben').refuse(true)
    const before = ana.all.length
    time.advanceBy(20_000)
    expect([changes(ana, before), users(ana)]).toEqual([[], ['ana', 'ben']])
    time.advanceBy(21_000)
    expect(changes(ana, before)).toEqual(['ben Left node'])
    server.close()
  })

  it('[PS5] [P15] a connection that ends late does not remove a member who is back, at the same server or at another', () => {
    const { time, nodes, ben, use } = moving()
    const ana = see(nodes[0]!.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(1_000)
    const before = ana.all.length
    expect(users(ana)).toEqual(['ben', 'ana'])
    nodes[0]!.network.host('ben').freeze()
    use(1)
    time.advanceBy(300_000)
    expect(see(ben.state$).last()).toMatchObject({ _tag: 'Online' })
    expect(changes(ana, before).filter((change) => !/ben (Leaving|Back)/.test(change))).toEqual([])
    expect(users(ana)).toEqual(['ben', 'ana'])
    for (const node of nodes) node.close()
  })

  it('[PS5] a connection that ends late does not show a member again who was banned at another server', () => {
    const { time, nodes, ben, use } = moving()
    const ana = see(nodes[1]!.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(1_000)
    const before = ana.all.length
    expect(users(ana)).toEqual(['ben', 'ana'])
    use(1)
    nodes[0]!.network.host('ben').cut()
    time.advanceBy(1_500)
    expect(see(ben.state$).last()).toMatchObject({ _tag: 'Online' })
    nodes[1]!.room('lobby').ban('ben')
    time.advanceBy(300_000)
    expect([changes(ana, before), users(ana)]).toEqual([['ben Left banned'], ['ana']])
    for (const node of nodes) node.close()
  })

  it('[PS8] a state that does not fit, is too large, or has no room in time is a Left, and ends nothing', () => {
    const { time, server } = stageOf({ presence: { stateBytes: 64 } })
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    const ben = server.client({ as: 'ben' }).room('lobby', Chat)
    const plain = ben.with(presence)
    const waiting = see(plain.me.set({ early: true }, { withinMs: 500 }))
    time.advanceBy(600)
    expect(codeOf(waiting.only())).toBe('room/timeout')
    see(ben.on('message'))
    time.advanceBy(200)
    expect(states(ana)).toEqual({ ana: undefined, ben: { early: true } })
    const wrong = see(ben.with(typing).me.set({ typing: 'yes' } as never))
    const large = see(plain.me.set({ text: 'x'.repeat(100) }))
    time.advanceBy(500)
    expect([wrong, large].map((each) => codeOf(each.only()))).toEqual(['decode/unsendable', 'room/value-too-large'])
    const fits = see(plain.me.set({ late: true }))
    time.advanceBy(200)
    expect([fits.only(), states(ana)['ben']]).toEqual([E.right(undefined), { late: true }])
    server.drop()
    time.advanceBy(1_000)
    expect(states(ana)['ben']).toEqual({ late: true })
    const foreign = see(server.client({ as: 'eve' }).room('lobby', Chat).with(typing).members$)
    time.advanceBy(200)
    expect(foreign.all.filter(E.isLeft).map((each) => codeOf(each))).toEqual(['decode/payload'])
    expect(states(foreign)).toEqual({ ana: undefined, ben: undefined, eve: undefined })
    server.close()
  })

  it('[PS8] states that follow quickly are left out but for the last one; no connection ends', () => {
    const { time, server } = stageOf()
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    const ben = server.client({ as: 'ben' }).room('lobby', Chat).with(presence)
    see(ben.members$)
    time.advanceBy(1_000)
    const [before, wire] = [ana.all.length, tap(server.network)]
    const sets = Array.from({ length: 200 }, (_, x) => {
      const set = see(ben.me.set({ x }))
      time.advanceBy(10)
      return set
    })
    time.advanceBy(300)
    expect(sets.map((set) => set.only())).toEqual(sets.map(() => E.right(undefined)))
    expect(states(ana)['ben']).toEqual({ x: 199 })
    expect(wire.up('put').length).toBeLessThan(25)
    expect(ana.all.length - before).toBeLessThan(25)
    server.close()
  })

  it('[PS14] a state without place is refused and changes nothing; the member leaves as any other', () => {
    const time = virtualTime()
    const bounds = { ...defaultTableBounds, members: { rows: 2, bytes: 2_000 } }
    let epochs = 0
    const tables = memoryTables(
      tableRegistry(
        bounds,
        () => time.now(),
        () => `E${++epochs}`,
      ),
    )
    const engine = { ...memory({ scheduler: time, wall: () => time.now() }), tables }
    const server = fakeServer(time, { engine, users: { ana: {}, ben: {}, eve: {} } })
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(200)
    const client = server.client({ as: 'ben', host: 'ben' })
    const ben = client.room('lobby', Chat).with(presence)
    see(ben.members$)
    see(ben.me.set({ n: 1 }))
    time.advanceBy(500)
    const large = see(ben.me.set({ text: 'x'.repeat(900) }))
    const eve = server.client({ as: 'eve' }).room('lobby', Chat).with(presence)
    see(eve.messages())
    const third = see(eve.me.set({ n: 3 }))
    time.advanceBy(500)
    expect([large, third].map((each) => codeOf(each.only()))).toEqual(['room/table-full', 'room/table-full'])
    expect(states(ana)).toEqual({ ana: undefined, ben: { n: 1 } })
    const before = ana.all.length
    server.network.host('ben').cut()
    server.network.host('ben').refuse(true)
    time.advanceBy(20_000)
    expect(changes(ana, before).at(-1)).toBe('ben Left grace')
    expect(users(ana)).toEqual(['ana'])
    server.close()
  })

  it('[PS8] a state that was forgotten with its room does not come back', () => {
    for (let seed = 1; seed < 20; seed++) {
      const { time, server } = stageOf({ seed })
      const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
      const room = server.client({ as: 'ben', host: 'ben', lingerMs: 0 }).room('lobby', Chat).with(presence)
      const seen = see(room.members$)
      time.advanceBy(500)
      see(room.me.set({ v: 'old' }))
      seen.stop()
      time.advanceBy(seed % 3)
      server.network.host('ben').cut()
      time.advanceBy(1)
      see(room.members$)
      see(room.me.set({ v: 'new' }))
      time.advanceBy(60_000)
      expect(states(ana)['ben']).toEqual({ v: 'new' })
      server.close()
    }
  })

  it('[PS3] one who hides or disconnects before the server has answered, or while offline, is gone at once', () => {
    const { time, server } = stageOf()
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    const client = server.client({ as: 'ben', host: 'ben' })
    const room = client.room('lobby', Chat).with(presence)
    see(room.on('message'))
    see(room.me.set({ here: true }))
    time.advanceBy(500)
    const before = ana.all.length
    server.network.host('ben').cut()
    const cleared = see(room.me.clear())
    time.advanceBy(1_500)
    expect([cleared.only(), changes(ana, before)]).toEqual([E.right(undefined), ['ben Left left']])
    see(room.me.set({ here: true }))
    time.advanceBy(2)
    void client.disconnect()
    time.advanceBy(200)
    expect(changes(ana, before).slice(1)).toEqual(['ben Joined live', 'ben Left left'])
    server.close()
  })

  it('[PS3] a kick and a revocation reach a member whose connection is lost, and no other', () => {
    for (const cause of ['kicked', 'left']) {
      const { time, server } = stageOf()
      const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
      for (const as of ['ben', 'eve']) see(server.client({ as, host: as }).room('lobby', Chat).with(presence).members$)
      time.advanceBy(500)
      const before = ana.all.length
      for (const host of ['ben', 'eve']) {
        server.network.host(host).cut()
        server.network.host(host).refuse(true)
      }
      time.advanceBy(1_000)
      if (cause === 'kicked') server.kick('lobby', 'ben')
      else server.revoke('ben')
      time.advanceBy(200)
      expect(changes(ana, before)).toEqual([`ben Left ${cause}`])
      server.close()
    }
  })

  it('[PS5] one who leaves and comes back on one connection stays, however late the engine drops the row', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    const tables: Tables = {
      ...plain.tables!,
      write: (id, writes) =>
        timer(writes[0]?._tag === 'Drop' ? 50 : 0, time).pipe(switchMap(() => plain.tables!.write(id, writes))),
    }
    const server = fakeServer(time, { engine: { ...plain, tables }, users: { ana: {}, ben: {} } })
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    const ben = server.client({ as: 'ben', lingerMs: 0 }).room('lobby', Chat).with(presence)
    const first = see(ben.members$)
    time.advanceBy(500)
    first.stop()
    time.advanceBy(5)
    see(ben.members$)
    time.advanceBy(5_000)
    expect(users(ana)).toEqual(['ana', 'ben'])
    server.close()
  })

  it('[PS9] [P15] a return to the same members gets no roster: the last one stays, and is live again', () => {
    const { time, server } = stageOf()
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    see(server.client({ as: 'ben' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(1_000)
    const [before, wire] = [ana.all.length, tap(server.network)]
    server.drop()
    time.advanceBy(1_900)
    expect(ana.all.slice(before).map((each) => [right(each).isLive, right(each).changes.length])).toEqual([
      [false, 0],
      [true, 0],
    ])
    expect([...wire.down('rows'), ...wire.down('change'), ...wire.down('count')]).toEqual([])
    server.close()
  })

  it('[PS9] changes while away come as the true difference, with the cause reconcile where the changes are forgotten', () => {
    const { time, server } = stageOf()
    const ana = see(server.client({ as: 'ana', host: 'ana' }).room('lobby', Chat).with(presence).members$)
    const ben = see(server.client({ as: 'ben', lingerMs: 0 }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(1_000)
    const before = ana.all.length
    server.network.host('ana').cut()
    server.network.host('ana').refuse(true)
    ben.stop()
    time.advanceBy(20_000)
    const eve = see(server.client({ as: 'eve' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(100)
    server.network.host('ana').refuse(false)
    time.advanceBy(60_000)
    expect(users(ana)).toEqual(['eve', 'ana'])
    expect(changes(ana, before)).toEqual(['ben Left left', 'ana Left grace', 'eve Joined live', 'ana Joined live'])
    const later = ana.all.length
    server.network.host('ana').refuse(true)
    server.restart({ engine: 'new' })
    eve.stop()
    see(server.client({ as: 'ben' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(30_000)
    server.network.host('ana').refuse(false)
    time.advanceBy(60_000)
    expect(changes(ana, later).filter((change) => !change.startsWith('ana'))).toEqual([
      'eve Left reconcile',
      'ben Joined reconcile',
    ])
    server.close()
  })

  it('[PS12] a hidden one sees and is not seen; a member without the feature is not seen either', () => {
    const { time, server } = stageOf()
    const hidden = server
      .client({ as: 'eve' })
      .room('lobby', Chat)
      .with(presenceOf({ isHidden: true }))
    const seen = see(hidden.members$)
    see(server.client({ as: 'ben' }).room('lobby', Chat).on('message'))
    const ana = see(server.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
    time.advanceBy(200)
    expect([users(seen), users(ana)]).toEqual([['ana'], ['ana']])
    server.close()
  })

  it('[PS12] without tables, in an invalid room and after the end, everything is a Left', () => {
    const { tables: _tables, ...engine } = memory()
    const { time, server } = stageOf({ engine })
    const client = server.client({ as: 'ana' })
    const room = client.room('lobby', Chat).with(presence)
    const [seen, set] = [see(room.members$), see(room.me.set(1))]
    const invalid = client.room('', Chat).with(presence)
    const views = [
      invalid.view('all'),
      room.view({} as never),
      room.view({ page: { limit: 0 } }),
      room.view('most' as never),
    ]
    time.advanceBy(20_000)
    expect([...seen.all, set.only()].map((each) => codeOf(each))).toEqual(['room/no-tables', 'room/no-tables'])
    expect(views.map((each) => codeOf(each))).toEqual([
      'room/invalid-name',
      'config/invalid',
      'config/invalid',
      'config/invalid',
    ])
    void client.close()
    time.advanceBy(100)
    expect(codeOf(room.view('all'))).toBe('connection/client-closed')
    expect(codeOf(see(room.me.set(2)).all[0]!)).toBe('connection/client-closed')
    server.close()
  })

  it('[PS1] takes null and nothing as no options', () => {
    const { time, server } = stageOf()
    const room = server.client({ as: 'ana' }).room('lobby', Chat)
    const rosters = [presenceOf(null), presenceOf(undefined), presenceOf()].map((feature) =>
      see(feature(room).members$),
    )
    time.advanceBy(200)
    expect(rosters.map((each) => users(each))).toEqual([['ana'], ['ana'], ['ana']])
    server.close()
  })
})
