import { anything } from '../../lib/contract/contract.js'
import { creation, reasonOf, type RoomDetails } from '../../lib/features/room-life/index.js'
import { presence } from '../../lib/features/presence/index.js'
import { memory } from '../../lib/server/memory.js'
import { created, lifeOf, lifeStage, memberOf, twoServers } from '../support/life.js'
import { changes } from '../support/roster.js'
import { codeOf, left, right, see, type Seen } from '../support/seen.js'
import type { Result } from '../../lib/core/result.js'
import { tap } from '../support/wire.js'
import { admission } from '../../lib/features/room-life/admission.js'

const dayMs = 24 * 3_600_000

const lastOf = (seen: Seen<Result<RoomDetails | undefined>>): RoomDetails | undefined => right(seen.last())

describe('client.with(creation)', () => {
  it('[RL1] creates a room once: with the same id it is the same room, with another one it exists', () => {
    const { time, server } = lifeStage()
    const [ana, ben] = [server.client({ as: 'ana' }), server.client({ as: 'ben' })]
    const first = ana.with(creation).create({ name: 'den', id: 'c1', capacity: 4, metadata: { topic: 'tea' } })
    expect([first.name, first.id]).toEqual(['den', 'c1'])
    const seen = see(first)
    time.advanceBy(100)
    expect(right(seen.only())).toEqual({ name: 'den', id: 'c1' })
    const again = see(ana.with(creation).create({ name: 'den', id: 'c1', capacity: 9 }))
    const other = see(ben.with(creation).create({ name: 'den' }))
    const unnamed = [1, 2].map(() => ben.with(creation).create())
    time.advanceBy(100)
    expect(right(again.only())).toEqual({ name: 'den', id: 'c1' })
    expect(left(other.only())).toMatchObject({ code: 'room/exists', kind: 'terminal', room: 'den' })
    expect(new Set([...unnamed.map(({ name }) => name), ...unnamed.map(({ id }) => id)]).size).toBe(4)
    const info = see(lifeOf(ben, 'den').info$)
    time.advanceBy(100)
    expect(lastOf(info)).toMatchObject({ id: 'c1', by: { user: 'ana' }, capacity: 4, metadata: { topic: 'tea' } })
    server.close()
  })

  it('[RL1] is repeated by itself where the link is lost before the answer, and makes one room', () => {
    const { time, server } = lifeStage()
    const ana = server.client({ as: 'ana' })
    void ana.connect()
    time.advanceBy(100)
    const wire = tap(server.network)
    const made = see(ana.with(creation).create({ name: 'den', withinMs: 60_000 }))
    time.advanceBy(1)
    server.drop()
    time.advanceBy(10_000)
    expect(right(made.only())).toMatchObject({ name: 'den' })
    expect(wire.up('put').length).toBeGreaterThan(1)
    server.close()
  })

  it('[RL2] does not give a room away that is in use, unless the application lets the user moderate', () => {
    const { time, server } = lifeStage({
      authorize: ({ user }) => [
        user === 'eve' ? ['read', 'publish', 'moderate'] : user === 'ben' ? ['read'] : ['read', 'publish'],
      ],
    })
    void server.publish('lobby', 'said', 1)
    const make = (user: string, name: string) => see(server.client({ as: user }).with(creation).create({ name }))
    const outcomes = [make('ana', 'lobby'), make('ben', 'new'), make('ana', '@all'), make('eve', 'lobby')]
    time.advanceBy(100)
    expect(outcomes.map((each) => codeOf(each.only()))).toEqual(['room/exists', 'room/forbidden', 'room/forbidden', ''])
    server.close()
  })

  it('[RL3] refuses invalid options at the client, and what a server finds invalid', () => {
    const { time, server } = lifeStage()
    const ana = server.client({ as: 'ana' }).with(creation)
    const wrong = [
      { capacity: 0 },
      { metadata: { text: 'x'.repeat(1_024) } },
      { name: '' },
      { id: '' },
      { seat: 'row' as 'user' },
    ]
    const seen = wrong.map((options) => see(ana.create(options)))
    time.advanceBy(100)
    expect(seen.map((each) => codeOf(each.only()))).toEqual([
      'config/invalid',
      'config/invalid',
      'room/invalid-name',
      'config/invalid',
      'config/invalid',
    ])
    server.close()
  })
})

