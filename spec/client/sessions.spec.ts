import { BehaviorSubject, of } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import { last } from '../../lib/features/history/index.js'
import { presence } from '../../lib/features/presence/index.js'
import { joinedRooms } from '../../lib/features/observe/index.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { SessionState } from '../../lib/kernel/session.js'
import type { Permission } from '../../lib/protocol/frame.js'
import type { Identity, RoomServerOptions } from '../../lib/server/options.js'
import { world, type WorldOptions } from '../../lib/testing/world.js'
import { Chat, Numbers } from '../support/chat.js'
import { lives } from '../support/lives.js'
import { users as usersIn } from '../support/roster.js'
import { left, right, see, tags } from '../support/seen.js'
import { stage } from '../support/stage.js'
import { tap } from '../support/wire.js'

/** Admins may everything, others read. */
const authorize: RoomServerOptions['authorize'] = ({ roles }) =>
  of<Permission[]>(roles.includes('admin') ? ['read', 'publish', 'history'] : ['read'])

/** A world with a record of users, which the application changes, and tokens that are names. */
const scene = (more: WorldOptions = {}) => {
  const users = new Map<string, Partial<Identity>>()
  const rejected = new Set<string>()
  const made = world({
    authenticate: ({ token = '' }) => [rejected.has(token) ? null : { user: token, ...users.get(token) }],
    authorize,
    ...more,
  })
  const client = (user: string, options = {}): Client => made.client({ token: tokens(() => user), ...options })
  return { ...made, users, rejected, wire: tap(made.network), as: client }
}

const active = (state: SessionState): Extract<SessionState, { readonly _tag: 'Active' }> => {
  if (state._tag !== 'Active') throw new Error(state._tag)
  return state
}

