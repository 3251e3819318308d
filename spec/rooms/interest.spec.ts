import { cached } from '../../lib/features/history/index.js'
import { deadlines } from '../../lib/core/deadlines.js'
import { interest } from '../../lib/rooms/interest.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { roomsRig } from '../support/rooms.js'
import { see, tags } from '../support/seen.js'

describe('interest in rooms', () => {
  const rig = () => {
    const time = virtualTime()
    const told: string[] = []
    const rooms = interest({
      lingerMs: 500,
      deadlines: deadlines(time),
      wanted: ({ name }) => told.push(`+${name}`),
      unwanted: ({ name }) => told.push(`-${name} ${time.now()}`),
    })
    return { time, told, rooms }
  }

  it('[RM1] each room lingers for its own time, from when it was last let go', () => {
    const { time, told, rooms } = rig()
    const [a, b, c] = ['a', 'b', 'c'].map(rooms.of) as [ReturnType<typeof rooms.of>, ReturnType<typeof rooms.of>, ReturnType<typeof rooms.of>] // prettier-ignore
    for (const room of [a, b, c, c]) rooms.hold(room)
    expect(told).toEqual(['+a', '+b', '+c'])
    rooms.release(a)
    rooms.release(c)
    time.advanceBy(100)
    rooms.release(b)
    rooms.release(c)
    time.advanceBy(300)
    rooms.hold(c)
    rooms.release(c)
    time.advanceBy(2_000)
    expect(told.slice(3)).toEqual(['+c', '-a 500', '-b 600', '-c 900'])
    expect(time.pending()).toBe(0)
  })

  it('[CT5] ends with the client: nothing lingers, and nothing will', () => {
    const { time, told, rooms } = rig()
    const [a, b] = [rooms.of('a'), rooms.of('b')]
    for (const room of [a, b]) rooms.hold(room)
    rooms.release(a)
    rooms.close()
    rooms.release(b)
    expect(time.pending()).toBe(0)
    time.advanceBy(2_000)
    expect(told).toEqual(['+a', '+b'])
  })
})

describe('what is known of a room', () => {
  it('[P19] is forgotten once nobody needs it, watches it, or is in', () => {
    const { all, time, joins, joined, up, messages, watch, written } = roomsRig()
    const size = all.interest.size
    const held = see(messages('lobby'))
    watch('lobby').unwatch()
    expect(size()).toBe(1)
    up()
    const [one, two] = [watch('lobby'), watch('lobby')]
    one.unwatch()
    joined(joins()[0]!.ch, {})
    expect(tags(two)).toEqual(['Joining', 'In'])
    two.unwatch()
    held.stop()
    const lingering = watch('lobby')
    expect(tags(lingering)).toEqual(['In'])
    lingering.unwatch()
    time.advanceBy(499)
    expect([size(), written.length]).toEqual([1, 0])
    time.advanceBy(1)
    expect([size(), written]).toEqual([0, [{ t: 'leave', ch: 1 }]])
    see(messages('lobby')).stop()
    const watched = watch('lobby')
    time.advanceBy(500)
    expect([size(), tags(watched)]).toEqual([1, ['Joining', 'Out']])
    watched.unwatch()
    expect(size()).toBe(0)
    watch('other').unwatch()
    expect(size()).toBe(0)
  })

  it('[RM17] is one record while it lingers, also for who comes back to it from nowhere', () => {
    const { all, time, joins, joined, up, down, messages, watch } = roomsRig()
    const [held, watched] = [see(messages('lobby')), watch('lobby')]
    held.stop()
    watched.unwatch()
    time.advanceBy(100)
    see(messages('lobby'))
    const again = watch('lobby')
    time.advanceBy(500)
    expect(all.interest.size()).toBe(1)
    up()
    joined(joins()[0]!.ch, {})
    down()
    up()
    expect(joins().map(({ room }) => room)).toEqual(['lobby'])
    expect(tags(again)).toEqual(['Joining', 'In', 'Recovering'])
  })

  it('[P19] [HI7] goes with the membership where it is watched on: sinks, cache, what was asked for', () => {
    const { all, time, joins, joined, up, room: handle, watch } = roomsRig()
    up()
    watch('lobby')
    const room = all.interest.of('lobby')
    const held = [3, 5].map((count) => see(handle('lobby').with(cached(count)).messages()))
    joined(joins()[0]!.ch, {})
    expect(room.sinks).toHaveLength(2)
    for (const { stop } of held) stop()
    expect(room.sinks).toHaveLength(1)
    time.advanceBy(500)
    expect(room).toMatchObject({ sinks: [], epoch: '', offset: 0, ch: 0, granted: undefined })
  })
})