describe('metadata that is no plain object', () => {
  it.each([[new Map([['a', 1]])], [new Date()], [{ a: 1n }], [{ toJSON: () => undefined }], [['a']]])(
    '[CT24] %p is a Left',
    (given) => {
      const { time, server } = lifeStage()
      const metadata = given as unknown as Record<string, unknown>
      const client = server.client({ as: 'ana' })
      const rooms = server.server().rooms.get('den')
      const seen = [
        see(client.with(creation).create({ metadata })),
        see(lifeOf(client).update({ metadata })),
        see(rooms.create({ metadata })),
        see(rooms.update({ metadata })),
      ]
      time.advanceBy(100)
      expect(seen.map((each) => codeOf(each.only()))).toEqual(Array(4).fill('config/invalid'))
      server.close()
    },
  )
})

describe('room.with(roomLife)', () => {
  it('[RL4] info$ shows the record and each change; a join has it too; nobody hears of what others may not know', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const [ana, ben] = [server.client({ as: 'ana' }), server.client({ as: 'ben', host: 'ben' })]
    const info = see(lifeOf(ben).info$)
    time.advanceBy(100)
    expect(info.all.map(right)).toEqual([undefined])
    created(stage, ana, { id: 'c1', metadata: { topic: 'tea' }, visible: false })
    const wire = tap(server.network)
    const changed = see(lifeOf(ana).update({ metadata: { topic: 'coffee' }, capacity: 3 }))
    time.advanceBy(100)
    right(changed.only())
    const banned = see(lifeOf(ana).ban('eve'))
    time.advanceBy(100)
    right(banned.only())
    expect(info.all.map(right).map((each) => each && [each.metadata, each.capacity, each.visible])).toEqual([
      undefined,
      [{ topic: 'tea' }, undefined, false],
      [{ topic: 'coffee' }, 3, false],
    ])
    expect(wire.down('rows')).toHaveLength(1)
    expect(lastOf(info)).toMatchObject({ id: 'c1', by: { user: 'ana' }, open: true, seat: 'user', listed: [] })
    const joined = see(ana.room('lobby', anything).join())
    time.advanceBy(100)
    expect(right(joined.only()).info).toEqual(lastOf(info))
    const removed = see(lifeOf(ana).update({ capacity: null }))
    time.advanceBy(100)
    right(removed.only())
    expect(lastOf(info)).not.toHaveProperty('capacity')
    const before = info.all.length
    server.network.host('ben').cut()
    time.advanceBy(10_000)
    expect(info.all).toHaveLength(before)
    server.close()
    expect(info.isComplete()).toBe(true)
  })

  it('[RL5] the creator moderates and admits; others only where the application says so', () => {
    const stage = lifeStage({
      authorize: ({ user }) => [user === 'eve' ? ['read', 'moderate'] : ['read', 'publish', 'history']],
    })
    const { time, server } = stage
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((as) => server.client({ as })) as [
      ReturnType<typeof server.client>,
      ReturnType<typeof server.client>,
      ReturnType<typeof server.client>,
    ]
    const [early, other] = [memberOf(ana), memberOf(ben)]
    time.advanceBy(100)
    expect(early.permissions()).toBe('read publish history')
    created(stage, ana)
    const own = see(eve.room('lobby', anything).join())
    time.advanceBy(100)
    expect([early.permissions(), other.permissions(), right(own.only()).permissions.join(' ')]).toEqual([
      'read publish history moderate admit',
      'read publish history',
      'read moderate',
    ])
    const [refused, taken] = [see(lifeOf(ben).update({ open: false })), see(lifeOf(eve).update({ open: false }))]
    time.advanceBy(100)
    expect([codeOf(refused.only()), codeOf(taken.only())]).toEqual(['room/forbidden', ''])
    server.close()
  })

  it('[RL5] without authentication the creating session moderates, also after a lost connection', () => {
    const stage = lifeStage({ users: undefined })
    const { time, server } = stage
    const [one, two] = [server.client(), server.client()]
    const [first, second] = [memberOf(one), memberOf(two)]
    created(stage, one)
    server.drop()
    time.advanceBy(5_000)
    expect([first.permissions(), second.permissions()]).toEqual([
      'read publish history moderate admit',
      'read publish history',
    ])
    const orders = [see(lifeOf(two).close()), see(lifeOf(one).close())]
    time.advanceBy(100)
    expect(orders.map((each) => codeOf(each.only()))).toEqual(['room/forbidden', ''])
    server.close()
  })

  it('[RL6] close ends every membership with the reason, and for a day joins, publishes and creations', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const [ana, ben] = [server.client({ as: 'ana' }), server.client({ as: 'ben' })]
    created(stage, ana, { id: 'c1' })
    const [here, there] = [memberOf(ana), memberOf(ben)]
    const roster = see(ben.room('lobby', anything).with(presence).members$)
    time.advanceBy(1_000)
    const closedAt = time.now()
    const closed = see(lifeOf(ana).close({ because: 'The lesson is over.' }))
    time.advanceBy(100)
    right(closed.only())
    expect([here.state(), there.state()]).toEqual(['room/closed', 'room/closed'])
    const last = there.seen.last()
    if (last._tag !== 'Refused') throw new Error(last._tag)
    expect(reasonOf(last.error)).toEqual({ at: closedAt + 1, because: 'The lesson is over.' })
    expect(last.error.remedy).toMatch(/another room/)
    expect(roster.all.map(codeOf)).toContain('room/closed')
    const outcomes = (): readonly string[] => {
      const seen = [
        see(server.client({ as: 'eve' }).room('lobby', anything).join()),
        see(ben.room('lobby', anything).send('said', 1)),
        see(ana.with(creation).create({ name: 'lobby', id: 'c1' })),
        see(ben.with(creation).create({ name: 'lobby', id: 'c2' })),
        see(lifeOf(ana).update({ open: true })),
      ]
      time.advanceBy(100)
      return seen.map((each) => codeOf(each.only()))
    }
    expect(outcomes()).toEqual(Array.from({ length: 5 }, () => 'room/closed'))
    time.advanceBy(dayMs - 3_600_000)
    expect(outcomes()).toEqual(Array.from({ length: 5 }, () => 'room/closed'))
    time.advanceBy(2 * 3_600_000)
    const anew = see(ben.with(creation).create({ name: 'lobby', id: 'c3' }))
    time.advanceBy(100)
    expect(codeOf(anew.only())).toBe('')
    server.close()
  })

  it('[RL6] who may moderate makes a room anew in the place of a closed one', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    created(stage, ana, { id: 'c1' })
    const closed = see(lifeOf(ana).close())
    time.advanceBy(100)
    right(closed.only())
    created(stage, ana, { id: 'c2', capacity: 2 })
    const member = memberOf(server.client({ as: 'ben' }))
    time.advanceBy(100)
    expect(member.state()).toBe('In')
    server.close()
  })

  it('[RL7] two servers over one engine are one: changes, orders and the end reach all', () => {
    const { time, one, two } = twoServers()
    const [ana, ben] = [one.client({ as: 'ana' }), two.client({ as: 'ben' })]
    const info = see(lifeOf(ben).info$)
    const [here, there] = [memberOf(ana), memberOf(ben)]
    const roster = see(ana.room('lobby', anything).with(presence).members$)
    see(ben.room('lobby', anything).with(presence).members$)
    time.advanceBy(500)
    created({ time }, ana, { capacity: 2 })
    expect(lastOf(info)).toMatchObject({ capacity: 2 })
    const exists = see(ben.with(creation).create({ name: 'lobby', id: 'other' }))
    const changed = see(two.server().rooms.get('lobby').update({ capacity: 5 }))
    time.advanceBy(100)
    expect([codeOf(exists.only()), codeOf(changed.only()), lastOf(info)?.capacity]).toEqual(['room/exists', '', 5])
    see(two.server().rooms.get('lobby').close({ because: 'maintenance' }))
    time.advanceBy(100)
    expect([here.state(), there.state()]).toEqual(['room/closed', 'room/closed'])
    expect(changes(roster).filter((each) => each.includes('Left'))).toEqual([])
    for (const server of [one, two]) server.close()
  })

  it('[RL8] a room exists if it was created or somebody has published in it', () => {
    const stage = lifeStage()
    const { time, server } = stage
    const ana = server.client({ as: 'ana' })
    created(stage, ana, { name: 'made' })
    created(stage, ana, { name: 'over' })
    void server.publish('used', 'said', 1)
    void server.server().rooms.get('over').close()
    const join = (name: string) =>
      see(
        server
          .client({ as: 'ben' })
          .room(name, anything)
          .join(admission({ mustExist: true })),
      )
    const seen = ['made', 'used', 'over', 'none'].map(join)
    time.advanceBy(100)
    expect(seen.map((each) => codeOf(each.only()))).toEqual(['', '', 'room/closed', 'room/not-found'])
    server.close()
  })

  it('[RL9] an engine without tables has rooms as before, and says so to orders', () => {
    const { tables: _tables, ...engine } = memory()
    const { time, server } = lifeStage({ engine })
    const ana = server.client({ as: 'ana' })
    const [made, member] = [see(ana.with(creation).create({ name: 'lobby' })), memberOf(ana)]
    const [info, order] = [see(lifeOf(ana).info$), see(server.server().rooms.get('lobby').info())]
    time.advanceBy(100)
    expect([codeOf(made.only()), codeOf(info.last()), codeOf(order.only()), member.state()]).toEqual([
      'room/no-tables',
      'room/no-tables',
      'room/no-tables',
      'In',
    ])
    server.close()
  })
})