describe('session$', () => {
  it('[SE6] [PR120] shows the user, the data, the start, the end of the token, and if it continued', () => {
    const { as, users, time, network, end } = scene()
    users.set('ana', { roles: ['host'], data: { name: 'Ana', tags: ['a'] }, expiresInMs: 60_000 })
    time.advanceBy(5_000)
    const ana = as('ana')
    const session = see(ana.session$)
    const answer = see(ana.connect())
    time.advanceBy(1_000)
    const first = active(session.last())
    const data = { name: 'Ana', tags: ['a'] }
    expect(first).toMatchObject({ user: 'ana', roles: ['host'], data, resumed: false })
    expect([first.since! - 5_000, first.expiresAt! - 65_000].map((ms) => ms >= 0 && ms < 10)).toEqual([true, true])
    expect(right(answer.only())).toMatchObject({ data, since: first.since, resumed: false })
    expect([first.data, first.data?.['tags']].every(Object.isFrozen)).toBe(true)
    network.cut()
    time.advanceBy(10_000)
    const second = active(session.last())
    expect(second).toMatchObject({ id: first.id, since: first.since, resumed: true })
    expect(second.expiresAt).toBeGreaterThan(first.expiresAt!)
    expect(end()).toBe(0)
  })

  it('[SE6] knows less of a server that says less, and takes data of any form for data', () => {
    const { client, time, actor } = stage()
    const ana = client()
    const session = see(ana.session$)
    ana.connect()
    time.advanceBy(100)
    expect(active(session.last())).toMatchObject({ resumed: false })
    const { data, since, expiresAt } = active(session.last())
    expect([data, since, expiresAt]).toEqual([undefined, undefined, undefined])
    const faults = see(ana.faults$)
    let deep = '1'
    for (let level = 0; level < 10_000; level++) deep = `[${deep}]`
    actor().raw(`{"t":"session","roles":[],"data":{"deep":${deep}}}`)
    for (const bad of [
      '{"t":"session"}',
      '{"t":"session","roles":7}',
      '{"t":"session","roles":[],"data":[]}',
      '{"t":"session","roles":[],"data":{"__proto__":1}}',
    ])
      actor().raw(bad)
    time.advanceBy(100)
    expect(faults.all.map(({ _tag }) => _tag)).toEqual(['BadFrame', 'BadFrame', 'BadFrame', 'BadFrame'])
    actor().say({ t: 'session', roles: ['late'] })
    time.advanceBy(100)
    expect(active(session.last())).toMatchObject({ roles: ['late'], data: undefined })
    ana.close()
  })

  it('[SE2] [SE6] [PR121] follows the server, and so do the permissions in each room', () => {
    const { as, server, time, end } = scene()
    const ana = as('ana')
    const [session, membership] = [see(ana.session$), see(ana.room('lobby', Chat).membership$)]
    const hold = see(ana.room('lobby', Chat).join())
    time.advanceBy(100)
    expect(right(hold.only()).permissions).toEqual(['read'])
    const before = active(session.last())
    right(see(server().sessions.update('ana', { roles: ['admin'], data: { badge: 7 } })).only())
    time.advanceBy(100)
    expect(session.last()).toEqual({ ...before, roles: ['admin'], data: { badge: 7 } })
    expect(membership.last()).toMatchObject({ _tag: 'In', permissions: ['read', 'publish', 'history'] })
    expect(session.all.filter(({ _tag }) => _tag === 'Active')).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[SE6] follows a renewal: its roles, its data and its end', () => {
    const { as, users, time, end } = scene()
    users.set('ana', { roles: ['guest'], expiresInMs: 60_000 })
    const ana = as('ana', { token: tokens(() => 'ana', { leewayMs: 30_000, spread: 0 }) })
    const session = see(ana.session$)
    ana.connect()
    time.advanceBy(1_000)
    const { expiresAt } = active(session.last())
    users.set('ana', { roles: ['admin'], data: { n: 1 }, expiresInMs: 600_000 })
    time.advanceBy(56_000)
    const after = active(session.last())
    expect(after).toMatchObject({ roles: ['admin'], data: { n: 1 } })
    expect(after.expiresAt! - expiresAt!).toBeGreaterThan(500_000)
    expect(end()).toBe(0)
  })

  it('[SE7] [PR120] a continued session is authorised anew: roles, data and permissions are those of the new link', () => {
    const { as, users, server, network, time, end } = scene()
    users.set('ana', { roles: ['admin'], data: { n: 1 } })
    const ana = as('ana')
    const [session, membership] = [see(ana.session$), see(ana.room('lobby', Chat).membership$)]
    const join = see(ana.room('lobby', Chat).join())
    time.advanceBy(100)
    expect(right(join.only()).permissions).toEqual(['read', 'publish', 'history'])
    // The update of a live session does not outlive its link: the application's own record decides.
    void server().sessions.update('ana', { roles: ['admin', 'owner'] })
    users.set('ana', { roles: ['guest'] })
    network.cut()
    time.advanceBy(10_000)
    expect(active(session.last())).toMatchObject({ roles: ['guest'], data: undefined, resumed: true })
    expect(membership.last()).toMatchObject({ _tag: 'In', permissions: ['read'] })
    expect(end()).toBe(0)
  })
})

