import { delay, map, of } from 'rxjs'
import * as E from '#fp/Either'
import type { Answer, Engine } from '../../lib/server/engine.js'
import type { Permission, UserData } from '../../lib/protocol/frame.js'
import type { RoomServerOptions } from '../../lib/server/options.js'
import type { SessionTarget } from '../../lib/server/server-sessions.js'
import { left, right, see } from '../support/seen.js'
import { hello, join, pub } from './support/peer.js'
import { world, type WorldOptions } from './support/world.js'

/** Tokens are `user:role:lifetime`. */
const authenticate: RoomServerOptions['authenticate'] = ({ token = '' }) => {
  const [user = '', role = '', lifetime] = token.split(':')
  return [{ user, roles: role === '' ? [] : [role], ...(lifetime && { expiresInMs: Number(lifetime) }) }]
}

/** Admins may everything, others read in `open`. */
const authorize: RoomServerOptions['authorize'] = ({ roles, room }) =>
  of<Permission[]>(roles.includes('admin') ? ['read', 'publish'] : room === 'open' ? ['read'] : [])

const can = ['seen', 'granted', 'session']
const scene = (more: WorldOptions = {}) => world({ authenticate, authorize, ...more })

/** An engine whose claims and revocations take a second. */
const slow =
  (here: () => { readonly time: Parameters<typeof delay>[1] }) =>
  (engine: Engine): Engine => {
    const late = <T>(answer: Answer<T>): Answer<T> => answer.pipe(delay(1_000, here().time))
    return {
      ...engine,
      claim: (claim) => late(engine.claim(claim)),
      revoke: (user, session) => late(engine.revoke!(user, session)),
    }
  }

/** A world with a slow engine. */
const slowScene = () => {
  const made: ReturnType<typeof world> = scene({ engine: slow(() => made) })
  return made
}

