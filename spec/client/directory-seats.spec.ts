import { roomLife, seats } from '../../lib/features/room-life/index.js'
import { anything } from '../../lib/contract/contract.js'
import type { FakeServer } from '../../lib/testing/fake-server.js'
import type { Result } from '../../lib/core/result.js'
import type { RoomsState } from '../../lib/features/directory/index.js'
import { hold, viewer } from '../support/directory.js'
import { lifeStage, twoServers } from '../support/life.js'
import { right, see, type Seen } from '../support/seen.js'
import { admission } from '../../lib/features/room-life/admission.js'

/** The taken seats of the first room, and its capacity. */
const seated = (seen: Seen<Result<RoomsState>>): string => {
  const [room] = right(seen.last()).rooms
  return `${room?.taken}/${room?.capacity}`
}

/** A client in a room, from its join on. */
const comeIn = (server: FakeServer, as: string, name = 'den') => {
  const room = server.client({ as, host: as, lingerMs: 0 }).room(name, anything).with(seats)
  room.join(admission({ queue: true })).subscribe()
  return room
}

describe('seats in the directory', () => {
  it('[DR19] a row says how many seats are taken, live, beside the capacity; a room without one has none', () => {
    const { time, server } = lifeStage()
    const ana = viewer(server, 'ana')
    see(ana.create({ name: 'den', capacity: 2 }))
    see(ana.create({ name: 'hall' }))
    const seen = see(ana.rooms$())
    time.advanceBy(100)
    expect(right(seen.last()).rooms.map((room) => ['taken' in room, room.taken])).toEqual([
      [true, 0],
      [false, undefined],
    ])
    const first = seen.all.length
    const ben = comeIn(server, 'ben')
    const tab = comeIn(server, 'ben')
    time.advanceBy(2_000)
    expect(seated(seen)).toBe('1/2')
    expect(right(seen.last()).rooms[0]).toMatchObject({ members: 2, users: 1 })
    expect(seen.all.length - first).toBeLessThanOrEqual(2)
    see(ben.leave())
    time.advanceBy(2_000)
    expect(seated(seen)).toBe('1/2')
    see(tab.leave())
    time.advanceBy(2_000)
    expect(seated(seen)).toBe('0/2')
    see(ana.room('den', anything).with(roomLife).update({ capacity: null }))
    time.advanceBy(2_000)
    expect(right(seen.last()).rooms[0]).not.toHaveProperty('taken')
    server.close()
  })

  it('[DR19] a seat counts while its user may come back, and a reserved one until its time, also without members', () => {
    const { time, server } = lifeStage({ presence: { quietMs: 2_000, graceMs: 10_000 } })
    const ana = viewer(server, 'ana')
    see(ana.create({ name: 'den', capacity: 3 }))
    const seen = see(ana.rooms$())
    comeIn(server, 'ben')
    time.advanceBy(2_000)
    server.network.host('ben').cut()
    server.network.host('ben').refuse(true)
    time.advanceBy(8_000)
    expect(right(seen.last()).rooms[0]).toMatchObject({ members: 0, taken: 1 })
    see(server.server().rooms.get('den').reserve(['eve'], { forMs: 60_000 }))
    time.advanceBy(20_000)
    expect(seated(seen)).toBe('1/3')
    time.advanceBy(30_000)
    expect(seated(seen)).toBe('1/3')
    time.advanceBy(70_000)
    expect(seated(seen)).toBe('0/3')
    server.close()
  })

  it('[DR20] over two servers the number is that of the room, at each, also after one has stopped', () => {
    const { time, one, two } = twoServers()
    see(viewer(one, 'ana').create({ name: 'den', capacity: 3 }))
    const seen = [see(viewer(one, 'ana').rooms$()), see(viewer(two, 'eve').rooms$())]
    time.advanceBy(100)
    const [ana, , eve] = [comeIn(one, 'ana'), comeIn(two, 'ana'), comeIn(two, 'eve')]
    time.advanceBy(2_000)
    expect(seen.map(seated)).toEqual(['2/3', '2/3'])
    expect(right(seen[0]!.last()).rooms[0]).toMatchObject({ members: 3 })
    see(eve.leave())
    time.advanceBy(2_000)
    expect(seen.map(seated)).toEqual(['1/3', '1/3'])
    two.stop()
    time.advanceBy(10_000)
    comeIn(one, 'ben')
    time.advanceBy(2_000)
    expect(seated(seen[0]!)).toBe('2/3')
    see(ana.leave())
    time.advanceBy(60_000)
    expect(seated(seen[0]!)).toBe('1/3')
    one.close()
    two.close()
  })

  it('[DR21] a user who is in a room by two servers counts once, as long as few are in it at each server', () => {
    const names = Array.from({ length: 17 }, (_, at) => `u${at}`)
    const users = Object.fromEntries(['ana', 'ben', 'eve', ...names].map((name) => [name, {}]))
    const { time, one, two } = twoServers({ users })
    see(viewer(one, 'ana').create({ name: 'den' }))
    const seen = see(viewer(one, 'ana').rooms$())
    for (const server of [one, two]) hold(server, 'ben', 'den')
    hold(two, 'eve', 'den')
    time.advanceBy(2_000)
    expect(right(seen.last()).rooms[0]).toMatchObject({ members: 3, users: 2 })
    for (const name of names) hold(two, name, 'den')
    time.advanceBy(2_000)
    expect(right(seen.last()).rooms[0]).toMatchObject({ members: 20, users: 20 })
    one.close()
    two.close()
  })
})