describe('the end of a session', () => {
  it('[SE3] [SE10] revoked: the client stops and says what to do; connect() starts another session if the server lets it', () => {
    const { client, users, server, rejected, wire, time, end } = scene()
    for (const each of ['first', 'second', 'third']) users.set(each, { user: 'ana' })
    let token = 'first'
    const ana = client({ token: tokens(() => token) })
    const [session, state] = [see(ana.session$), see(ana.state$)]
    const joined = see(ana.room('lobby', Chat).membership$)
    see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    const { id } = active(session.last())
    rejected.add('first').add('second')
    void server().sessions.revoke('ana', { message: 'Your account was closed.' })
    time.advanceBy(3_600_000)
    const because = { code: 'session/revoked', kind: 'terminal', message: 'Your account was closed.' }
    expect(session.last()).toMatchObject({ _tag: 'Revoked', because })
    expect((session.last() as { because: Error & { remedy: string } }).because.remedy).toContain('connect()')
    expect(state.last()).toMatchObject({ _tag: 'Stopped', because })
    expect(joined.last()).toMatchObject({ _tag: 'Refused', error: because })
    expect(wire.up('hello')).toHaveLength(1)
    token = 'second'
    const refused = see(ana.connect())
    time.advanceBy(10_000)
    expect(left(refused.only()).code).toBe('auth/rejected')
    expect(session.last()._tag).toBe('Revoked')
    token = 'third'
    const again = see(ana.connect())
    time.advanceBy(10_000)
    expect(right(again.only()).resumed).toBe(false)
    expect(active(session.last()).id).not.toBe(id)
    expect(wire.up('hello').map(({ frame }) => frame.session.resume)).toEqual(wire.up('hello').map(() => undefined))
    expect(end()).toBe(0)
  })

  it('[SE3] [PR122] revoked while the client is offline: it hears of it when it comes back', () => {
    const { as, server, network, time, end } = scene()
    const ana = as('ana', { host: 'mobile' })
    const [session, state] = [see(ana.session$), see(ana.state$)]
    ana.connect()
    time.advanceBy(100)
    network.host('mobile').refuse(true)
    network.host('mobile').cut()
    time.advanceBy(1_000)
    void server().sessions.revoke('ana')
    network.host('mobile').refuse(false)
    time.advanceBy(60_000)
    expect([session.last(), state.last()]).toMatchObject([
      { _tag: 'Revoked', because: { code: 'session/revoked' } },
      { _tag: 'Stopped' },
    ])
    ana.connect()
    time.advanceBy(10_000)
    expect(active(session.last())).toMatchObject({ user: 'ana', resumed: false })
    expect(end()).toBe(0)
  })

  it('[SE3] [SE4] the members of a room see at once that it left', () => {
    const { as, server, time, end } = scene({ sessionsPerUser: 1 })
    const members = see(as('ben').room('lobby', Chat).with(presence).members$)
    const [first, second] = ['ana', 'cem'].map((user) => as(user))
    for (const each of [first!, second!]) see(each.room('lobby', Chat).with(presence).members$)
    const users = () => [...usersIn(members)].sort()
    time.advanceBy(1_000)
    expect(users()).toEqual(['ana', 'ben', 'cem'])
    void server().sessions.revoke('ana')
    as('cem').connect()
    time.advanceBy(1_000)
    expect(users()).toEqual(['ben'])
    expect(end()).toBe(0)
  })

  it('[SE4] [SE10] [PR123] replaced: the oldest of too many stops, and does not fight', () => {
    const { as, wire, time, end } = scene({ sessionsPerUser: 2 })
    const clients = [1, 2, 3].map(() => as('ana'))
    const sessions = clients.map((client) => see(client.session$))
    for (const client of clients) {
      client.connect()
      time.advanceBy(1_000)
    }
    time.advanceBy(3_600_000)
    expect(sessions.map(tagOf)).toEqual(['Replaced', 'Active', 'Active'])
    expect(sessions[0]!.last()).toMatchObject({ because: { code: 'session/replaced', kind: 'terminal' } })
    expect((sessions[0]!.last() as { because: { remedy: string } }).because.remedy).toContain('connect()')
    expect(wire.up('hello')).toHaveLength(3)
    clients[0]!.connect()
    time.advanceBy(3_600_000)
    expect(sessions.map(tagOf)).toEqual(['Active', 'Replaced', 'Active'])
    expect(wire.up('hello').at(-1)?.frame.session.resume).toBeUndefined()
    expect(end()).toBe(0)
  })

  it('[SE4] an earlier session that was away does not end a later one', () => {
    const { as, network, time, end } = scene({ sessionsPerUser: 1 })
    const [phone, laptop] = [as('ana', { host: 'phone' }), as('ana', { host: 'laptop' })]
    const sessions = [see(phone.session$), see(laptop.session$)]
    phone.connect()
    time.advanceBy(1_000)
    network.host('phone').refuse(true)
    network.host('phone').cut()
    laptop.connect()
    time.advanceBy(10_000)
    network.host('phone').refuse(false)
    time.advanceBy(3_600_000)
    expect(sessions.map(tagOf)).toEqual(['Replaced', 'Active'])
    expect(end()).toBe(0)
  })

  it('[SE8] expired: no token is accepted any more; connect() with another one continues the session', () => {
    const { users, rejected, server, time, client, wire, end } = scene()
    users.set('old', { user: 'ana' })
    users.set('new', { user: 'ana' })
    let token = 'old'
    const ana = client({ token: tokens(() => token) })
    const [session, state] = [see(ana.session$), see(ana.state$)]
    ana.connect()
    time.advanceBy(1_000)
    const { id, since } = active(session.last())
    rejected.add('old')
    void server().expire('ana')
    time.advanceBy(60_000)
    expect(state.last()).toMatchObject({ _tag: 'Stopped' })
    expect(session.last()).toMatchObject({ _tag: 'Expired', because: { code: 'auth/rejected' } })
    const { because } = session.last() as { because: { message: string; remedy: string } }
    expect([because.message.length > 10, because.remedy.includes('connect()')]).toEqual([true, true])
    token = 'new'
    ana.connect()
    time.advanceBy(10_000)
    expect(active(session.last())).toMatchObject({ id, since, resumed: true })
    expect(wire.up('hello').at(-1)?.frame.session.resume).toBeDefined()
    expect(end()).toBe(0)
  })

  it('[SE8] a client that never had a session stays without one', () => {
    const { as, rejected, time, end } = scene()
    rejected.add('ana')
    const ana = as('ana')
    const session = see(ana.session$)
    ana.connect()
    time.advanceBy(60_000)
    expect(tags(session)).toEqual(['None'])
    expect(end()).toBe(0)
  })

  it.each([
    ['session/revoked', 'Revoked'],
    ['auth/revoked', 'Revoked'],
    ['session/replaced', 'Replaced'],
    ['session/superseded', 'Replaced'],
    ['session/expired', 'Expired'],
  ])('[SE8] [SE10] after %s the error says what to do, and connect() claims another session', (code, tag) => {
    const { client, actor, actors, time } = stage()
    const ana = client()
    const session = see(ana.session$)
    ana.connect()
    time.advanceBy(100)
    actor().say({ t: 'refused', code, message: 'Over.', kind: 'terminal' })
    actor().close(4403)
    time.advanceBy(3_600_000)
    expect(session.last()).toMatchObject({ _tag: tag, because: { code, message: 'Over.' } })
    expect((session.last() as { because: { remedy: string } }).because.remedy).toContain('connect()')
    expect(actors).toHaveLength(1)
    ana.connect()
    time.advanceBy(100)
    const [hello] = actor().heard()
    expect(hello).toMatchObject({ t: 'hello', session: { generation: 2 } })
    expect((hello as { session: object }).session).not.toHaveProperty('resume')
    ana.close()
  })
})