describe('sessions of users', () => {
  it('[SE1] are listed, the oldest first, with what the server knows of them', () => {
    const { client, server, time } = scene()
    client({ token: 'ann:admin:60000', rooms: [join(1, 'r'), join(2, 'open')] })
    time.advanceTo(1_000)
    const second = client({ token: 'ann' })
    client({ token: 'bob' })
    second.send(pub(1, 'open', 1))
    time.advanceTo(5_000)
    second.send({ t: 'pong', n: 1 }, { t: 'seen', n: 0 }, { t: 'ping', n: 2 })
    const expected = [
      {
        id: 'id1',
        instance: 'i1',
        user: 'ann',
        roles: ['admin'],
        since: 0,
        lastActiveAt: 0,
        expiresAt: 60_000,
        rooms: ['r', 'open'],
        resumed: false,
      },
      {
        id: 'id4',
        instance: 'i2',
        user: 'ann',
        roles: [],
        since: 1_000,
        lastActiveAt: 1_000,
        rooms: [],
        resumed: false,
      },
    ]
    expect(right(see(server.sessions.of('ann')).only())).toEqual(expected)
    second.send(join(1, 'open'))
    time.advanceBy(0)
    expect(right(see(server.sessions.of('ann')).only())[1]).toMatchObject({ lastActiveAt: 5_000, rooms: ['open'] })
    second.send({ t: 'leave', ch: 1 })
    expect(right(see(server.sessions.of('ann')).only())[1]).toMatchObject({ rooms: [] })
    second.drop()
    expect(right(see(server.sessions.of('ann')).only())).toHaveLength(1)
    expect(right(see(server.sessions.of('nobody')).only())).toEqual([])
  })

  it('[SE1] [PR120] a session keeps its id and its start over links, and is resumed by its secret alone', () => {
    const { client, server, time } = scene()
    const [welcome] = client({ token: 'ann', session: { instance: 'x', generation: 1 } }).all('welcome')
    time.advanceTo(1_000)
    const { resume } = welcome!.session
    const again = client({ token: 'ann:admin', session: { instance: 'x', generation: 2, resume } }).all('welcome')
    expect(again).toMatchObject([{ session: welcome!.session, since: 0, resumed: true, roles: ['admin'] }])
    expect(right(see(server.sessions.of('ann')).only())).toMatchObject([{ since: 0, resumed: true, roles: ['admin'] }])
    const other = client({ token: 'ann', session: { instance: 'x', generation: 3 } }).all('welcome')
    expect(other).toMatchObject([{ since: 1_000, resumed: false }])
    const stolen = client({ token: 'bob', session: { instance: 'x', generation: 4, resume } }).all('welcome')
    expect(stolen).toMatchObject([{ user: 'bob', resumed: false, since: 1_000 }])
    expect(stolen[0]!.session.id).not.toBe(welcome!.session.id)
  })

  it('[SE1] an engine that keeps no starts: only that of a continued session is unknown', () => {
    const here = scene({
      engine: (engine) => ({
        ...engine,
        claim: (claim) =>
          engine.claim(claim).pipe(
            map((answer) => {
              if (E.isLeft(answer) || answer.right._tag !== 'Granted') return answer
              const { since, ...granted } = answer.right
              return E.right(granted)
            }),
          ),
      }),
    })
    here.time.advanceTo(500)
    const first = here.client({ token: 'ann', session: { instance: 'x', generation: 1 } }).all('welcome')[0]!
    const { resume } = first.session
    const next = here.client({ token: 'ann', session: { instance: 'x', generation: 2, resume } }).all('welcome')[0]!
    expect([first.since, next.since, next.resumed]).toEqual([500, undefined, true])
  })

  it('[SE5] data of the identity is told, and data that is none is a fault of the hook', () => {
    const data = (value: unknown) => {
      const here = world({ authenticate: () => [{ user: 'ann', data: value as UserData }] })
      const peer = here.client({ token: 'x' })
      return { ...here, told: peer.all('welcome')[0]?.data, codes: peer.all('refused').map(({ code }) => code) }
    }
    const given = { name: 'Ann', tags: ['a'], born: new Date(0) }
    expect(data(given).told).toEqual({ name: 'Ann', tags: ['a'], born: '1970-01-01T00:00:00.000Z' })
    expect(data({ text: 'x'.repeat(4_096 - 11) }).told).toBeDefined()
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    const bad = [7, 'x', null, [1], { text: 'é'.repeat(2_048) }, { a: Number.NaN }, { f: () => 1 }, cycle]
    for (const value of [
      ...bad,
      {
        get a() {
          throw new Error('no')
        },
      },
    ]) {
      const { codes, faults } = data(value)
      expect(codes).toEqual(['auth/unavailable'])
      expect(faults[0]).toMatchObject({
        where: 'hook',
        message: expect.stringContaining('data as a plain object') as string,
      })
    }
  })
})

