import { delay, NEVER, of } from 'rxjs'
import { right } from '#fp/Either'
import type { Permission } from '../../lib/protocol/frame.js'
import type { Identity, RoomServerOptions } from '../../lib/server/options.js'
import { hello, join, pub } from './support/peer.js'
import { world } from './support/world.js'

/** Tokens are `user:role:lifetime`; `!` is refused. */
const authenticate: RoomServerOptions['authenticate'] = ({ token = '' }) => {
  const [user = '', role = '', lifetime] = token.split(':')
  if (user === '!') return of(null)
  const identity: Identity = { user, roles: [role] }
  return of(lifetime === undefined ? identity : { ...identity, expiresInMs: Number(lifetime) })
}

/** Admins may everything, guests only in `open`. */
const authorize: RoomServerOptions['authorize'] = ({ roles, room }) =>
  of<Permission[]>(roles.includes('admin') || room === 'open' ? ['read', 'publish'] : [])

describe('renewal', () => {
  it('[SV60] another token for the same user is taken on the live link, and its lifetime counts', () => {
    const { client, time } = world({ authenticate })
    const peer = client({ token: 'ann::10000' })
    time.advanceTo(9_000)
    peer.send({ t: 'auth', ref: 1, token: 'ann::20000' })
    expect(peer.all('auth.ok')).toEqual([{ t: 'auth.ok', ref: 1, expiresInMs: 20_000 }])
    time.advanceTo(28_999)
    expect(peer.closedWith()).toBeUndefined()
    peer.send({ t: 'auth', ref: 2, token: 'ann:' })
    expect(peer.all('auth.ok').at(-1)).toEqual({ t: 'auth.ok', ref: 2 })
    time.advanceTo(1_000_000)
    expect(peer.closedWith()).toBeUndefined()
  })

  it.each([
    ['in whole milliseconds', '1999.9', 1_999],
    ['not at all if it never ends', 'Infinity', undefined],
  ])('[SV60] a lifetime is told %s', (_, lifetime, told) => {
    const peer = world({ authenticate }).client({ token: `ann::${lifetime}` })
    expect(peer.all('welcome').map(({ tokenExpiresInMs }) => tokenExpiresInMs)).toEqual([told])
  })

  it.each([
    ['auth/rejected', 'reauth', '!'],
    ['auth/subject', 'terminal', 'bob'],
  ])('[SV61] %s refuses the frame and not the link', (code, kind, token) => {
    const { client, server } = world({ authenticate })
    const peer = client({ token: 'ann::10000', rooms: [join(1, 'r')] })
    peer.send({ t: 'auth', ref: 7, token })
    expect(peer.all('refused')).toMatchObject([{ ref: 7, code, kind }])
    expect(peer.closedWith()).toBeUndefined()
    server.publish('r', 'e', 1)
    expect(peer.all('m')).toHaveLength(1)
  })

  it('[SV61] so does a check that fails or does not come', () => {
    let isDown = false
    const { socket, time } = world({ authenticate: () => (isDown ? NEVER : of({ user: 'ann' })) })
    const peer = socket()
    peer.send(hello({ token: 'x' }))
    isDown = true
    peer.send({ t: 'auth', ref: 1, token: 'y' })
    time.advanceBy(10_000)
    expect(peer.all('refused')).toMatchObject([{ ref: 1, code: 'auth/unavailable', kind: 'retry' }])
    expect(peer.closedWith()).toBeUndefined()
  })

  it('[SV62] rooms that lost the permission to read are left, others go on', () => {
    const { client, server, time } = world({ authenticate, authorize })
    const peer = client({ token: 'ann:admin', rooms: [join(1, 'open'), join(2, 'closed'), join(3, 'shut')] })
    peer.send({ t: 'auth', ref: 1, token: 'ann:guest' })
    time.advanceBy(0)
    expect(peer.all('left').map(({ ch, code }) => [ch, code])).toEqual([
      [2, 'room/forbidden'],
      [3, 'room/forbidden'],
    ])
    for (const room of ['open', 'closed']) server.publish(room, 'e', 1)
    expect(peer.all('m').map(([, ch]) => ch)).toEqual([1])
    peer.send(pub(2, 'open', 1), pub(3, 'closed', 1))
    expect(peer.all('a')).toHaveLength(1)
    expect(peer.all('refused')).toMatchObject([{ ref: 3, code: 'delivery/forbidden' }])
  })

  it('[SV62] [PR90] rooms in which something else changed are told so, to whom it means something', () => {
    const { client, time } = world({
      authenticate,
      authorize: ({ roles, room }) =>
        of<Permission[]>(
          room === 'same' ? ['read'] : roles.includes('admin') ? ['read', 'publish', 'history'] : ['read'],
        ),
    })
    const peers = [['seen', 'granted'], ['seen']].map((can) =>
      client({
        can,
        token: 'ann:admin',
        rooms: [join(1, 'r'), join(2, 'same')],
        session: { instance: can.join(), generation: 1 },
      }),
    )
    for (const role of ['guest', 'guest', 'admin']) {
      for (const peer of peers) peer.send({ t: 'auth', ref: 1, token: `ann:${role}` })
      time.advanceBy(0)
    }
    expect(peers.map((peer) => peer.all('granted'))).toEqual([
      [
        { t: 'granted', ch: 1, permissions: ['read'] },
        { t: 'granted', ch: 1, permissions: ['read', 'publish', 'history'] },
      ],
      [],
    ])
    expect(peers.map((peer) => peer.all('left'))).toEqual([[], []])
  })

  it('[SV62] many rooms are asked about in slices', () => {
    let asked = 0
    const { client, time } = world({
      authenticate,
      authorize: () => {
        asked++
        return of<Permission[]>(['read'])
      },
    })
    const rooms = Array.from({ length: 500 }, (_, at) => join(at + 1, `r${at}`))
    const peer = client({ token: 'ann:admin', rooms })
    time.advanceBy(0)
    expect(asked).toBe(500)
    peer.send({ t: 'auth', ref: 1, token: 'ann:guest' })
    expect(asked).toBeLessThan(600)
    expect(peer.all('auth.ok')).toHaveLength(1)
    time.advanceBy(0)
    expect(asked).toBe(1_000)
  })

  it('[SV62] a permission that is asked for while the roles change is that of the new roles', () => {
    const { client, time } = world((clock) => ({
      authenticate,
      authorize: (access) => of([...(access.roles.includes('admin') ? ['read' as const] : [])]).pipe(delay(10, clock)),
    }))
    const peer = client({ token: 'ann:admin', rooms: [join(1, 'r')] })
    time.advanceBy(5)
    peer.send({ t: 'auth', ref: 1, token: 'ann:guest' })
    time.advanceBy(100)
    expect(peer.all('joined')).toEqual([])
    expect(peer.all('left')).toMatchObject([{ ch: 1, code: 'room/forbidden' }])
  })

  it('[SV63] a token that ends without another one is told in band and closed with 4401', () => {
    const { client, time } = world({ authenticate })
    const peer = client({ token: 'ann::60000' })
    time.advanceTo(59_999)
    expect(peer.closedWith()).toBeUndefined()
    time.advanceTo(60_000)
    expect(peer.all('refused')).toMatchObject([{ code: 'auth/expired', kind: 'reauth' }])
    expect(peer.closedWith()).toBe(4401)
  })

  it('[SV63] lifetimes longer than timers can hold are waited for', () => {
    const { client, time } = world({ authenticate })
    const peer = client({ token: `ann::${26 * 86_400_000}` })
    time.advanceTo(25 * 86_400_000)
    expect(peer.closedWith()).toBeUndefined()
    time.advanceTo(26 * 86_400_000)
    expect(peer.closedWith()).toBe(4401)
  })

  it("[SV105] the application ends the time of a user's tokens: every link of theirs, and of nobody else", () => {
    const { client, server } = world({ authenticate })
    const [ann, again, bob] = [client({ token: 'ann' }), client({ token: 'ann' }), client({ token: 'bob' })]
    const results: unknown[] = []
    server.expire('ann').subscribe((result) => results.push(result))
    server.expire('ann').subscribe((result) => results.push(result))
    for (const peer of [ann, again]) {
      expect(peer.all('refused')).toMatchObject([{ code: 'auth/expired', kind: 'reauth' }])
      expect(peer.closedWith()).toBe(4401)
    }
    expect(bob.closedWith()).toBeUndefined()
    expect(results).toEqual([right({ sessions: 2 }), right({ sessions: 0 })])
    expect(client({ token: 'ann' }).all('welcome')).toHaveLength(1)
  })

  it('[SV64] of two tokens the newer one counts', () => {
    const { client, time } = world((clock) => ({
      authenticate: ({ token = '' }) => of({ user: 'ann', roles: [token] }).pipe(delay(10, clock)),
    }))
    const peer = client({ token: 'a' })
    time.advanceBy(10)
    peer.send({ t: 'auth', ref: 1, token: 'b' })
    time.advanceBy(5)
    peer.send({ t: 'auth', ref: 2, token: 'c' })
    time.advanceBy(100)
    expect(peer.all('refused')).toMatchObject([{ ref: 1, code: 'auth/superseded', kind: 'retry' }])
    expect(peer.all('auth.ok')).toEqual([{ t: 'auth.ok', ref: 2 }])
  })

  it('[SV64] a renewal that is under way when the link is lost is void', () => {
    const { client, time, faults } = world((clock) => ({
      authenticate: ({ token }) => of({ user: 'ann' }).pipe(delay(token === undefined ? 0 : 50, clock)),
    }))
    const peer = client()
    time.advanceBy(0)
    peer.send({ t: 'auth', ref: 1, token: 'b' })
    peer.drop()
    time.advanceBy(1_000)
    expect(peer.all('auth.ok')).toEqual([])
    expect(faults).toEqual([])
    expect(time.pending()).toBe(0)
  })
})
