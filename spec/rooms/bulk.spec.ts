import { tap } from 'rxjs'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { beginning, commits, historyLimits, last, live } from '../../lib/features/history/index.js'
import * as E from '#fp/Either'
import { world } from '../../lib/testing/world.js'
import { data, Numbers } from '../support/chat.js'
import { codeOf, right, see, tags } from '../support/seen.js'
import { tap as tapWire } from '../support/wire.js'

const names = Array.from({ length: 50 }, (_, index) => `room ${index}`)

describe('many rooms', () => {
  it('[RM12] is one subscriber to all of them, each in its order, none lost or doubled over cuts', () => {
    const { client, network, time, end } = world()
    const wire = tapWire(network)
    const [ana, ben] = [client(), client()]
    const heard = see(manyRooms(ana, names, Numbers).on('message'))
    time.advanceBy(100)
    for (let value = 1; value <= 5; value++) {
      for (const name of names) ben.room(name, Numbers).post('message', value)
      time.advanceBy(100)
      if (value % 2 === 0) network.cut()
    }
    time.advanceBy(10_000)
    for (const name of names) {
      const own = heard.all.filter((message) => right(message).room === name)
      expect(data(own)).toEqual([1, 2, 3, 4, 5])
    }
    expect(heard.all).toHaveLength(250)
    expect(wire.members(wire.lastLink()).length + wire.members(wire.lastLink() - 1).length).toBe(50)
    expect(end()).toBe(0)
  })

  it('[RM12] holds all while subscribed, beside what holds single ones; a name given twice counts once', () => {
    const { client, network, time, end } = world()
    const wire = tapWire(network)
    const ana = client()
    const all = see(manyRooms(ana, ['a', 'b', 'a'], Numbers).on('message'))
    const single = see(ana.room('a', Numbers).on('message'))
    time.advanceBy(100)
    expect(wire.joins().map(({ frame }) => frame.room)).toEqual(['a', 'b'])
    expect(right(see(ana.room('a', Numbers).leave()).only())).toEqual({ stillHeldBy: 2 })
    client().room('a', Numbers).post('message', 1)
    time.advanceBy(100)
    expect([data(all.all), data(single.all)]).toEqual([[1], [1]])
    all.stop()
    time.advanceBy(1_000)
    expect(wire.members(1)).toEqual(['a'])
    single.stop()
    time.advanceBy(1_000)
    expect(wire.members(1)).toEqual([])
    expect(end()).toBe(0)
  })

  it('[RM12] each subscription is its own; they and single ones get every message', () => {
    const { client, time, end } = world()
    const ana = client()
    const set = manyRooms(ana, ['a', 'b'], Numbers)
    const streams = [see(set.on('message')), see(set.on('message')), see(ana.room('b', Numbers).messages())]
    time.advanceBy(100)
    for (const name of ['a', 'b']) client().room(name, Numbers).post('message', 1)
    time.advanceBy(100)
    expect(streams.map(({ all }) => all.length)).toEqual([2, 2, 1])
    expect(end()).toBe(0)
  })

  it('[RM12] takes any iterable of names, and a text as one name; what is no list is a Left', () => {
    const { client, network, time, end } = world()
    const wire = tapWire(network)
    const ana = client()
    see(manyRooms(ana, new Set(['a', 'b']), Numbers).on('message'))
    see(manyRooms(ana, 'lobby', Numbers).on('message'))
    time.advanceBy(100)
    expect(wire.members(1)).toEqual(['a', 'b', 'lobby'])
    for (const nonsense of [undefined, null, 7, {}]) {
      expect(codeOf(see(manyRooms(ana, nonsense as never, Numbers).on('message')).only())).toBe('room/invalid-name')
    }
    expect(end()).toBe(0)
  })

  it('[RM12] tells refusals and gaps of each room, and the others go on', () => {
    const { client, time, restart, end } = world({ authorize: ({ room }) => [room === 'b' ? [] : ['read', 'publish']] })
    const [ana, ben] = [client(), client()]
    const heard = see(manyRooms(ana, ['a', 'b', 'c'], Numbers).on('message'))
    const membership = see(ana.room('b', Numbers).membership$)
    time.advanceBy(100)
    expect(data(heard.all)).toEqual(['room/forbidden'])
    expect(tags(membership)).toEqual(['Joining', 'Refused'])
    ben.room('a', Numbers).post('message', 1)
    time.advanceBy(100)
    restart({ engine: 'new' })
    time.advanceBy(5_000)
    ben.room('c', Numbers).post('message', 2)
    time.advanceBy(100)
    const told = data(heard.all)
    expect([...told].sort()).toEqual([1, 2, 'room/forbidden', 'room/forbidden', 'room/gap', 'room/gap'].sort())
    expect(told.at(-1)).toBe(2)
    expect(end()).toBe(0)
  })

  it('[RM40] starts where it is told to, in each room', () => {
    const { client, server, time, end } = world()
    for (const name of ['a', 'b']) for (const value of [1, 2, 3]) server().publish(name, 'message', value)
    const heard = see(manyRooms(client(), ['a', 'b'], Numbers).messages({ from: last(2) }))
    time.advanceBy(1_000)
    server().publish('b', 'message', 4)
    time.advanceBy(100)
    expect(heard.all.map((each) => [right(each).room, right(each).data])).toEqual([
      ['a', 2],
      ['a', 3],
      ['b', 2],
      ['b', 3],
      ['b', 4],
    ])
    expect(end()).toBe(0)
  })

  it('[RM40] keeps to a window in each room, and commits by message', () => {
    const { client, server, time, end } = world()
    const set = manyRooms(client(), ['a', 'b'], Numbers).with(commits)
    const heard = see(set.on('message', { from: live({ window: 1 }) }))
    time.advanceBy(1_000)
    for (const value of [1, 2]) for (const name of ['a', 'b']) server().publish(name, 'message', value)
    time.advanceBy(100)
    expect(data(heard.all)).toEqual([1, 1])
    const committed = see(set.commit(right(heard.all[0]!)))
    time.advanceBy(100)
    expect(committed.only()).toEqual(E.right(undefined))
    expect([heard.all.slice(2).map((each) => [right(each).room, right(each).data])]).toEqual([[['a', 2]]])
    expect(codeOf(see(set.commit({ room: '', position: { epoch: 'E', offset: 1 } })).only())).toBe('room/invalid-name')
    expect(end()).toBe(0)
  })

  it.each([{}, { from: live({ window: 100 }) }])(
    '[RM40] takes more and fewer rooms while it is subscribed to, with options %j',
    (options) => {
      const { client, network, server, time, end } = world()
      const wire = tapWire(network)
      const set = manyRooms(client(), ['a'], Numbers)
      const [first, second] = [see(set.on('message', options)), see(set.on('message', options))]
      time.advanceBy(100)
      expect(see(set.add(['b', 'a'])).only()).toEqual(E.right({ rooms: 2 }))
      time.advanceBy(100)
      for (const name of ['a', 'b']) server().publish(name, 'message', 1)
      time.advanceBy(100)
      expect([data(first.all), data(second.all)]).toEqual([
        [1, 1],
        [1, 1],
      ])
      expect(see(set.remove(['a', 'c'])).only()).toEqual(E.right({ rooms: 1 }))
      time.advanceBy(1_000)
      expect(wire.members(1)).toEqual(['b'])
      second.stop()
      first.stop()
      time.advanceBy(1_000)
      expect(wire.members(1)).toEqual([])
      expect(codeOf(see(set.add([''])).only())).toBe('room/invalid-name')
      expect(end()).toBe(0)
    },
  )

  it('[HI13] many windows that read on at once wait for their turn, whatever the bound of requests that wait', () => {
    const { client, server, time, end } = world()
    for (const name of names) for (const value of [1, 2, 3, 4]) server().publish(name, 'message', value)
    const set = manyRooms(client().with(historyLimits({ waiting: 1, inFlight: 1 })), names, Numbers).with(commits)
    const heard = see(
      set.on('message', { from: beginning({ window: 1 }) }).pipe(
        tap((each) => {
          if (E.isRight(each)) set.commit(each.right)
        }),
      ),
    )
    time.advanceBy(60_000)
    expect(data(heard.all).filter((value) => typeof value !== 'number')).toEqual([])
    expect(heard.all).toHaveLength(4 * names.length)
    expect(end()).toBe(0)
  })
})