describe('update', () => {
  it('[SE2] [PR121] changes roles and data on the live link, and the permissions follow', () => {
    const { client, server, time } = scene()
    const [peer, old] = [can, ['seen']].map((each) =>
      client({ can: each, token: 'ann:admin', rooms: [join(1, 'r'), join(2, 'open')] }),
    )
    const stranger = client({ can, token: 'bob:admin', rooms: [join(1, 'r')] })
    const done = see(server.sessions.update('ann', { roles: ['guest'], data: { name: 'Ann' } }))
    time.advanceBy(0)
    expect(right(done.only())).toEqual({ sessions: 2 })
    expect(peer!.all('session')).toEqual([{ t: 'session', roles: ['guest'], data: { name: 'Ann' } }])
    expect(old!.all('session')).toEqual([])
    for (const each of [peer!, old!])
      expect(each.all('left')).toMatchObject([{ ch: 1, code: 'room/forbidden', kind: 'terminal' }])
    expect(peer!.all('granted')).toEqual([{ t: 'granted', ch: 2, permissions: ['read'] }])
    expect([stranger.all('session'), stranger.all('left')]).toEqual([[], []])
    peer!.send(pub(7, 'open', 1))
    expect(peer!.all('refused')).toMatchObject([{ ref: 7, code: 'delivery/forbidden' }])
    const [first] = right(see(server.sessions.of('ann')).only())
    expect(first).toMatchObject({ roles: ['guest'], data: { name: 'Ann' }, rooms: ['open'] })
    void server.sessions.update('ann', { roles: ['admin'] })
    time.advanceBy(0)
    expect(peer!.all('session').at(-1)).toEqual({ t: 'session', roles: ['admin'], data: { name: 'Ann' } })
    expect(peer!.all('granted').at(-1)).toEqual({ t: 'granted', ch: 2, permissions: ['read', 'publish'] })
  })

  it('[SE2] of one session changes that one', () => {
    const { client, server } = scene()
    const peers = [1, 2].map(() => client({ can, token: 'ann' }))
    const [, second] = right(see(server.sessions.of('ann')).only())
    const done = see(server.sessions.update({ user: 'ann', session: second!.id }, { data: { n: 1 } }))
    expect(right(done.only())).toEqual({ sessions: 1 })
    expect(peers.map((peer) => peer.all('session').length)).toEqual([0, 1])
    const none = see(server.sessions.update({ user: 'bob', session: second!.id }, { data: { n: 2 } }))
    expect(right(none.only())).toEqual({ sessions: 0 })
  })

  it('[SE2] takes roles and data as they were at the call, and tells nothing that has not changed', () => {
    const { client, server } = scene()
    const peer = client({ can, token: 'ann:admin' })
    const [roles, data] = [['a'], { name: 'A' }]
    void server.sessions.update('ann', { roles, data })
    roles.push('b')
    data.name = 'B'
    void server.sessions.update('ann', {})
    void server.sessions.update('ann', { roles: ['a'] })
    expect(peer.all('session')).toEqual([{ t: 'session', roles: ['a'], data: { name: 'A' } }])
    expect(right(see(server.sessions.of('ann')).only())[0]).toMatchObject({ data: { name: 'A' }, roles: ['a'] })
  })

  it('[SE2] holds until the client authenticates again', () => {
    const { client, server } = scene()
    const peer = client({ can, token: 'ann:guest:10000' })
    void server.sessions.update('ann', { roles: ['admin'], data: { n: 1 } })
    peer.send({ t: 'auth', ref: 1, token: 'ann:guest:10000' })
    expect(peer.all('session')).toEqual([
      { t: 'session', roles: ['admin'], data: { n: 1 } },
      { t: 'session', roles: ['guest'] },
    ])
    peer.send({ t: 'auth', ref: 2, token: 'ann:guest:20000' })
    expect(peer.all('session')).toHaveLength(2)
    expect(right(see(server.sessions.of('ann')).only())[0]).toMatchObject({ expiresAt: 20_000, roles: ['guest'] })
  })

  it('[SE2] reaches a client whose claim is under way', () => {
    const { client, server, time } = slowScene()
    const peer = client({ token: 'ann:guest', rooms: [join(1, 'r')] })
    time.advanceBy(500)
    expect(right(see(server.sessions.update('ann', { roles: ['admin'] })).only())).toEqual({ sessions: 0 })
    time.advanceBy(1_000)
    expect(peer.all('welcome')).toMatchObject([{ roles: ['admin'] }])
    expect(peer.all('joined')).toHaveLength(1)
  })
})

