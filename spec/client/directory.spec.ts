import { Observable, of, switchMap, take } from 'rxjs'
import * as E from '#fp/Either'
import { roomLife } from '../../lib/features/room-life/index.js'
import { anything } from '../../lib/contract/contract.js'
import { directory } from '../../lib/features/directory/index.js'
import { presence } from '../../lib/features/presence/index.js'
import { signals } from '../../lib/features/signals/index.js'
import { port as portKey, portOf } from '../../lib/client/port.js'
import { memory } from '../../lib/server/memory.js'
import type { Tables } from '../../lib/server/tables/model.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServer } from '../../lib/testing/fake-server.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { hold, listed, viewer, withoutTable } from '../support/directory.js'
import { lifeStage, twoServers } from '../support/life.js'
import { codeOf, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

describe('client.with(directory)', () => {
  it('[DR1] shows the visible rooms with what they list, and each change', () => {
    const { time, server } = lifeStage()
    const ana = viewer(server, 'ana')
    const seen = see(ana.rooms$())
    time.advanceBy(100)
    expect(listed(seen)).toEqual([])
    see(
      ana.create({
        name: 'den',
        capacity: 4,
        closesAt: 9_000_000,
        metadata: { mode: 'duel', secret: 'x' },
        listed: ['mode'],
      }),
    )
    see(ana.create({ name: 'attic', visible: false }))
    time.advanceBy(100)
    expect(right(seen.last()).rooms).toEqual([
      {
        name: 'den',
        open: true,
        members: 0,
        users: 0,
        capacity: 4,
        taken: 0,
        closesAt: 9_000_000,
        metadata: { mode: 'duel' },
      },
    ])
    expect(right(seen.last())).toMatchObject({ total: 1, isComplete: true, isLive: true, changed: ['den'], gone: [] })
    const life = ana.room('den', anything).with(roomLife)
    see(life.update({ open: false, metadata: { mode: 'team' } }))
    time.advanceBy(100)
    expect(right(seen.last()).rooms).toMatchObject([{ name: 'den', open: false, metadata: { mode: 'team' } }])
    see(life.update({ visible: false }))
    time.advanceBy(100)
    expect(right(seen.last())).toMatchObject({ rooms: [], total: 0, gone: ['den'] })
    see(life.update({ visible: true }))
    time.advanceBy(100)
    expect(listed(seen)).toEqual(['den 0/0'])
    see(life.close())
    time.advanceBy(100)
    expect(listed(seen)).toEqual([])
    expect(seen.all.every(E.isRight)).toBe(true)
    server.close()
    expect(seen.isComplete()).toBe(true)
  })

  it('[DR1] [PW3] shows that a room has a password, as long as it has one, and nothing of it', () => {
    const { time, server } = lifeStage()
    const ana = viewer(server, 'ana')
    const wire = tap(server.network)
    const seen = see(ana.rooms$())
    see(ana.create({ name: 'den', password: 'sesame' }))
    see(ana.create({ name: 'hall' }))
    time.advanceBy(100)
    const open = { open: true, members: 0, users: 0, metadata: {} }
    expect(right(seen.last()).rooms).toEqual([
      { ...open, name: 'den', hasPassword: true },
      { ...open, name: 'hall' },
    ])
    see(ana.room('den', anything).with(roomLife).update({ password: null }))
    see(ana.room('hall', anything).with(roomLife).update({ password: 'sesame' }))
    time.advanceBy(100)
    expect(right(seen.last()).rooms).toEqual([
      { ...open, name: 'den' },
      { ...open, name: 'hall', hasPassword: true },
    ])
    expect(JSON.stringify([wire.down('rows'), wire.down('change'), seen.all])).not.toMatch(/sesame|passwordHash/)
    server.close()
  })

  it('[DR2] counts the sessions in a room, and their users, a few times a second', () => {
    const { time, server } = lifeStage()
    const ana = viewer(server, 'ana')
    see(ana.create({ name: 'den' }))
    const seen = see(ana.rooms$())
    time.advanceBy(100)
    const first = seen.all.length
    const [one] = [hold(server, 'ben', 'den'), hold(server, 'ben', 'den'), hold(server, 'eve', 'den')]
    time.advanceBy(1_000)
    expect(listed(seen)).toEqual(['den 3/2'])
    expect(seen.all.length - first).toBeLessThanOrEqual(2)
    one.stop()
    time.advanceBy(1_000)
    expect(listed(seen)).toEqual(['den 2/2'])
    server.close()
  })

  it('[DR3] [PR144] prefix, where and limit are applied by the server: no other room is sent', () => {
    const { time, server } = lifeStage()
    const ana = viewer(server, 'ana')
    const wire = tap(server.network)
    const seen = {
      prefix: see(ana.rooms$({ prefix: 'game/' })),
      where: see(ana.rooms$({ where: { mode: 'duel', ranked: true } })),
      limit: see(ana.rooms$({ limit: 2 })),
      both: see(ana.rooms$({ prefix: 'game/', where: { mode: null } })),
    }
    time.advanceBy(100)
    const make = (name: string, metadata: object): void => {
      see(ana.create({ name, metadata: { ...metadata }, listed: ['mode', 'ranked'] }))
      time.advanceBy(100)
    }
    make('game/2', { mode: 'duel', ranked: true })
    make('den', { mode: 'duel', ranked: 1 })
    make('game/1', { mode: null })
    make('attic', {})
    expect(listed(seen.prefix)).toEqual(['game/1 0/0', 'game/2 0/0'])
    expect(listed(seen.where)).toEqual(['game/2 0/0'])
    expect(listed(seen.limit)).toEqual(['attic 0/0', 'den 0/0'])
    expect(right(seen.limit.last())).toMatchObject({ total: 4, isComplete: false })
    expect(listed(seen.both)).toEqual(['game/1 0/0'])
    const sent = wire.down('change').filter(({ frame }) => frame.of !== 'rooms 3')
    expect(sent.flatMap(({ frame }) => frame.put.map(([key]) => `${frame.of}: ${key}`)).sort()).toEqual([
      'rooms 1: game/1',
      'rooms 1: game/2',
      'rooms 2: game/2',
      'rooms 4: game/1',
    ])
    const life = ana.room('game/2', anything).with(roomLife)
    see(life.update({ metadata: { mode: 'team' } }))
    time.advanceBy(100)
    expect(right(seen.where.last())).toMatchObject({ rooms: [], gone: ['game/2'] })
    expect(wire.up('view').map(({ frame }) => frame.of)).toEqual(['rooms 1', 'rooms 2', 'rooms 3', 'rooms 4'])
    const again = see(ana.rooms$({ prefix: 'game/' }))
    expect(listed(again)).toEqual(listed(seen.prefix))
    server.close()
  })

  it('[DR4] occupancy$ is one room, without joining it, while it is listed', () => {
    const { time, server } = lifeStage()
    const ana = viewer(server, 'ana')
    const wire = tap(server.network)
    const seen = see(ana.occupancy$('den\n7'))
    time.advanceBy(100)
    expect(right(seen.last())).toBeUndefined()
    see(viewer(server, 'ben').create({ name: 'den\n7', capacity: 2 }))
    see(viewer(server, 'eve').create({ name: 'den' }))
    hold(server, 'eve', 'den\n7')
    time.advanceBy(1_000)
    expect(right(seen.last())).toEqual({
      name: 'den\n7',
      open: true,
      members: 1,
      users: 1,
      capacity: 2,
      taken: 1,
      metadata: {},
    })
    expect(wire.joins().filter(({ frame }) => frame.room === '@rooms')).toHaveLength(1)
    server.close()
  })

  it('[DR5] [SV150] the option list decides what a session sees: all, none, or room by room; a failure shows nothing', () => {
    const faults: string[] = []
    const { time, server } = lifeStage({
      users: { ana: { roles: ['staff'] }, ben: {}, eve: {} },
      list: ({ user, roles }) => {
        if (user === 'eve') throw new Error('who is eve?')
        return [roles.includes('staff') || (roles.includes('none') ? false : ({ name }) => !name.startsWith('staff/'))]
      },
    })
    server.server().faults$.subscribe(({ message }) => faults.push(message))
    const ana = viewer(server, 'ana')
    const seen = see(ana.rooms$())
    const ben = see(viewer(server, 'ben').rooms$())
    const eve = see(viewer(server, 'eve').rooms$())
    time.advanceBy(100)
    const wire = tap(server.network)
    for (const name of ['staff/1', 'den']) see(ana.create({ name }))
    time.advanceBy(100)
    expect([listed(seen), listed(ben), listed(eve)]).toEqual([['den 0/0', 'staff/1 0/0'], ['den 0/0'], []])
    expect(faults).toEqual(['list: who is eve?'])
    expect(wire.down('change').filter(({ frame }) => JSON.stringify(frame).includes('staff/1'))).toHaveLength(1)
    server.update('ben', { roles: ['staff'] })
    time.advanceBy(100)
    expect(listed(ben)).toEqual(['den 0/0', 'staff/1 0/0'])
    server.update('ben', { roles: ['none'] })
    time.advanceBy(100)
    expect(right(ben.last()).rooms).toEqual([])
    expect([...right(ben.last()).gone].sort()).toEqual(['den', 'staff/1'])
    server.close()
  })

  it('[DR6] after a lost connection nothing is sent for what has not changed, and otherwise the difference', () => {
    const { time, server } = lifeStage()
    const ana = viewer(server, 'ana')
    for (const name of ['den', 'attic']) see(viewer(server, 'ben').create({ name }))
    const seen = [see(ana.rooms$()), see(ana.rooms$({ prefix: 'd' }))]
    time.advanceBy(200)
    const wire = tap(server.network)
    server.network.host('ana').cut()
    time.advanceBy(5_000)
    expect([wire.down('rows'), wire.down('change')]).toEqual([[], []])
    server.network.host('ana').cut()
    time.advanceBy(1)
    expect(listed(seen[0]!)).toEqual(['attic 0/0?', 'den 0/0?'])
    see(viewer(server, 'eve').create({ name: 'dust' }))
    time.advanceBy(5_000)
    expect(seen.map(listed)).toEqual([
      ['attic 0/0', 'den 0/0', 'dust 0/0'],
      ['den 0/0', 'dust 0/0'],
    ])
    expect(wire.down('rows')).toEqual([])
    expect(right(seen[0]!.last()).changed).toEqual(['dust'])
    server.close()
  })

  it('[DR7] two servers over one engine have one directory; members of one that is lost are counted until its lease ends', () => {
    const { time, one, two } = twoServers()
    see(viewer(one, 'ana').create({ name: 'den' }))
    const seen = [see(viewer(one, 'ana').rooms$()), see(viewer(two, 'eve').rooms$())]
    time.advanceBy(100)
    hold(one, 'ana', 'den')
    hold(two, 'ben', 'den')
    hold(two, 'ana', 'den')
    time.advanceBy(1_000)
    expect(seen.map(listed)).toEqual([['den 3/2'], ['den 3/2']])
    two.stop()
    time.advanceBy(10_000)
    expect(listed(seen[0]!)).toEqual(['den 3/2'])
    time.advanceBy(60_000)
    expect(listed(seen[0]!)).toEqual(['den 1/1'])
    two.restart()
    time.advanceBy(60_000)
    expect(seen.map(listed)).toEqual([['den 3/2'], ['den 3/2']])
    one.close()
    two.close()
  })

  it('[DR22] counts that have gone with the lost lease of their server are written again', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    let isDown = false
    const lease: Tables['lease'] = (name, forMs) =>
      isDown ? of(E.left({ message: 'down' })) : plain.tables!.lease(name, forMs)
    const engine = { ...plain, tables: { ...plain.tables!, lease } }
    const server = fakeServer(time, { engine, users: { ana: {}, ben: {} } })
    const seen = see(viewer(server, 'ana').rooms$())
    see(viewer(server, 'ana').create({ name: 'den' }))
    time.advanceBy(100)
    hold(server, 'ben', 'den')
    time.advanceBy(1_000)
    expect(listed(seen)).toEqual(['den 1/1'])
    isDown = true
    time.advanceBy(90_000)
    // The engine looks for leases that are over when a server holds one.
    see(plain.tables!.lease('of another server', 1_000) as Observable<unknown>)
    time.advanceBy(100)
    expect(listed(seen)).toEqual(['den 0/0'])
    isDown = false
    time.advanceBy(60_000)
    expect(listed(seen)).toEqual(['den 1/1'])
    server.close()
  })

  it('[DR8] over a restart of the server the directory is there, and counts those who come back', () => {
    const { time, server } = lifeStage()
    const seen = see(viewer(server, 'ana').rooms$())
    for (const name of ['den', 'attic']) see(viewer(server, 'ben').create({ name }))
    time.advanceBy(100)
    hold(server, 'ben', 'den')
    time.advanceBy(1_000)
    server.restart()
    time.advanceBy(90_000)
    expect(listed(seen)).toEqual(['attic 0/0', 'den 1/1'])
    server.restart({ engine: 'new' })
    time.advanceBy(60_000)
    expect(right(seen.last())).toMatchObject({ rooms: [], isLive: true })
    server.close()
  })

  it('[DR8] a room whose creation was answered is in the directory, also where its server is killed at once', () => {
    const { time, server, mend } = withoutTable('rooms')
    const made = see(viewer(server, 'ana').create({ name: 'den' }))
    time.advanceBy(50)
    expect(made.all).toEqual([])
    mend()
    server.restart()
    const seen = see(viewer(server, 'ana').rooms$())
    time.advanceBy(5_000)
    expect([right(made.only()).name, listed(seen)]).toEqual(['den', ['den 0/0']])
    server.close()
  })

  it('[DR8] after a planned restart those who come back are counted once', () => {
    const { time, server } = lifeStage()
    const seen = see(viewer(server, 'ana').rooms$())
    see(viewer(server, 'ben').create({ name: 'den' }))
    time.advanceBy(100)
    hold(server, 'ben', 'den')
    time.advanceBy(1_000)
    const counted = seen.all.length
    server.drain({ because: 'restart', afterMs: 0, spreadMs: 0 })
    time.advanceBy(1)
    server.restart()
    time.advanceBy(5_000)
    expect(listed(seen)).toEqual(['den 1/1'])
    expect(Math.max(...seen.all.slice(counted).map((state) => right(state).rooms[0]?.members ?? 0))).toBe(1)
    server.close()
  })

  it('[DR9] with more rooms than roomsMax a view without a limit has their number alone', () => {
    const { time, server } = lifeStage({ directory: { roomsMax: 3 } })
    const ana = viewer(server, 'ana')
    const [all, some] = [see(ana.rooms$()), see(ana.rooms$({ limit: 2 }))]
    for (const name of ['a', 'b', 'c', 'd']) see(ana.create({ name }))
    time.advanceBy(100)
    expect(right(all.last())).toMatchObject({ rooms: [], total: 4, isComplete: false })
    expect(listed(some)).toEqual(['a 0/0', 'b 0/0'])
    for (const name of ['a', 'b']) see(ana.room(name, anything).with(roomLife).close())
    time.advanceBy(100)
    expect(listed(all)).toEqual(['c 0/0', 'd 0/0'])
    server.close()
  })

  it('[DR10] [CT24] without tables, with invalid options and after the end of the client, everything is a Left', () => {
    const { tables: _tables, ...engine } = memory()
    const { time, server } = lifeStage({ engine })
    const ana = viewer(server, 'ana')
    const seen = [see(ana.rooms$()), see(ana.occupancy$('den'))]
    time.advanceBy(100)
    expect(seen.map(({ all }) => codeOf(all.at(-1)!))).toEqual(['room/no-tables', 'room/no-tables'])
    const wrong = [
      see(ana.rooms$({ limit: 0 })),
      see(ana.rooms$({ prefix: 'x'.repeat(257) })),
      see(ana.rooms$({ where: { a: [] as unknown as string } })),
      see(ana.rooms$({ where: new Map([['a', 1]]) as never })),
      see(ana.occupancy$('')),
    ]
    expect(wrong.map((each) => codeOf(each.only()))).toEqual([
      'config/invalid',
      'config/invalid',
      'config/invalid',
      'config/invalid',
      'room/invalid-name',
    ])
    void ana.close()
    time.advanceBy(100)
    expect(codeOf(see(ana.rooms$()).only())).toBe('connection/client-closed')
    server.close()
  })

  it('[DR11] [PR145] the room of the directory is no other room: nobody publishes, signals or is present in it, and no hook hears of it', () => {
    const heard: string[] = []
    const { time, server } = lifeStage({
      authorize: ({ room }) => {
        heard.push(room)
        return [['read', 'publish', 'history']]
      },
      hooks: { join: ({ room }) => void heard.push(room), leave: ({ room }) => void heard.push(room) },
    })
    const client = server.client({ as: 'ana' })
    const rooms = client.with(directory).rooms$()
    const seen = see(rooms)
    time.advanceBy(100)
    expect(right(seen.last())).toMatchObject({ isLive: true })
    const port = portOf(client.room('lobby', anything))
    const room = Object.assign({}, client.room('lobby', anything), { [portKey]: () => ({ ...port, name: '@rooms' }) })
    const signalled = see(signals(room).signal('typing', {}))
    const present = see(presence(room).me.set({}))
    time.advanceBy(20_000)
    expect(E.isLeft(signalled.only())).toBe(true)
    expect(E.isLeft(present.only())).toBe(true)
    seen.stop()
    time.advanceBy(60_000)
    expect(heard.filter((name) => name === '@rooms')).toEqual([])
    server.close()
  })

  it('[DR12] a room that was closed or hidden is not shown again by a late write of an older record', () => {
    const time = virtualTime()
    const plain = memory({ scheduler: time, wall: () => time.now() })
    const held: (() => void)[] = []
    let holds = true
    const tables: Tables = {
      ...plain.tables!,
      write: (id, writes) => {
        const answer = plain.tables!.write(id, writes)
        if (!holds || id.of !== 'rooms') return answer
        return new Observable<void>((to) => void held.push(() => to.next())).pipe(
          take(1),
          switchMap(() => answer),
        )
      },
    }
    const [one, two] = ['one', 'two'].map((name) => {
      let ids = 0
      return fakeServer(time, { users: { ana: {} }, engine: { ...plain, tables }, ids: () => `${name}-${++ids}` })
    }) as [FakeServer, FakeServer]
    let ids = 0
    const client = (server: FakeServer) => viewer(server, 'ana', { ids: () => `client-${++ids}` })
    for (const name of ['den', 'attic']) see(client(one).create({ name }))
    time.advanceBy(100)
    holds = false
    const ben = client(two)
    const seen = see(ben.rooms$())
    see(ben.room('den', anything).with(roomLife).close())
    see(ben.room('attic', anything).with(roomLife).update({ visible: false }))
    time.advanceBy(100)
    expect(held.length).toBeGreaterThan(0)
    for (const release of held) release()
    time.advanceBy(1_000)
    expect(listed(seen)).toEqual([])
    one.close()
    two.close()
  })

  it('[DR13] a directory of several pages is shown once all of them have come', () => {
    const { time, server } = lifeStage()
    const [ana, ben] = [viewer(server, 'ana'), viewer(server, 'ben')]
    for (let at = 0; at < 60; at++)
      see(ana.create({ name: `r${100 + at}`, metadata: { text: 'x'.repeat(900) }, listed: ['text'] }))
    time.advanceBy(1_000)
    const wire = tap(server.network)
    const seen = see(ben.rooms$())
    time.advanceBy(1_000)
    expect(wire.down('rows').length).toBeGreaterThan(3)
    expect(seen.all).toHaveLength(1)
    expect(right(seen.last())).toMatchObject({ total: 60, isComplete: true })
    expect(right(seen.last()).rooms.map(({ name }) => name)).toEqual(
      Array.from({ length: 60 }, (_, at) => `r${100 + at}`),
    )
    server.close()
  })
})
