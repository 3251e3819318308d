import * as t from 'io-ts'
import { events } from '../../lib/features/events/index.js'
import { after, beginning, history, last, stored } from '../../lib/features/history/index.js'
import { joinedRooms } from '../../lib/features/observe/index.js'
import { leader } from '../../lib/features/leader/index.js'
import { presence } from '../../lib/features/presence/index.js'
import { creation, roomLife } from '../../lib/features/room-life/index.js'
import { sharedState } from '../../lib/features/shared/index.js'
import { signals } from '../../lib/features/signals/index.js'
import { anything, tokens } from '../../lib/index.js'
import type { Result } from '../../lib/index.js'
import type { RoomServerOptions } from '../../lib/server/options.js'
import { world, type WorldOptions } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { lives } from '../support/lives.js'
import { authenticate, authorize, full, heard, News } from '../support/news.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

/** A world whose tokens are the names of users; `boss` may broadcast. */
const scene = (options: WorldOptions = {}) => {
  const made = world({
    authenticate,
    authorize,
    ...options,
  })
  const as = (user: string, more = {}) =>
    made.client({ token: tokens(() => user), host: user, lingerMs: 0, ...more }).with(events(News))
  return { ...made, as, wire: tap(made.network) }
}

describe('client.with(events)', () => {
  it('[EV1] hears an event for its user and for all in one stream; a message says where it came from', () => {
    const { as, server, time, end } = scene()
    const [ana, ben] = [as('ana'), as('ben')]
    const seen = [see(ana.on('news')), see(ben.on('news'))] as const
    time.advanceBy(100)
    server().to({ user: 'ana' }).publish('news', 'yours')
    server().to('all').publish('news', 'everybody')
    server().to('all').publish('ping')
    server().to('all').publish('news', 7)
    time.advanceBy(100)
    expect(seen.map(heard)).toEqual([
      ['@user yours', '@all everybody', 'decode/payload'],
      ['@all everybody', 'decode/payload'],
    ])
    expect(end()).toBe(0)
    expect(seen.map(({ isComplete }) => isComplete())).toEqual([true, true])
  })

  it('[EV2] is in the two rooms while somebody listens, in one of them where only one is wanted, and in none before', () => {
    const { as, time, wire, end } = scene()
    const ana = as('ana')
    ana.connect()
    time.advanceBy(100)
    expect(wire.members(1)).toEqual([])
    const [one, two] = [see(ana.on('news')), see(ana.on('ping', { only: 'all' }))]
    time.advanceBy(100)
    expect(wire.members(1)).toEqual(['@all', '@user'])
    one.stop()
    time.advanceBy(100)
    expect(wire.members(1)).toEqual(['@all'])
    two.stop()
    time.advanceBy(100)
    expect(wire.members(1)).toEqual([])
    expect(end()).toBe(0)
  })

  it('[EV3] loses none and doubles none over a lost connection and a restart of the server', () => {
    const { as, server, network, restart, time, end } = scene()
    const seen = see(as('ana').on('news'))
    time.advanceBy(100)
    const both = (text: string): void => {
      server().to('all').publish('news', text)
      server().to({ user: 'ana' }).publish('news', text)
      time.advanceBy(1)
    }
    both('1')
    network.host('ana').cut()
    network.host('ana').refuse(true)
    both('2')
    both('3')
    time.advanceBy(60_000)
    network.host('ana').refuse(false)
    time.advanceBy(60_000)
    both('4')
    restart()
    both('5')
    time.advanceBy(60_000)
    for (const room of ['@all', '@user'])
      expect(heard(seen).filter((each) => each.startsWith(room))).toEqual(
        ['1', '2', '3', '4', '5'].map((text) => `${room} ${text}`),
      )
    expect(seen.all).toHaveLength(10)
    expect(end()).toBe(0)
  })

  it('[EV4] messages() has every event of the contract, and with the contract anything every event', () => {
    const { as, client, server, time, end } = scene()
    const own = see(as('ana').messages())
    const tool = see(
      client({ token: tokens(() => 'ana') })
        .with(events(anything))
        .messages({ only: 'all' }),
    )
    time.advanceBy(100)
    server().to('all').publish('news', 'a')
    server().to('all').publish('ping')
    server().to('all').publish('other', { x: 1 })
    time.advanceBy(100)
    expect(own.all.map((each) => right(each).event)).toEqual(['news', 'ping'])
    expect(tool.all.map((each) => right(each).event)).toEqual(['news', 'ping', 'other'])
    expect(end()).toBe(0)
  })

  it('[EV5] takes the options of room.on, for each of its rooms; after(position) with the room that it is of', () => {
    const { as, server, time, end } = scene()
    for (const text of ['1', '2', '3']) {
      server().to('all').publish('news', text)
      server().to({ user: 'ana' }).publish('news', text)
    }
    time.advanceBy(100)
    const ana = as('ana')
    const recent = see(ana.on('news', { from: last(2) }))
    time.advanceBy(100)
    expect([...heard(recent)].sort()).toEqual(['@all 2', '@all 3', '@user 2', '@user 3'])
    const first = recent.all.map(right).find(({ room }) => room === '@user')!
    const placed = see(ana.on('news', { only: 'user', from: after(first.position) }))
    const all = see(ana.on('news', { only: 'all', from: beginning() }))
    time.advanceBy(100)
    expect([heard(placed), heard(all)]).toEqual([['@user 3'], ['@all 1', '@all 2', '@all 3']])
    expect(end()).toBe(0)
  })

  it('[EV5] an invalid option or contract, or a position without its room, is one Left', () => {
    const { client, as, time, end } = scene()
    const ana = as('ana')
    const position = { epoch: 'e', offset: 1 }
    const throwing = {
      get from(): never {
        throw new Error('no')
      },
    }
    const wrong = [
      ana.on('news', { from: after(position) }),
      ana.on('news', { only: 'others' as never }),
      ana.on('news', { form: 1 } as never),
      ana.on('news', throwing),
      client({})
        .with(events(7 as never))
        .on('news' as never),
      client({})
        .with(events(7 as never))
        .messages(),
    ].map((each) => see(each))
    time.advanceBy(100)
    expect(wrong.map(({ only }) => left(only() as Result<unknown>).code)).toEqual(wrong.map(() => 'config/invalid'))
    expect(left(wrong[0]!.only() as Result<unknown>)).toMatchObject({ option: 'only' })
    ana.close()
    time.advanceBy(10)
    const late = see(ana.on('news'))
    time.advanceBy(10)
    expect(left(late.only()).code).toBe('connection/client-closed')
    expect(end()).toBe(0)
  })

  it('[EV6] without authorize everybody reads both rooms with their history, and only the server publishes there', () => {
    const { client, server, time, end } = world({ authenticate: ({ token = '' }) => [{ user: token }] })
    server().to('all').publish('news', 'early')
    const ana = client({ token: tokens(() => 'ana') }).with(events(News))
    const seen = see(ana.on('news', { from: last(5) }))
    time.advanceBy(100)
    const sent = [
      see(ana.broadcast('news', 'x', { to: 'all' })),
      see(ana.broadcast('news', 'x', { to: { user: 'ana' } })),
      see(ana.broadcast('news', 'x', { to: { user: 'ben' } })),
      see(ana.room('@user', News).send('news', 'x')),
      see(ana.room('@rooms', News).send('news', 'x')),
      see(ana.broadcast('news', 'x', { to: { room: 'lobby' } })),
    ]
    time.advanceBy(100)
    expect(sent.map(({ only }) => codeOf(only()))).toEqual([...Array<string>(5).fill('delivery/forbidden'), ''])
    expect(heard(seen)).toEqual(['@all early'])
    expect(end()).toBe(0)
  })

  it('[EV9] nobody reads the room of another user, nor any other room of the server, also not its history', () => {
    const { as, server, time, end } = scene()
    server().to({ user: 'ben' }).publish('news', 'secret')
    const boss = as('boss')
    const names = ['@user/ben', '@user/boss', '@user/', '@users', '@']
    const joins = names.map((name) => see(boss.room(name, anything).on('news', { from: last(3) })))
    const pages = names.map((name) => see(boss.room(name, anything).with(history).history({ last: 3 })))
    time.advanceBy(100)
    expect(joins.map(({ all }) => all.map((each) => codeOf(each)))).toEqual(names.map(() => ['room/forbidden']))
    for (const { all } of pages) expect(all.map((each) => codeOf(each as Result<unknown>))).toEqual(['room/forbidden'])
    expect(end()).toBe(0)
  })

  it('[EV10] presence, shared state, room life and leader are refused there, for those who may publish too', () => {
    const { as, time, end } = scene()
    const boss = as('boss')
    const room = boss.room('@all', anything).with(presence, leader, roomLife, sharedState({ topic: t.string }))
    const views = [see(room.members$), see(room.leader$), see(room.leadership$), see(room.info$), see(room.shared$)]
    time.advanceBy(100)
    expect(views.map(({ all }) => all.map((each) => codeOf(each as Result<unknown>)))).toEqual([
      ['room/no-tables'],
      ['room/no-tables'],
      ['room/no-tables', 'room/forbidden'],
      ['room/no-tables'],
      ['room/no-tables'],
    ])
    const acts = [
      see(room.me.set({ a: 1 })),
      see(room.set('topic', 'x')),
      see(room.kick('ana')),
      see(room.update({ capacity: 3 })),
      see(boss.with(creation).create({ name: '@all' })),
    ]
    time.advanceBy(100)
    expect(acts.map(({ only }) => codeOf(only() as Result<unknown>))).toEqual([
      'room/forbidden',
      'room/forbidden',
      'room/forbidden',
      'room/forbidden',
      'room/forbidden',
    ])
    expect(end()).toBe(0)
  })

  it('[EV11] its rooms are none of the session, and count for the limit of rooms', () => {
    const { as, server, time, end } = scene({ limits: { rooms: 2 } })
    const ana = as('ana').with(joinedRooms)
    const names = see(ana.rooms$)
    see(ana.on('news'))
    time.advanceBy(100)
    const third = see(ana.room('lobby', Chat).join({ withinMs: 50 }))
    time.advanceBy(100)
    expect(left(third.only()).code).toBe('room/limit')
    expect(right(see(server().sessions.of('ana')).only()).map(({ rooms }) => rooms)).toEqual([[]])
    expect(names.last()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[EV13] who was away gets the messages after its position; a client without one the next ones, or last(n)', () => {
    const { life, server, time, end } = lives()
    const start = () => {
      const made = life()
      return { ...made, client: made.client.with(events(News)) }
    }
    const first = start()
    const seen = see(first.client.on('news', { from: stored() }))
    time.advanceBy(1_000)
    server().to({ user: 'ana' }).publish('news', '1')
    time.advanceBy(1_000)
    expect(heard(seen)).toEqual(['@user 1'])
    see(first.client.close())
    time.advanceBy(1_000)
    server().to({ user: 'ana' }).publish('news', '2')
    server().to('all').publish('news', '3')
    time.advanceBy(1_000)
    const second = start()
    const again = see(second.client.on('news', { from: stored() }))
    const fresh = see(second.client.on('news'))
    const recent = see(second.client.on('news', { from: last(1) }))
    time.advanceBy(10_000)
    server().to('all').publish('news', '4')
    time.advanceBy(1_000)
    expect([...heard(again)].sort()).toEqual(['@all 3', '@all 4', '@user 2'])
    expect(heard(fresh)).toEqual(['@all 4'])
    expect([...heard(recent)].sort()).toEqual(['@all 3', '@all 4', '@user 2'])
    expect(end()).toBe(0)
  })

  it('[EV16] a change of roles takes reading and broadcasting away at once', () => {
    const roles: RoomServerOptions['authorize'] = ({ roles: [role], room }) => [
      room !== '@all' ? full : role === 'admin' ? full : role === 'reader' ? ['read', 'history'] : [],
    ]
    const { as, server, time, end } = scene({ authorize: roles })
    const boss = as('boss')
    const seen = see(boss.on('news'))
    time.advanceBy(100)
    right(see(server().sessions.update('boss', { roles: ['reader'] })).only())
    const sent = see(boss.broadcast('news', 'x', { to: 'all' }))
    time.advanceBy(100)
    expect(codeOf(sent.only())).toBe('delivery/forbidden')
    server().to('all').publish('news', 'still read')
    time.advanceBy(100)
    right(see(server().sessions.update('boss', { roles: [] })).only())
    server().to('all').publish('news', 'not read')
    server().to({ user: 'boss' }).publish('news', 'own')
    time.advanceBy(10_000)
    expect(heard(seen)).toEqual(['@all still read', 'room/forbidden', '@user own'])
    right(see(server().sessions.update('boss', { roles: ['admin'] })).only())
    time.advanceBy(100)
    const back = see(boss.on('news', { only: 'all', from: last(1) }))
    time.advanceBy(100)
    expect(heard(back)).toEqual(['@all still read', '@all not read'])
    expect(end()).toBe(0)
  })

  it('[EV17] a revoked session hears nothing more, and the next one goes on', () => {
    const { as, server, time, end } = scene()
    const ana = as('ana')
    const seen = see(ana.on('news'))
    time.advanceBy(100)
    void server().sessions.revoke('ana')
    time.advanceBy(100)
    server().to({ user: 'ana' }).publish('news', 'meanwhile')
    time.advanceBy(60_000)
    const before = heard(seen)
    expect(before).toEqual([])
    see(ana.connect())
    time.advanceBy(1_000)
    expect(heard(seen).slice(before.length)).toEqual(['@user meanwhile'])
    expect(end()).toBe(0)
  })

  it('[EV18] a client that becomes another user gets a gap, and then the messages of that user', () => {
    const { client, server, time, network, end } = scene()
    let token = 'ana'
    const seen = see(
      client({ token: tokens(() => token), host: 'x' })
        .with(events(News))
        .on('news', { only: 'user' }),
    )
    time.advanceBy(100)
    for (const user of ['ana', 'ben']) server().to({ user }).publish('news', user)
    time.advanceBy(100)
    token = 'ben'
    network.host('x').cut()
    time.advanceBy(10_000)
    server().to({ user: 'ana' }).publish('news', 'for ana')
    server().to({ user: 'ben' }).publish('news', 'for ben')
    time.advanceBy(100)
    expect(heard(seen)).toEqual(['@user ana', 'room/gap', '@user ben', '@user for ben'])
    expect(end()).toBe(0)
  })

  it('[EV19] the hook of messages decides about broadcasts, the hooks of members hear nothing of these rooms', () => {
    const told: string[] = []
    const note = (what: string) => (of: { readonly room: string }) => {
      told.push(`${what} ${of.room}`)
      return [undefined]
    }
    const { as, time, end } = scene({
      hooks: {
        join: note('join'),
        leave: note('leave'),
        message: ({ room, data }) => {
          told.push(`message ${room}`)
          return data === 'rude' ? { refuse: { why: 'rude' } } : undefined
        },
      },
    })
    const boss = as('boss')
    const seen = see(boss.on('news'))
    time.advanceBy(100)
    const sent = [
      see(boss.broadcast('news', 'fine', { to: 'all' })),
      see(boss.broadcast('news', 'fine', { to: { user: 'ana' } })),
    ]
    const rude = see(boss.broadcast('news', 'rude', { to: 'all' }))
    time.advanceBy(100)
    seen.stop()
    time.advanceBy(100)
    expect(sent.map(({ only }) => right(only()).room)).toEqual(['@all', '@user/ana'])
    expect(left(rude.only())).toMatchObject({ code: 'delivery/refused', data: { why: 'rude' } })
    expect(heard(seen)).toEqual(['@all fine'])
    expect(told.sort()).toEqual(['message @all', 'message @all', 'message @user/ana'])
    expect(end()).toBe(0)
  })

  it('[EV8] signals are for those who may publish there', () => {
    const { as, time, end } = scene()
    const [ana, boss] = [as('ana').room('@all', News).with(signals), as('boss').room('@all', News).with(signals)]
    const seen = see(ana.signals('news'))
    see(boss.signals('news'))
    time.advanceBy(100)
    const sent = [see(ana.signal('news', 'from ana')), see(boss.signal('news', 'from boss'))]
    time.advanceBy(100)
    expect(sent.map(({ only }) => codeOf(only()))).toEqual(['delivery/forbidden', ''])
    expect(seen.all.map((each) => right(each).data)).toEqual(['from boss'])
    expect(end()).toBe(0)
  })
})