describe('revoke', () => {
  it('[SE3] [PR122] ends every session of a user, whose secrets continue nothing', () => {
    const { client, server } = scene()
    const sessions = ['x', 'y'].map((instance) => ({ instance, generation: 1 }))
    const peers = sessions.map((session) => client({ token: 'ann', session }))
    const stranger = client({ token: 'bob' })
    const done = see(server.sessions.revoke('ann', { message: 'Your account was closed.' }))
    expect(right(done.only())).toEqual({ sessions: 2 })
    for (const peer of peers) {
      expect(peer.all('refused')).toEqual([
        { t: 'refused', code: 'session/revoked', kind: 'terminal', message: 'Your account was closed.' },
      ])
      expect(peer.closedWith()).toBe(4403)
    }
    expect(stranger.closedWith()).toBeUndefined()
    const { id, resume } = peers[0]!.all('welcome')[0]!.session
    const back = client({ token: 'ann', session: { instance: 'x', generation: 2, resume } })
    expect(back.all('refused')).toMatchObject([{ code: 'session/revoked', kind: 'terminal' }])
    expect(back.closedWith()).toBe(4403)
    const fresh = client({ token: 'ann', session: { instance: 'x', generation: 3 } })
    expect(fresh.all('welcome')).toMatchObject([{ resumed: false }])
    expect(fresh.all('welcome')[0]!.session.id).not.toBe(id)
  })

  it('[SE3] ends one session, also that of a client that is offline', () => {
    const { client, server } = scene()
    const peers = ['x', 'y'].map((instance) => client({ token: 'ann', session: { instance, generation: 1 } }))
    const [first, second] = peers.map((peer) => peer.all('welcome')[0]!.session)
    peers[0]!.drop()
    expect(right(see(server.sessions.revoke({ user: 'ann', session: first!.id })).only())).toEqual({ sessions: 0 })
    const back = client({ token: 'ann', session: { instance: 'x', generation: 2, resume: first!.resume } })
    expect(back.all('refused')).toMatchObject([{ code: 'session/revoked' }])
    expect(peers[1]!.closedWith()).toBeUndefined()
    expect(right(see(server.sessions.of('ann')).only()).map(({ id }) => id)).toEqual([second!.id])
  })

  it('[SE3] reaches a client whose claim is under way', () => {
    const { client, server, time, socket } = slowScene()
    const peer = client({ token: 'ann' })
    time.advanceBy(500)
    const gone = socket()
    gone.send(hello({ token: 'ann', session: { instance: 'gone', generation: 1 } }))
    gone.drop()
    const done = see(server.sessions.revoke('ann'))
    time.advanceBy(2_000)
    expect(right(done.only())).toEqual({ sessions: 0 })
    expect(peer.all('refused')).toMatchObject([{ code: 'session/revoked' }])
    expect(right(see(server.sessions.of('ann')).only())).toEqual([])
    const later = client({ token: 'ann', session: { instance: 'later', generation: 1 } })
    time.advanceBy(1_000)
    expect(later.all('welcome')).toHaveLength(1)
  })

  it('[SE3] says if the engine did not record it, and needs none that can', () => {
    const failing = scene({ engine: (engine) => ({ ...engine, revoke: () => of(E.left({ message: 'no disk' })) }) })
    const peer = failing.client({ token: 'ann' })
    const error = left(see(failing.server.sessions.revoke('ann')).only())
    expect(error).toMatchObject({ code: 'server/unavailable', message: expect.stringContaining('no disk') as string })
    expect(peer.closedWith()).toBe(4403)
    const lacking = scene({
      engine: ({ revoke, ...engine }) => engine,
    })
    lacking.client({ token: 'ann' })
    expect(right(see(lacking.server.sessions.revoke('ann')).only())).toEqual({ sessions: 1 })
  })
})

