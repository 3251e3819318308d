import type { RoomDetails } from '../../lib/protocol/room-info.js'
import type { Put } from '../../lib/protocol/frame.js'
import type { Result } from '../../lib/core/result.js'
import { now } from './support/engine.js'
import { join, pub, type RawPeer } from './support/peer.js'
import { world } from './support/world.js'
import { codeOf, left, right, see } from '../support/seen.js'

const dayMs = 24 * 3_600_000

const put = (ch: number, of: string, key: string, value?: unknown, more: Partial<Put> = {}): Put => ({
  t: 'put',
  ch,
  room: 'r',
  of,
  key,
  ...(value !== undefined && { value }),
  ...more,
})
const create = (ch: number, value: object = { id: 'c1' }): Put => put(ch, 'room', 'info', value, { ifNew: true })

describe('server.rooms', () => {
  it('[SV143] info, update and close of a room, at the call, and for rooms that nobody uses', () => {
    const { server, client, time } = world()
    client().send(create(1, { id: 'c1', capacity: 3 }))
    const room = server.rooms.get('r')
    expect(room.name).toBe('r')
    const info = (name = 'r'): RoomDetails | undefined => right(see(server.rooms.get(name).info()).only())
    expect(info()).toMatchObject({ id: 'c1', capacity: 3 })
    expect(Object.isFrozen(info()?.by)).toBe(true)
    expect(info('other')).toBeUndefined()
    right(see(room.update({ capacity: null, metadata: { topic: 'tea' } })).only())
    expect(info()).not.toHaveProperty('capacity')
    expect(left(see(server.rooms.get('other').update({})).only())).toMatchObject({
      code: 'room/not-found',
      room: 'other',
    })
    right(see(room.close({ because: 'over' })).only())
    right(see(room.close({ because: 'again' })).only())
    expect(info()?.closed).toEqual({ at: 0, because: 'over' })
    expect(left(see(room.update({})).only())).toMatchObject({ code: 'room/closed', data: { at: 0, because: 'over' } })
    time.advanceBy(1_000)
    server.close()
  })

  it('[SV144] wrong names, users and options are answered, and a server with an invalid option answers its fault', () => {
    const { server } = world()
    const room = server.rooms.get('r')
    const outcomes = [
      server.rooms.get('').info(),
      room.update({ capacity: 0.5 }),
      room.update({ metadata: { text: 'x'.repeat(1_025) } }),
      room.close({ because: '' }),
      room.kick(''),
      room.ban('u', { forMs: -1 }),
      room.unmute(7 as unknown as string),
    ]
    expect(outcomes.map((each) => codeOf(see<Result<unknown>>(each).only()))).toEqual(
      outcomes.map(() => 'config/invalid'),
    )
    server.close()
    const wrong = world({ drainMs: -1 }).server.rooms.get('r')
    expect(
      [wrong.info(), wrong.close(), wrong.kick('u')].map((each) => codeOf(see<Result<unknown>>(each).only())),
    ).toEqual(Array.from({ length: 3 }, () => 'config/invalid'))
  })

  it('[SV147] create makes a room once for each id, also where it is in use, for the user that it names', () => {
    const { server, client } = world({ authenticate: ({ token = '' }) => [{ user: token }] })
    void server.publish('r', 'said', 1)
    const room = server.rooms.get('r')
    right(see(room.create({ id: 'c1', by: 'ana', capacity: 2 })).only())
    right(see(room.create({ id: 'c1', by: 'ben' })).only())
    expect(codeOf(see(room.create()).only())).toBe('room/exists')
    expect(codeOf(see(room.create({ capacity: 0 })).only())).toBe('config/invalid')
    expect(right(see(room.info()).only())).toMatchObject({ by: { user: 'ana' }, capacity: 2 })
    const ana = client({ token: 'ana', rooms: [join(1, 'r')] })
    expect(ana.all('joined')[0]?.permissions).toContain('moderate')
    right(see(room.close()).only())
    right(see(room.create({ id: 'c2' })).only())
    server.close()
  })

  it('[SV145] members are those that others see, and those that are joined here', () => {
    const { server, client } = world({ authenticate: ({ token = '' }) => [{ user: token }] })
    client({ token: 'ana', rooms: [join(1, 'r')] }).send(put(2, 'members', 'me', { typing: true }))
    client({ token: 'ben', rooms: [join(1, 'r')] })
    const members = right(see(server.rooms.get('r').members()).only())
    expect(members.map(({ user, state, isHere }) => [user, state, isHere])).toEqual([
      ['ana', { typing: true }, true],
      ['ben', undefined, true],
    ])
    server.close()
  })

  it('[SV146] the engine forgets a closed room a day later, and follows no room for ever', () => {
    const { server, memory, client, time } = world()
    const peer = client()
    peer.send(create(1))
    right(see(server.rooms.get('r').ban('eve')).only())
    const keys = (): readonly string[] =>
      now(memory.tables!.page({ of: 'room', room: 'r' }, { count: 9 })).rows.map(({ key }) => key)
    expect(keys()).toEqual(['ban\neve', 'info'])
    right(see(server.rooms.get('r').close()).only())
    expect(keys()).toEqual(['info'])
    time.advanceBy(dayMs + 2 * 3_600_000)
    right(see(server.rooms.get('s').close()).only())
    expect(keys()).toEqual([])
    server.close()
    expect(time.pending()).toBe(0)
  })
})

