import { of } from 'rxjs'
import type { Permission } from '../../lib/protocol/frame.js'
import type { RoomServerOptions } from '../../lib/server/options.js'
import { join, pub } from '../server/support/peer.js'
import { brief, rig, sorted } from './rig.js'

const authenticate: RoomServerOptions['authenticate'] = ({ token = '' }) => of({ user: token })
const authorize: RoomServerOptions['authorize'] = ({ user, room }) =>
  of<Permission[]>(user === 'boss' ? ['read', 'publish', 'history'] : room === '@all' ? ['read'] : ['read', 'history'])

const ask = (ch: number, room: string) => ({ t: 'history', ch, room, count: 10 }) as const

describe('events on the wire', () => {
  it('[PR191] @all has the messages to all, @user those to the user who joins it, published under the name of the user', () => {
    const { guest, time } = rig({ authenticate, authorize })
    const [ann, bob] = ['ann', 'bob'].map((token, at) =>
      guest(`i${at}`, { token, rooms: [join(1, '@all'), join(2, '@user')] }),
    )
    const boss = guest('boss', { token: 'boss' })
    time.advanceBy(0)
    ann!.news()
    bob!.news()
    boss.send(pub(1, '@all', 1), pub(2, '@user/ann', 1), pub(3, '@user', 1), pub(4, '@user/', 1))
    time.advanceBy(0)
    expect(sorted(brief(ann!.news()))).toEqual(['m 1 1 p1.1', 'm 2 1 p1.1'])
    expect(brief(bob!.news())).toEqual(['m 1 1 p1.1'])
    expect(boss.all('refused').map(({ ref, code }) => [ref, code])).toEqual([
      [3, 'delivery/forbidden'],
      [4, 'delivery/forbidden'],
    ])
    ann!.send(ask(3, '@user'))
    time.advanceBy(0)
    expect(ann!.all('page')).toMatchObject([{ ch: 3, head: 1, base: 0 }])
  })

  it('[PR192] [PR58] they need the permissions, which every session has for reading where nothing else decides', () => {
    const { guest, time } = rig({ authenticate, authorize })
    const ann = guest('i1', { token: 'ann', rooms: [join(1, '@all'), join(2, '@user')] })
    ann.send(pub(1, '@all', 1), pub(2, '@user/ann', 1), ask(3, '@all'))
    time.advanceBy(0)
    expect(ann.all('joined').map(({ permissions }) => permissions)).toEqual([['read'], ['read', 'history']])
    expect(ann.all('refused').map(({ code }) => code)).toEqual(['delivery/forbidden', 'delivery/forbidden'])
    expect(ann.all('left')).toMatchObject([{ ch: 3, code: 'room/forbidden' }])
    const open = rig().guest('i1', { rooms: [join(1, '@all'), join(2, '@user')] })
    open.send(pub(1, '@all', 1))
    expect(open.all('joined').map(({ permissions }) => permissions)).toEqual([
      ['read', 'history'],
      ['read', 'history'],
    ])
    expect(open.all('refused')).toMatchObject([{ ref: 1, code: 'delivery/forbidden' }])
  })

  it('[PR193] [PR145] nobody joins @user/ with a name, or any other such room, nor reads its history', () => {
    const { guest, time } = rig({ authenticate, authorize })
    const boss = guest('boss', { token: 'boss' })
    const names = ['@user/ann', '@user/boss', '@user/', '@all/x', '@', '@users']
    boss.send(...names.flatMap((room, at) => [join(2 * at + 1, room), ask(2 * at + 2, room)]))
    time.advanceBy(0)
    expect(boss.all('left').map(({ code }) => code)).toEqual(Array<string>(12).fill('room/forbidden'))
    expect(boss.all('joined')).toEqual([])
  })

  it('[PR194] they have no tables, whoever asks, and always exist', () => {
    const { guest, time } = rig({ authenticate, authorize })
    const boss = guest('boss', {
      token: 'boss',
      rooms: [join(1, '@all', { mustExist: true }), join(2, '@user', { mustExist: true })],
    })
    time.advanceBy(0)
    expect(boss.all('joined')).toHaveLength(2)
    const tables = ['shared', 'members', 'leader', 'room', 'seats', 'bans']
    for (const ch of [1, 2]) for (const of of tables) boss.send({ t: 'view', ch, of, view: 'all' })
    const rooms = ['@all', '@user', '@user/ann']
    boss.send(
      ...rooms.flatMap((room, at) =>
        tables.map((of, n) => ({ t: 'put', ch: 10 + at * 10 + n, room, of, key: 'k', value: {} }) as const),
      ),
    )
    time.advanceBy(1_000)
    expect([boss.all('rows'), boss.all('change'), boss.all('count'), boss.all('put.ok')]).toEqual([[], [], [], []])
    expect(boss.all('left').map(({ code }) => code)).toEqual(Array<string>(18).fill('room/forbidden'))
  })

  it('[PR195] they count for the limit of rooms', () => {
    const { guest, time } = rig({ limits: { rooms: 2 } })
    const peer = guest('i1', { rooms: [join(1, '@all'), join(2, '@user'), join(3, 'a')] })
    time.advanceBy(0)
    expect(peer.all('left')).toMatchObject([{ ch: 3, code: 'room/limit' }])
  })

  it('[PR196] a position as one user is one of another log as another user, and a position of an ordinary room too', () => {
    const { guest, time } = rig({ authenticate, authorize })
    const boss = guest('boss', { token: 'boss' })
    boss.send(...['ann', 'bob'].map((user, at) => pub(at + 1, `@user/${user}`, 1, { producer: user })))
    boss.send(pub(3, 'lobby', 1))
    time.advanceBy(0)
    const [ann] = [guest('i1', { token: 'ann', rooms: [join(1, '@user')] })]
    time.advanceBy(0)
    const { epoch } = ann.all('joined')[0]!
    const from = { epoch, offset: 1 }
    const again = guest('i2', { token: 'ann', rooms: [join(1, '@user', { from })] })
    const other = guest('i3', { token: 'bob', rooms: [join(1, '@user', { from })] })
    const plain = { epoch: epoch.slice(0, epoch.indexOf('.')), offset: 1 }
    const bare = guest('i4', { token: 'ann', rooms: [join(1, '@user', { from: plain })] })
    time.advanceBy(0)
    expect([again, other, bare].map((peer) => peer.all('joined')[0])).toMatchObject([
      { epoch, recovered: true, base: 1 },
      { recovered: false, because: 'epoch', base: 0 },
      { epoch, recovered: false, because: 'epoch', base: 0 },
    ])
    expect(other.all('joined')[0]!.epoch).not.toBe(epoch)
    other.send({ t: 'history', ch: 2, room: '@user', count: 10, after: from })
    time.advanceBy(0)
    expect(other.all('page')).toMatchObject([{ ch: 2, recovered: false, because: 'epoch' }])
  })

  it('[PR197] a user whose name leaves no place for it has no such room', () => {
    const { guest, time } = rig({ authenticate, authorize })
    const [fits, long] = ['x'.repeat(250), 'x'.repeat(251)].map((token, at) =>
      guest(`i${at}`, { token, rooms: [join(1, '@user')] }),
    )
    time.advanceBy(0)
    expect([fits!.all('joined').length, long!.all('left').map(({ code }) => code)]).toEqual([1, ['room/forbidden']])
  })
})