describe('sessionsPerUser', () => {
  it('[SE4] [PR123] the newest stay, the oldest hears that it was replaced', () => {
    const { client, time } = scene({ sessionsPerUser: 2 })
    const peers = [1, 2, 3, 4].map((n) => {
      time.advanceTo(n * 1_000)
      return client({ token: 'ann', session: { instance: `x${n}`, generation: 1 } })
    })
    expect(peers.map((peer) => peer.closedWith())).toEqual([4409, 4409, undefined, undefined])
    expect(peers[0]!.all('refused')).toMatchObject([{ code: 'session/replaced', kind: 'terminal' }])
    expect(client({ token: 'bob' }).closedWith()).toBeUndefined()
  })

  it('[SE4] an earlier session that comes back does not end a later one, and another link of a client is no other session', () => {
    const { client, time } = scene({ sessionsPerUser: 1 })
    const first = client({ token: 'ann', session: { instance: 'x', generation: 1 } })
    time.advanceTo(1_000)
    const { resume } = first.all('welcome')[0]!.session
    const relinked = client({ token: 'ann', session: { instance: 'x', generation: 2, resume } })
    expect(first.all('refused')).toMatchObject([{ code: 'session/superseded' }])
    relinked.drop()
    time.advanceTo(2_000)
    const second = client({ token: 'ann', session: { instance: 'y', generation: 1 } })
    time.advanceTo(3_000)
    const back = client({ token: 'ann', session: { instance: 'x', generation: 3, resume } })
    expect(back.all('refused')).toMatchObject([{ code: 'session/replaced', kind: 'terminal' }])
    expect([back.closedWith(), second.closedWith()]).toEqual([4409, undefined])
    const fresh = client({ token: 'ann', session: { instance: 'x', generation: 4 } })
    expect([fresh.closedWith(), second.closedWith()]).toEqual([undefined, 4409])
  })

  it('[SE4] has no effect without users', () => {
    const { client } = world({ sessionsPerUser: 1 })
    expect([client(), client()].map((peer) => peer.closedWith())).toEqual([undefined, undefined])
  })
})

describe('invalid calls', () => {
  const targets: readonly unknown[] = [
    '',
    7,
    null,
    undefined,
    { user: 'ann' },
    { user: 'ann', session: '' },
    'x'.repeat(257),
  ]
  const changes: readonly unknown[] = [
    null,
    7,
    { role: ['x'] },
    { roles: 'x' },
    { roles: [1] },
    { roles: ['x'.repeat(8_192)] },
    { data: null },
    { data: [1] },
    new Map([['data', {}]]),
    new Date(),
    { data: { text: 'x'.repeat(4_096) } },
    {
      get data() {
        throw new Error('no')
      },
    },
  ]

  it('[SE5] [CT24] are a Left that names the option, and change nothing', () => {
    const { client, server } = scene()
    const peer = client({ can, token: 'ann' })
    const { of: list, update, revoke } = server.sessions
    for (const target of targets) {
      for (const call of [() => update(target as SessionTarget, {}), () => revoke(target as SessionTarget)])
        expect(left(see(call()).only())).toMatchObject({ _tag: 'ConfigError', code: 'config/invalid' })
      if (typeof target !== 'object' || target === null)
        expect(left(see(list(target as string)).only()).code).toBe('config/invalid')
    }
    for (const change of changes)
      expect(left(see(update('ann', change as object)).only())).toMatchObject({ code: 'config/invalid' })
    expect(left(see(revoke('ann', { mesage: 'x' } as object)).only())).toMatchObject({ option: 'mesage' })
    expect(left(see(update('ann', {}, { withinMs: -1 })).only())).toMatchObject({ option: 'withinMs' })
    expect([peer.all('session'), peer.closedWith()]).toEqual([[], undefined])
  })

  it('[SE5] so are those of a server with invalid options', () => {
    for (const sessionsPerUser of [0, 1.5, '1', null, -1]) {
      const { server } = scene({ sessionsPerUser: sessionsPerUser as number })
      expect(left(see(server.sessions.of('ann')).only())).toMatchObject({ option: 'sessionsPerUser' })
      expect(left(see(server.sessions.revoke('ann')).only())).toMatchObject({ option: 'sessionsPerUser' })
    }
    expect(right(see(scene({ sessionsPerUser: Infinity }).server.sessions.of('ann')).only())).toEqual([])
  })
})
