import type { Start } from '../../lib/client/strategy.js'
import { anything } from '../../lib/contract/contract.js'
import type { Result } from '../../lib/core/result.js'
import type { Message } from '../../lib/rooms/message.js'
import { latestBy, sample } from '../../lib/features/conflation/policy.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { after, cached, last, stored } from '../../lib/features/history/index.js'
import { roomsRig } from '../support/rooms.js'
import { see, type Seen } from '../support/seen.js'
import { msg, paged } from '../support/stage.js'

const at = (offset: number, epoch = 'E') => ({ epoch, offset })
const said = (seen: Seen<Result<Message<unknown>>>) =>
  seen.all.map((each) => (each._tag === 'Left' ? each.left.code : each.right.position.offset))

/** Somebody is in a room, at 5, for what comes next. */
const inRoom = (stored = {}) => {
  const rig = roomsRig(stored)
  rig.up()
  const live = see(rig.messages('lobby'))
  rig.joined(rig.joins()[0]!.ch, { base: 5, head: 5 })
  return { ...rig, live, room: rig.all.interest.of('lobby') }
}

describe('the first join of a room', () => {
  it.each<[starts: readonly (Start | undefined)[], from: unknown]>([
    [[last(2), last(2)], { last: 2 }],
    [[after(at(3)), after(at(3))], at(3)],
    [[stored(), after(at(7))], at(7)],
    [[last(2), last(3)], undefined],
    [[after(at(3)), after(at(4))], undefined],
    [[after(at(3)), after(at(3, 'D'))], undefined],
    [[after(at(2)), last(2)], undefined],
    [[last(2), after(at(2))], undefined],
    [[last(2), undefined], undefined],
    [[undefined, after(at(3))], undefined],
    [[after(at(3)), after(at(3)), after(at(4))], undefined],
  ])('[RM9] asks for what all want that wait for it: %j', (starts, from) => {
    const { joins, up, messages } = roomsRig({ lobby: at(7) })
    for (const start of starts) see(messages('lobby', { from: start }))
    up()
    expect(joins()[0]!.from).toEqual(from)
  })

  it('[RM9] [HI7] a cache wants nothing, and has what comes', () => {
    const { joins, joined, say, up, room, messages, written } = roomsRig()
    const seen = see(
      room('lobby')
        .with(cached(2))
        .messages({ from: after(at(3)) }),
    )
    up()
    const [join] = joins()
    expect(join!.from).toEqual(at(3))
    joined(join!.ch, { base: 3, head: 5 })
    say(msg(1, 4), msg(1, 5))
    expect([said(seen), said(see(messages('lobby', { from: last(2) })))]).toEqual([
      [4, 5],
      [4, 5],
    ])
    expect(written).toEqual([])
  })
})

describe('subscriptions of a kind', () => {
  it('[RM10] share one place once they are abreast, and leave it one by one', () => {
    const { say, messages, room, live } = inRoom()
    const second = see(messages('lobby'))
    expect(room.sinks).toHaveLength(1)
    const late = see(messages('lobby', { from: after(at(4)) }))
    expect(room.sinks).toHaveLength(2)
    say(paged(2, 5), { t: 'page', ch: 2, epoch: 'E', first: 1, head: 5, base: 4, recovered: true })
    expect(room.sinks).toHaveLength(1)
    say(msg(1, 6))
    second.stop()
    say(msg(1, 7))
    live.stop()
    say(msg(1, 8))
    expect([live, second, late].map(said)).toEqual([[6, 7], [6], [5, 6, 7, 8]])
    late.stop()
    expect(room.sinks).toHaveLength(0)
  })

  it('[RM12] that are in many rooms stay together, whatever one of the rooms went through', () => {
    const { all, client, joins, joined, say, up, messages } = roomsRig()
    up()
    const asking = see(messages('a', { from: after(at(3)) }))
    const [join] = joins()
    const rooms = ['a', 'b'].map(all.interest.of)
    const both = see(manyRooms(client, ['a', 'b'], anything).messages())
    const [single, another] = [see(messages('a')), see(messages('a'))]
    joined(join!.ch, { base: 3, head: 4 })
    joined(joins()[0]!.ch, {})
    say(msg(1, 4), msg(1, 5), msg(2, 1), msg(1, 6))
    expect([said(asking), said(both), said(single)]).toEqual([
      [4, 5, 6],
      [5, 1, 6],
      [5, 6],
    ])
    both.stop()
    another.stop()
    expect(rooms.map(({ sinks }) => sinks.length)).toEqual([1, 0])
    say(msg(1, 7), msg(2, 2))
    expect([said(asking), said(both), said(single)]).toEqual([
      [4, 5, 6, 7],
      [5, 1, 6],
      [5, 6, 7],
    ])
  })

  it('[HI10] move the stored position as long as one of them is there; no other does', () => {
    const { say, messages, live, moves } = inRoom({ lobby: at(5) })
    const plain = see(messages('lobby', { from: after(at(4)) }))
    say(paged(2, 5), { t: 'page', ch: 2, epoch: 'E', first: 1, head: 5, base: 4, recovered: true })
    say(msg(1, 6))
    expect(moves).toEqual([])
    const [one, two] = [see(messages('lobby', { from: stored() })), see(messages('lobby', { from: stored() }))]
    for (const ch of [3, 4])
      say(paged(ch, 6), { t: 'page', ch, epoch: 'E', first: 1, head: 6, base: 5, recovered: true })
    say(msg(1, 7))
    plain.stop()
    live.stop()
    one.stop()
    say(msg(1, 8))
    expect(moves.at(-1)).toEqual(['lobby', at(8)])
    two.stop()
    say(msg(1, 9))
    expect(moves.at(-1)).toEqual(['lobby', at(8)])
  })
})

describe('a subscription with a policy', () => {
  it('[HI9] has it also for what was before, with gaps at their place', () => {
    const { say, messages, time } = inRoom()
    const seen = see(messages('lobby', { from: after(at(0)), policy: sample(100) }))
    say(paged(2, 1), paged(2, 2), paged(2, 4), paged(2, 5), {
      t: 'page',
      ch: 2,
      epoch: 'E',
      first: 1,
      head: 5,
      base: 0,
      recovered: true,
    })
    expect(said(seen)).toEqual([1, 2, 'room/gap'])
    time.advanceBy(100)
    expect(said(seen)).toEqual([1, 2, 'room/gap', 5])
    say(msg(1, 6), msg(1, 7))
    expect(said(seen)).toEqual([1, 2, 'room/gap', 5])
    time.advanceBy(100)
    expect(said(seen)).toEqual([1, 2, 'room/gap', 5, 7])
  })

  it('[HI8] is a subscription of its own', () => {
    const { say, messages, time, live, room, counts } = inRoom()
    const seen = see(messages('lobby', { policy: latestBy(() => 1, { everyMs: 0 }) }))
    say(msg(1, 6), msg(1, 7))
    expect([said(live), said(seen), room.sinks.length]).toEqual([[6, 7], [], 2])
    time.advanceBy(0)
    expect([said(seen), counts.conflated]).toEqual([[7], 1])
  })
})
