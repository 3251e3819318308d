import * as E from '#fp/Either'
import { concat, map, NEVER, of, range, timer } from 'rxjs'
import type { Permission } from '../../../lib/protocol/frame.js'
import { join, type RawPeer } from '../support/peer.js'
import { see } from '../../support/seen.js'
import { world, type World, type WorldOptions } from '../support/world.js'
import { plainCrypto } from '../../../lib/testing/plain-crypto.js'
import { call, shopAnswers, told } from './support.js'

const answering = shopAnswers({
  price: () => [E.right(1)],
  buy: () => [E.right(2)],
  offers: () => NEVER,
})

/** All three kinds of calls, one after the other. */
const all = (peer: RawPeer): void => {
  peer.send(call(1, 'price', 'tea'), call(2, 'buy', 'tea'), call(3, 'offers', 1))
}

const permitted = (permissions: readonly Permission[], more: WorldOptions = {}): World =>
  world({ authenticate: () => of({ user: 'ann' }), authorize: () => of(permissions), calls: answering, ...more })

describe('a call in a room', () => {
  it.each<[readonly Permission[], readonly string[]]>([
    [['read'], ['1 last 1', '2 call/forbidden terminal']],
    [['publish'], ['1 call/forbidden terminal', '2 last 2', '3 call/forbidden terminal']],
    [['history'], ['1 call/forbidden terminal', '2 call/forbidden terminal', '3 call/forbidden terminal']],
  ])(
    '[SV195] [PR174] with the permissions %j: a query and a stream need `read`, a command `publish`',
    (permissions, said) => {
      const { client, time } = permitted(permissions)
      const peer = client()
      all(peer)
      time.advanceBy(10)
      expect([...told(peer)].sort()).toEqual(said)
    },
  )

  it('[SV195] [PR174] in a room of the server is forbidden', () => {
    const { client } = permitted(['read', 'publish'])
    const peer = client()
    peer.send(call(1, 'price', 'tea', { room: '@rooms' }), call(2, 'buy', 'tea', { room: '@x' }))
    expect(told(peer)).toEqual(['1 call/forbidden terminal', '2 call/forbidden terminal'])
  })

  it('[SV196] whose permission cannot be checked is refused for now, and is answered in no later turn', () => {
    const { client } = permitted([], {
      authorize: () => {
        throw new Error('down')
      },
    })
    const peer = client()
    all(peer)
    expect([...told(peer)].sort()).toEqual([
      '1 call/unavailable retry',
      '2 call/unavailable retry',
      '3 call/unavailable retry',
    ])
  })

  it('[SV196] that ends during the check does not run', () => {
    let begun = 0
    const { client, time } = world((clock) => ({
      authorize: () => timer(10, clock).pipe(map(() => ['read', 'publish'] as const)),
      calls: shopAnswers({ price: () => [E.right(++begun)], buy: () => [E.right(++begun)] }),
    }))
    const [peer, lost] = [client(), client()]
    peer.send(call(1, 'price', 'tea'))
    lost.send(call(1, 'price', 'tea'), call(2, 'buy', 'tea'))
    peer.send({ t: 'cancel', id: 'c1' })
    lost.drop()
    time.advanceBy(10)
    expect([told(peer), begun]).toEqual([[], 0])
  })

  it('[SV197] [PR174] of a banned, a muted or an uninvited user is refused with the reason', () => {
    const { client, server, time } = permitted(['read', 'publish'])
    const rooms = ['banned', 'muted', 'closed', 'private']
    for (const name of rooms) see(server.rooms.get(name).create({ inviteOnly: name === 'private' }))
    see(server.rooms.get('banned').ban('ann', { because: 'spam' }))
    see(server.rooms.get('muted').mute('ann'))
    see(server.rooms.get('closed').close())
    time.advanceBy(10)
    const peer = client()
    let ch = 0
    for (const room of rooms)
      for (const name of ['price', 'buy', 'offers'] as const)
        peer.send(call(++ch, name, name === 'offers' ? 1 : 'tea', { room }))
    time.advanceBy(100)
    const refusals = peer.all('left')
    expect(refusals.map(({ ch: of, code, data }) => [of, code, data?.['reason']])).toEqual([
      [1, 'call/forbidden', 'room/banned'],
      [2, 'call/forbidden', 'room/banned'],
      [3, 'call/forbidden', 'room/banned'],
      [5, 'call/forbidden', 'room/muted'],
      [8, 'call/forbidden', 'room/closed'],
      [9, 'call/forbidden', 'room/closed'],
      [10, 'call/forbidden', 'room/invitation'],
      [11, 'call/forbidden', 'room/invitation'],
      [12, 'call/forbidden', 'room/invitation'],
    ])
    expect(refusals[0]?.data).toMatchObject({ because: 'spam' })
    expect(peer.all('reply').map(({ ch: of }) => of)).toEqual([4, 7])
  })

  it('[SV197] [PR174] before the answer to the join of a private room is refused for now', () => {
    const { client, server, time } = permitted(['read', 'publish'], {
      hooks: { join: () => NEVER },
      crypto: plainCrypto,
    })
    see(server.rooms.get('r').create({ password: 'secret' }))
    time.advanceBy(10)
    const peer = client()
    peer.send(join(9, 'r', { password: 'secret' }), call(1, 'price', 'tea'))
    time.advanceBy(10)
    expect(told(peer)).toEqual(['1 call/unavailable retry'])
  })

  it('[SV198] [PR174] that is a stream ends with the permission to make it: by the roles', () => {
    const { client, server } = world({
      authenticate: () => of({ user: 'ann', roles: ['guest'] }),
      authorize: ({ roles }) => of(roles.includes('guest') ? (['read'] as const) : []),
      calls: answering,
    })
    const peer = client()
    peer.send(call(1, 'offers', 1), call(2, 'price', 'tea'))
    server.sessions.update('ann', { roles: ['guest', 'more'] })
    expect(told(peer)).toEqual(['2 last 1'])
    server.sessions.update('ann', { roles: [] })
    expect(told(peer)).toEqual(['1 call/forbidden terminal'])
  })

  it('[SV198] [PR174] that is a stream writes nothing that waits, once its client may not make it', () => {
    const { client, server } = world({
      authenticate: () => of({ user: 'ann', roles: ['guest'] }),
      authorize: ({ roles }) => of(roles.includes('guest') ? (['read'] as const) : []),
      calls: shopAnswers({ offers: () => concat(range(1, 10).pipe(map((n) => E.right(String(n)))), NEVER) }),
    })
    const peer = client()
    peer.send(call(1, 'offers', 1, { credit: 1 }))
    server.sessions.update('ann', { roles: [] })
    peer.send({ t: 'credit', ch: 1, upTo: 100, seen: 1 })
    expect(told(peer)).toEqual(['1 value 1 "1"', '1 call/forbidden terminal'])
    expect(server.metrics().running).toBe(0)
  })

  it('[SV198] [PR174] that is a stream ends with the permission to make it: by a ban, or the end of the room', () => {
    const { client, server, time } = world({
      authenticate: ({ instance }) => of({ user: instance }),
      calls: answering,
    })
    for (const room of ['r', 'other']) see(server.rooms.get(room).create())
    time.advanceBy(10)
    const [peer, other] = [client(), client()]
    for (const each of [peer, other])
      each.send(call(1, 'offers', 1, { withinMs: 2 ** 30 }), call(2, 'offers', 1, { room: 'other' }))
    time.advanceBy(10)
    see(server.rooms.get('r').ban('i1'))
    time.advanceBy(100)
    expect([told(peer), told(other)]).toEqual([['1 call/forbidden terminal'], []])
    see(server.rooms.get('r').close())
    time.advanceBy(100)
    expect([told(peer), told(other)]).toEqual([[], ['1 call/forbidden terminal']])
  })
})