describe('another user', () => {
  it('[SE9] on the same client has another session, and none of the messages before as own', () => {
    const { client, users, time, wire, end } = scene()
    users.set('ana', { roles: ['admin'], data: { name: 'Ana' } })
    users.set('ben', { roles: ['admin'] })
    const token$ = new BehaviorSubject<string | null>('ana')
    const person = client({ token: tokens(() => token$) })
    const session = see(person.session$)
    const room = person.room('lobby', Numbers)
    const receipt = see(room.send('message', 1))
    time.advanceBy(1_000)
    right(receipt.only())
    const ana = active(session.last())
    token$.next(null)
    time.advanceBy(1_000)
    expect(session.last()).toEqual({ _tag: 'None' })
    token$.next('ben')
    time.advanceBy(10_000)
    const ben = active(session.last())
    expect(ben).toMatchObject({ user: 'ben', data: undefined, resumed: false })
    expect(ben.id).not.toBe(ana.id)
    expect(wire.up('hello').at(-1)?.frame.session.resume).toBeUndefined()
    const heard = see(room.on('message', { from: last(10) }))
    const second = see(room.send('message', 2))
    time.advanceBy(1_000)
    right(second.only())
    expect(heard.all.map((each) => right(each)).map(({ data, own }) => [data, own])).toEqual([
      [1, false],
      [2, true],
    ])
    expect(end()).toBe(0)
  })

  it('[SE9] who takes over by a token alone inherits nothing either', () => {
    const { client, network, users, time, end } = scene()
    users.set('ana', { roles: ['admin'] })
    users.set('ben', { roles: ['admin'] })
    let token = 'ana'
    const person = client({ token: tokens(() => token) })
    const session = see(person.session$)
    const room = person.room('lobby', Numbers)
    const receipt = see(room.send('message', 1))
    time.advanceBy(1_000)
    right(receipt.only())
    const { id } = active(session.last())
    token = 'ben'
    network.cut()
    time.advanceBy(10_000)
    expect(active(session.last())).toMatchObject({ user: 'ben', resumed: false })
    expect(active(session.last()).id).not.toBe(id)
    const heard = see(room.on('message', { from: last(10) }))
    time.advanceBy(1_000)
    expect(heard.all.map((each) => right(each).own)).toEqual([false])
    expect(end()).toBe(0)
  })

  it('[SE9] of the same store finds neither the session nor its secret', () => {
    const { life, wire, time, end } = lives()
    const first = life()
    const session = see(first.client.session$)
    first.client.connect()
    time.advanceBy(1_000)
    const ana = active(session.last())
    first.kill()
    const second = life({ user: 'ben', identity: 'ben' })
    const other = see(second.client.session$)
    second.client.connect()
    time.advanceBy(60_000)
    const ben = active(other.last())
    expect(ben).toMatchObject({ user: 'ben', resumed: false })
    expect(ben.id).not.toBe(ana.id)
    const claims = wire.up('hello').map(({ frame }) => frame.session)
    expect(claims[1]).not.toHaveProperty('resume')
    expect(claims[1]!.instance).not.toBe(claims[0]!.instance)
    expect(end()).toBe(0)
  })

  it('[SE9] who is not the user of the store takes nothing of it for own', () => {
    const { life, time, end } = lives()
    const first = life()
    const receipt = see(first.room.send('message', { text: 'of ana' }))
    time.advanceBy(1_000)
    right(receipt.only())
    first.kill()
    const second = life({ user: 'ben', identity: 'ana' })
    const heard = see(second.room.on('message', { from: last(10) }))
    time.advanceBy(60_000)
    expect(heard.all.map((each) => right(each).own)).toEqual([false])
    expect(end()).toBe(0)
  })
})

