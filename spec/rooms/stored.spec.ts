import { stored } from '../../lib/features/history/start.js'
import { roomsRig } from '../support/rooms.js'
import { right, see, type Seen } from '../support/seen.js'
import { msg, paged } from '../support/stage.js'
import type { Result } from '../../lib/core/result.js'
import type { Message } from '../../lib/rooms/message.js'

const at = (offset: number, epoch = 'E') => ({ epoch, offset })
const said = (seen: Seen<Result<Message<unknown>>>) =>
  seen.all.map((each) =>
    each._tag === 'Left' ? each.left.code : `${each.right.position.offset}${each.right.redelivered ? '!' : ''}`,
  )

describe('a subscription from where this client was', () => {
  it('[HI10] starts after the stored position; what was logged before this life is marked as redelivered, and nothing else', () => {
    const { joins, joined, say, up, moves, messages } = roomsRig({ lobby: at(3) })
    up()
    const kept = see(messages('lobby', { from: stored() }))
    const [join] = joins()
    expect(join).toMatchObject({ room: 'lobby', from: at(3) })
    joined(join!.ch, { base: 3, head: 5 })
    say(msg(1, 4), msg(1, 5), msg(1, 6))
    expect(said(kept)).toEqual(['4!', '5!', '6'])
    expect(kept.all.map((each) => right(each).recovered)).toEqual([true, true, false])
    expect(moves.at(-1)).toEqual(['lobby', at(6)])
    expect(moves.map(([, { offset }]) => offset)).toEqual([...moves.map(([, { offset }]) => offset)].sort())
  })

  it('[HI10] starts live where nothing is known, and its position is then known before anything was sent', () => {
    const { joins, joined, say, up, moves, messages } = roomsRig()
    up()
    const kept = see(messages('lobby', { from: stored() }))
    const [join] = joins()
    expect(join!.from).toBeUndefined()
    joined(join!.ch, { base: 7, head: 7 })
    expect(moves).toEqual([['lobby', at(7)]])
    say(msg(1, 8))
    expect(said(kept)).toEqual(['8'])
    expect(moves.at(-1)).toEqual(['lobby', at(8)])
  })

  it('[HI10] in a room that others are in: by history, then live; only it moves the position', () => {
    const { joins, joined, say, up, moves, written, messages } = roomsRig({ lobby: at(3) })
    up()
    const live = see(messages('lobby'))
    joined(joins()[0]!.ch, { base: 5, head: 5 })
    say(msg(1, 6))
    expect(moves).toEqual([])
    const kept = see(messages('lobby', { from: stored() }))
    expect(written).toEqual([{ t: 'history', ch: 2, room: 'lobby', count: 100, after: at(3) }])
    say(msg(1, 7))
    expect([said(kept), moves]).toEqual([[], []])
    say(paged(2, 4), paged(2, 5), paged(2, 6), {
      t: 'page',
      ch: 2,
      epoch: 'E',
      first: 1,
      head: 6,
      base: 3,
      recovered: true,
    })
    expect(said(kept)).toEqual(['4!', '5!', '6!', '7'])
    say(msg(1, 8))
    expect([said(live), said(kept)]).toEqual([
      ['6', '7', '8'],
      ['4!', '5!', '6!', '7', '8'],
    ])
    expect(moves.at(-1)).toEqual(['lobby', at(8)])
    kept.stop()
    say(msg(1, 9))
    expect(moves.at(-1)).toEqual(['lobby', at(8)])
    const again = see(messages('lobby', { from: stored() }))
    expect(written.at(-1)).toMatchObject({ t: 'history', after: at(8) })
    expect(said(again)).toEqual([])
  })

  it('[HI10] a gap moves the position too; of two such subscriptions the position is kept while one is left', () => {
    const { joins, joined, say, up, down, moves, messages } = roomsRig({ lobby: at(3, 'D') })
    up()
    const [one, two] = [see(messages('lobby', { from: stored() })), see(messages('lobby', { from: stored() }))]
    const [join] = joins()
    expect(join!.from).toEqual(at(3, 'D'))
    joined(join!.ch, { base: 0, head: 1, recovered: false, because: 'epoch' })
    expect([said(one), said(two)]).toEqual([['room/gap'], ['room/gap']])
    say(msg(1, 1))
    one.stop()
    say(msg(1, 2))
    expect(moves.at(-1)).toEqual(['lobby', at(2)])
    down()
    up()
    const [rejoin] = joins()
    expect(rejoin!.from).toEqual(at(2))
    joined(rejoin!.ch, { base: 4, head: 4, first: 5, recovered: false, because: 'truncated' })
    expect(said(two)).toEqual(['room/gap', '1!', '2', 'room/gap'])
    expect(moves.at(-1)).toEqual(['lobby', at(4)])
    two.stop()
    say(msg(2, 5))
    expect(moves.at(-1)).toEqual(['lobby', at(4)])
  })
})
