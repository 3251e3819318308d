import * as E from '#fp/Either'
import { anything } from '../../lib/contract/contract.js'
import { roomLife } from '../../lib/features/room-life/index.js'
import type { MemoryEngine } from '../../lib/server/memory.js'
import type { ListedRoom } from '../../lib/protocol/listed-room.js'
import { listed, viewer } from '../support/directory.js'
import { lifeStage, twoServers } from '../support/life.js'
import { right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'
import { world } from '../server/support/world.js'

/** The rows of the directory in an engine. */
const rowsOf = ({ tables }: MemoryEngine): readonly string[] => {
  const page = see(tables!.page({ of: 'rooms', room: '' }, { count: 50_000 })).only()
  return E.isRight(page) ? page.right.rows.map(({ key, value }) => `${key.slice(2)} ${value}`) : ['no page']
}

describe('the names of rooms that the directory does not show', () => {
  it('[DR15] go to no view, also not to one that goes on after a lost connection', () => {
    const { time, server } = lifeStage({
      list: ({ user }) => [user === 'eve' ? true : ({ name }) => !name.startsWith('staff')],
    })
    const ana = viewer(server, 'ana')
    see(ana.create({ name: 'open-1' }))
    const seen = [see(viewer(server, 'eve').rooms$()), see(viewer(server, 'ben').rooms$())]
    time.advanceBy(1_000)
    const away = ['eve', 'ben'].map((host) => server.network.host(host))
    for (const each of away) {
      each.cut()
      each.refuse(true)
    }
    time.advanceBy(1_000)
    for (const name of ['hidden-42', 'hidden-43']) see(ana.create({ name, visible: false }))
    for (const name of ['open-2', 'staff-1', 'staff-2', 'brief-9']) see(ana.create({ name }))
    time.advanceBy(1_000)
    see(ana.room('hidden-42', anything).with(roomLife).update({ open: false }))
    for (const name of ['hidden-43', 'staff-2', 'brief-9']) see(ana.room(name, anything).with(roomLife).close())
    time.advanceBy(1_000)
    const wire = tap(server.network)
    for (const each of away) each.refuse(false)
    time.advanceBy(10_000)
    expect(seen.map(listed)).toEqual([
      ['open-1 0/0', 'open-2 0/0', 'staff-1 0/0'],
      ['open-1 0/0', 'open-2 0/0'],
    ])
    const sent = JSON.stringify([wire.down('change'), wire.down('rows')])
    expect(['hidden', 'brief', 'staff-2'].filter((name) => sent.includes(name))).toEqual([])
    expect(sent.split('staff-1')).toHaveLength(2)
    server.close()
  })

  it('[DR16] a room that was never shown leaves no row, one that was shown a row for two hours, and no more than 4 096', () => {
    const { time, server, memory } = world()
    for (const name of ['a', 'b']) {
      see(server.rooms.get(`dm-${name}`).create({ visible: false }))
      see(server.rooms.get(`game-${name}`).create())
    }
    time.advanceBy(1_000)
    see(server.rooms.get('dm-a').update({ open: false }))
    for (const name of ['dm-a', 'game-a']) see(server.rooms.get(name).close())
    see(server.rooms.get('game-b').update({ visible: false }))
    time.advanceBy(1_000)
    expect(rowsOf(memory)).toEqual(['game-a "closed"', 'game-b "hidden"'])
    see(server.rooms.get('game-b').update({ visible: true }))
    time.advanceBy(2 * 3_600_000 + 60_000)
    // The engine looks for leases that are over when one is asked for.
    see(server.rooms.get('game-c').create())
    time.advanceBy(100)
    see(server.rooms.get('game-c').close())
    time.advanceBy(100)
    expect(rowsOf(memory)).toEqual(['game-b {"open":true,"metadata":{}}', 'game-c "closed"'])
    for (let at = 0; at < 4_200; at++) {
      const room = server.rooms.get(`round-${at}`)
      see(room.create())
      time.advanceBy(10)
      see(room.close())
      time.advanceBy(10)
    }
    time.advanceBy(1_000)
    const rows = rowsOf(memory)
    expect(rows).toHaveLength(4_097)
    expect(rows.filter((row) => row.startsWith('round-103 ') || row.startsWith('round-104 '))).toHaveLength(1)
    void server.close()
  })

  it('[DR17] a function from list gets one room for all views, frozen, and once for each change', () => {
    const rooms: ListedRoom[] = []
    const { time, server } = lifeStage({
      list: () => [
        (room) => {
          rooms.push(room)
          return true
        },
      ],
    })
    see(viewer(server, 'ana').create({ name: 'den', metadata: { a: [1] }, listed: ['a'] }))
    time.advanceBy(100)
    const seen = ['ana', 'ben', 'eve'].map((as) => see(viewer(server, as).rooms$()))
    time.advanceBy(100)
    expect(seen.map(listed)).toEqual([['den 0/0'], ['den 0/0'], ['den 0/0']])
    expect([rooms.length, new Set(rooms).size]).toEqual([3, 1])
    expect(Object.isFrozen(rooms[0]?.metadata['a'])).toBe(true)
    server.close()
  })

  it('[DR24] the same function from list is asked once for each room and each change, for all views', () => {
    const asked: string[] = []
    const mayList = ({ name, open }: ListedRoom): boolean => {
      asked.push(`${name} ${open}`)
      if (name === 'bad') throw new Error('bad')
      return name !== 'attic'
    }
    const faults: string[] = []
    const { time, server } = lifeStage({ list: () => [mayList] })
    server.server().faults$.subscribe(({ message }) => faults.push(message))
    const ana = viewer(server, 'ana')
    for (const name of ['den', 'attic', 'bad']) see(ana.create({ name }))
    time.advanceBy(100)
    const seen = ['ana', 'ben', 'eve'].map((as) => see(viewer(server, as).rooms$()))
    time.advanceBy(100)
    see(ana.room('den', anything).with(roomLife).update({ open: false }))
    time.advanceBy(100)
    expect(seen.map(listed)).toEqual([['den 0/0'], ['den 0/0'], ['den 0/0']])
    expect([...asked].sort()).toEqual(['attic true', 'bad true', 'den false', 'den true'])
    expect(faults).toEqual(['list: bad'])
    for (const each of seen.slice(1)) each.stop()
    time.advanceBy(100)
    see(ana.room('den', anything).with(roomLife).update({ open: true }))
    time.advanceBy(100)
    expect(right(seen[0]!.last()).rooms).toMatchObject([{ name: 'den', open: true }])
    server.close()
  })

  it.each([false, true])(
    '[DR24] nothing has changed but what a session may see: it gets that (sees all: %p)',
    (seesAll) => {
      let isAsked = false
      const { time, server } = lifeStage({ list: () => [isAsked ? seesAll : ({ name }) => name === 'den'] })
      for (const name of ['den', 'attic']) see(viewer(server, 'eve').create({ name }))
      const ana = see(viewer(server, 'ana').rooms$())
      time.advanceBy(100)
      expect(listed(ana)).toEqual(['den 0/0'])
      isAsked = true
      server.network.host('ana').cut()
      time.advanceBy(5_000)
      expect(listed(ana)).toEqual(seesAll ? ['attic 0/0', 'den 0/0'] : [])
      server.close()
    },
  )

  it('[DR24] [DR15] a client that goes on with another function gets all rooms of it, and no other name', () => {
    const staff = ({ name }: ListedRoom): boolean => name.startsWith('staff/')
    const others = ({ name }: ListedRoom): boolean => !name.startsWith('staff/')
    const isStaff = new Set(['ben'])
    const { time, server } = lifeStage({ list: ({ user }) => [isStaff.has(user) ? staff : others] })
    const maker = viewer(server, 'eve')
    for (const name of ['staff/1', 'staff/2', 'den']) see(maker.create({ name }))
    time.advanceBy(100)
    const [ana, ben] = [see(viewer(server, 'ana').rooms$()), see(viewer(server, 'ben').rooms$())]
    time.advanceBy(100)
    expect([listed(ana), listed(ben)]).toEqual([['den 0/0'], ['staff/1 0/0', 'staff/2 0/0']])
    server.network.host('ana').refuse(true)
    server.network.host('ana').cut()
    isStaff.add('ana')
    see(maker.room('staff/2', anything).with(roomLife).close())
    see(maker.create({ name: 'staff/3' }))
    time.advanceBy(1_000)
    const wire = tap(server.network)
    server.network.host('ana').refuse(false)
    time.advanceBy(60_000)
    expect(listed(ana)).toEqual(['staff/1 0/0', 'staff/3 0/0'])
    expect(JSON.stringify([wire.down('rows'), wire.down('change')])).not.toContain('staff/2')
    server.close()
  })

  it('[DR12] a room that was hidden at one server while the other one has it listed is gone at both', () => {
    const { time, one, two } = twoServers()
    const [ana, ben] = [viewer(one, 'ana'), viewer(two, 'ben')]
    see(ana.create({ name: 'den' }))
    time.advanceBy(100)
    const seen = [see(ana.rooms$()), see(ben.rooms$())]
    time.advanceBy(40_000)
    see(two.server().rooms.get('den').update({ visible: false }))
    time.advanceBy(1_000)
    expect(seen.map(listed)).toEqual([[], []])
    expect(right(seen[0]!.last()).gone).toEqual(['den'])
    one.close()
    two.close()
  })
})