describe('a stored session', () => {
  it('[SE10] continues in the next life, with its start', () => {
    const { life, time, end } = lives()
    const first = life()
    const session = see(first.client.session$)
    first.client.connect()
    time.advanceBy(1_000)
    first.kill()
    const second = life()
    const again = see(second.client.session$)
    second.client.connect()
    time.advanceBy(60_000)
    const { id, since } = active(session.last())
    expect(active(again.last())).toMatchObject({ id, since, resumed: true })
    expect(end()).toBe(0)
  })

  it('[SS2] that the server forgot is another one in the next life, and messages of the earlier one are still own', () => {
    const { life, time, end } = lives({ memory: { sessionMs: 1_000 } })
    const first = life()
    const [session, receipt] = [see(first.client.session$), see(first.room.send('message', { text: 'before' }))]
    time.advanceBy(1_000)
    right(receipt.only())
    first.kill()
    time.advanceBy(60_000)
    const second = life()
    const again = see(second.client.session$)
    const heard = see(second.room.on('message', { from: last(10) }))
    time.advanceBy(60_000)
    expect(active(again.last()).resumed).toBe(false)
    expect(active(again.last()).id).not.toBe(active(session.last()).id)
    expect(heard.all.map((each) => right(each).own)).toEqual([true])
    expect(end()).toBe(0)
  })

  it('[SE10] that was revoked is not stored any more', () => {
    const { life, server, wire, time, end } = lives()
    const first = life()
    const session = see(first.client.session$)
    first.client.connect()
    time.advanceBy(1_000)
    void server().sessions.revoke('ana')
    time.advanceBy(1_000)
    expect(session.last()._tag).toBe('Revoked')
    first.kill()
    const second = life()
    const again = see(second.client.session$)
    second.client.connect()
    time.advanceBy(60_000)
    expect(active(again.last()).resumed).toBe(false)
    expect(wire.up('hello').at(-1)?.frame.session.resume).toBeUndefined()
    expect(end()).toBe(0)
  })

  it('[SE3] [SE10] that was revoked after the death of its client is of no use in the next life', () => {
    const { life, server, time, end } = lives()
    const first = life()
    first.client.connect()
    time.advanceBy(1_000)
    first.kill()
    void server().sessions.revoke('ana')
    const second = life()
    const session = see(second.client.session$)
    second.client.connect()
    time.advanceBy(60_000)
    expect(session.last()).toMatchObject({ _tag: 'Revoked', because: { code: 'session/revoked' } })
    second.kill()
    const third = life()
    const again = see(third.client.session$)
    third.client.connect()
    time.advanceBy(60_000)
    expect(active(again.last())).toMatchObject({ resumed: false })
    expect(end()).toBe(0)
  })
})