describe('the frames of room life', () => {
  it('[PR124] a put of room with ifNew creates it, once for each id', () => {
    const { client } = world()
    const [ana, ben] = [client(), client()]
    ana.send(create(1), create(2), create(3, { id: 'c2' }), create(4, { id: '' }))
    ben.send(create(1, { id: 'c3' }), put(2, 'room', 'info', { open: false }))
    expect(ana.all('put.ok').map(({ ch }) => ch)).toEqual([1, 2])
    expect(ana.all('left').map(({ ch, code }) => [ch, code])).toEqual([
      [3, 'room/exists'],
      [4, 'room/invalid'],
    ])
    expect(ben.all('left').map(({ ch, code }) => [ch, code])).toEqual([
      [1, 'room/exists'],
      [2, 'room/forbidden'],
    ])
  })

  it('[PR125] a put of room changes or closes it; what is not valid changes nothing', () => {
    const { client, server } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(create(2), put(3, 'room', 'info', { capacity: 2, unknown: 1 }), put(4, 'room', 'info', { capacity: 'x' }))
    peer.send(put(5, 'room', 'other', {}), put(6, 'room', 'closing', { because: 7 }))
    expect(peer.all('put.ok').map(({ ch }) => ch)).toEqual([2, 3])
    expect(peer.all('left').map(({ ch, code }) => [ch, code])).toEqual([
      [4, 'room/invalid'],
      [5, 'room/invalid'],
      [6, 'room/invalid'],
    ])
    expect(right(see(server.rooms.get('r').info()).only())).not.toHaveProperty('unknown')
    peer.send(put(7, 'room', 'closing', { because: 'over' }))
    expect(peer.all('left').at(-1)).toMatchObject({
      ch: 1,
      code: 'room/closed',
      kind: 'terminal',
      data: { at: 0, because: 'over' },
    })
    peer.send(pub(8, 'r', 1))
    expect(peer.all('refused').at(-1)).toMatchObject({ ref: 8, code: 'room/closed' })
  })

  it('[PR131] a planned end is told with its own time; until then the room takes joins and publishes', () => {
    const { client, time, server } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(create(2, { id: 'c1', closesAt: 9_000 }), put(3, 'room', 'closing', { inMs: 5_000, because: 'soon' }))
    time.advanceTo(4_999)
    const late = client({ rooms: [join(1, 'r', { want: ['messages', 'info'] })] })
    late.send(pub(2, 'r', 1))
    expect(late.all('joined')[0]?.info).toMatchObject({ closing: { at: 5_000, because: 'soon' }, closesAt: 9_000 })
    expect(late.all('a')).toHaveLength(1)
    time.advanceTo(5_000)
    for (const each of [peer, late])
      expect(each.all('left')).toMatchObject([{ ch: 1, code: 'room/closed', data: { at: 5_000, because: 'soon' } }])
    server.close()
  })

  it('[PR126] the permissions have moderate and admit; live members hear of them by granted', () => {
    const { client } = world()
    const peer = client({ can: ['granted'], rooms: [join(1, 'r')] })
    peer.send(create(2))
    expect(peer.all('granted')).toEqual([
      { t: 'granted', ch: 1, permissions: ['read', 'publish', 'history', 'moderate', 'admit'] },
    ])
  })

  it('[PR127] a view of room is answered by rows with the record alone, and again after each change', () => {
    const { client, server } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send({ t: 'view', ch: 1, of: 'room', view: 'all', n: 1 })
    peer.send(create(2))
    right(see(server.rooms.get('r').ban('eve')).only())
    right(see(server.rooms.get('r').update({ capacity: 9 })).only())
    const rows = peer.all('rows')
    expect(rows.map(({ view, page, more, rows: all }) => [view, page, more, all.length])).toEqual([
      [1, 0, false, 0],
      [1, 0, false, 1],
      [1, 0, false, 1],
    ])
    const { epoch, version } = rows.at(-1)!
    peer.send({ t: 'view', ch: 1, of: 'room', view: 'all', n: 2, from: { epoch, version } })
    expect(peer.all('rows')).toHaveLength(3)
    peer.send({ t: 'view', ch: 1, of: 'room', view: 'none' })
    right(see(server.rooms.get('r').update({ capacity: 8 })).only())
    expect(peer.all('rows')).toHaveLength(3)
    const late = client({ rooms: [join(1, 'r', { want: ['messages', 'info'] })] })
    expect(late.all('joined')[0]?.info).toMatchObject({ id: 'c1', capacity: 8, by: { user: 'anonymous' } })
    const blind = client({ rooms: [join(1, 'r', { want: ['messages'] })] })
    expect(blind.all('joined')[0]?.info).toEqual({})
  })

  it('[PR128] [PR129] a kick and a ban end each membership and refuse joins, with data; a put without a value lifts a ban', () => {
    const { client, time, server } = world({ authenticate: ({ token = '' }) => [{ user: token }] })
    const [ana, eve] = [client({ token: 'ana' }), client({ token: 'eve', rooms: [join(1, 'r')] })]
    ana.send(create(1), put(2, 'kicks', 'eve', { because: 'noise' }))
    expect(eve.all('left')).toMatchObject([
      { ch: 1, code: 'room/kicked', kind: 'terminal', data: { notBefore: 60_000, because: 'noise' } },
    ])
    eve.send(join(2, 'r'))
    expect(eve.all('left').at(-1)).toMatchObject({ ch: 2, code: 'room/kicked' })
    time.advanceTo(60_000)
    ana.send(put(3, 'kicks', 'eve', { forMs: 0 }))
    eve.send(join(3, 'r'))
    expect(eve.all('left').at(-1)).toMatchObject({ ch: 3, data: { notBefore: 61_000 } })
    time.advanceTo(61_000)
    eve.send(join(4, 'r'))
    expect(eve.all('joined').map(({ ch }) => ch)).toEqual([1, 4])
    ana.send(put(4, 'bans', 'eve', {}))
    eve.send(join(5, 'r'))
    expect(eve.all('left').slice(-2)).toMatchObject([
      { ch: 4, code: 'room/banned', data: {} },
      { ch: 5, code: 'room/banned' },
    ])
    ana.send(put(5, 'bans', 'eve'))
    eve.send(join(6, 'r'), put(7, 'bans', 'ana', {}))
    expect(eve.all('joined').at(-1)).toMatchObject({ ch: 6 })
    expect(eve.all('left').at(-1)).toMatchObject({ ch: 7, code: 'room/forbidden' })
    ana.send(put(6, 'bans', 'eve', { forMs: 'long' }))
    expect(ana.all('left').map(({ ch, code }) => [ch, code])).toEqual([[6, 'room/invalid']])
    server.close()
  })

  it('[PR130] a muted user keeps the membership without publish; its publishes and signals are not executed', () => {
    const { client, time, server, memory } = world({ authenticate: ({ token = '' }) => [{ user: token }] })
    const can = ['granted', 'signals']
    const [ana, eve] = ['ana', 'eve'].map((token) => client({ token, can, rooms: [join(1, 'r')] })) as [
      RawPeer,
      RawPeer,
    ]
    ana.send(create(2), put(3, 'mutes', 'eve', { forMs: 1_000, because: 'noise' }))
    eve.send(pub(4, 'r', 1), ['s', 1, 'typing', null], put(5, 'shared', 'topic', 'x', { of: 'shared' }))
    expect(eve.all('granted').map(({ permissions }) => permissions)).toEqual([['read', 'history']])
    expect(eve.all('refused')).toMatchObject([
      { ref: 4, code: 'room/muted', kind: 'terminal', data: { until: 1_000, because: 'noise' } },
    ])
    expect(eve.all('left')).toMatchObject([{ ch: 5, code: 'room/muted' }])
    expect(ana.all('s')).toEqual([])
    expect(memory.held().rooms).toBe(0)
    time.advanceTo(1_000)
    expect(eve.all('granted').at(-1)?.permissions).toEqual(['read', 'publish', 'history'])
    eve.send(pub(6, 'r', 1), ['s', 1, 'typing', null])
    expect([eve.all('a').length, ana.all('s').length]).toEqual([1, 1])
    server.close()
  })
})