describe('rooms$', () => {
  it('[SE11] names the rooms that the session is in, and emits when they change', () => {
    const { as, server, network, time, end } = scene()
    const ana = as('ana', { lingerMs: 1_000 })
    const names = see(ana.with(joinedRooms).rooms$)
    expect(names.all).toEqual([[]])
    const [first, second] = ['a', 'b'].map((room) => see(ana.room(room, Chat).on('message')))
    time.advanceBy(100)
    expect(names.all).toEqual([[], ['a', 'b']])
    expect(Object.isFrozen(names.last())).toBe(true)
    first!.stop()
    time.advanceBy(2_000)
    expect(names.last()).toEqual(['b'])
    network.cut()
    time.advanceBy(0)
    expect(names.last()).toEqual([])
    time.advanceBy(10_000)
    expect(names.last()).toEqual(['b'])
    void server().kick('b', 'ana')
    time.advanceBy(100)
    expect(names.last()).toEqual([])
    second!.stop()
    see(ana.room('c', Chat).on('message'))
    time.advanceBy(100)
    const late = see(ana.with(joinedRooms).rooms$)
    expect(late.all).toEqual([['c']])
    void server().publish('c', 'message', { text: 'x' })
    time.advanceBy(100)
    expect(late.all).toHaveLength(1)
    ana.close()
    time.advanceBy(0)
    expect([late.last(), late.isComplete()]).toEqual([[], true])
    expect(see(ana.with(joinedRooms).rooms$).all).toEqual([[]])
    expect(end()).toBe(0)
  })

  it('[SE11] knows the rooms that were joined before its first use', () => {
    const { as, time, end } = scene()
    const ana = as('ana')
    see(ana.room('a', Chat).on('message'))
    time.advanceBy(100)
    expect(see(ana.with(joinedRooms).rooms$).all).toEqual([['a']])
    expect(end()).toBe(0)
  })
})

const tagOf = (session: { readonly last: () => SessionState }): string => session.last()._tag
