import type { Position } from '../../lib/core/position.js'
import type { Message } from '../../lib/rooms/message.js'
import type { Result } from '../../lib/core/result.js'
import { live, stored } from '../../lib/features/history/start.js'
import { roomsRig } from '../support/rooms.js'
import { see, type Seen } from '../support/seen.js'
import { msg, paged } from '../support/stage.js'

const at = (offset: number, epoch = 'E') => ({ epoch, offset })
const said = (seen: Seen<Result<Message<unknown>>>) =>
  seen.all.map((each) =>
    each._tag === 'Left' ? each.left.code : `${each.right.position.offset}${each.right.redelivered ? '!' : ''}`,
  )
const manual = stored({ commit: 'manual' })

describe('a consumer that commits', () => {
  const consuming = (base = 3, head = base) => {
    const rig = roomsRig({ lobby: at(base) })
    const { joins, joined, turn, consumers, up, messages } = rig
    up()
    const seen = see(messages('lobby', { from: manual }))
    joined(joins()[0]!.ch, { base, head })
    const commit = (offset: number, epoch = 'E') => {
      let answer: unknown
      turn(() => {
        answer = consumers().commit('lobby', at(offset, epoch))
      })
      return answer
    }
    const position = () => rig.moves.at(-1)?.[1]
    return { ...rig, seen, commit, position }
  }

  it('[HI11] moves the stored position by commits alone, cumulative and forward only', () => {
    const { say, commit, position, seen } = consuming()
    say(msg(1, 4), msg(1, 5), msg(1, 6))
    expect([said(seen), position()]).toEqual([['4', '5', '6'], undefined])
    expect(commit(5)).toBeUndefined()
    expect(position()).toEqual(at(5))
    commit(4)
    expect(position()).toEqual(at(5))
    commit(6)
    expect(position()).toEqual(at(6))
  })

  it('[HI11] refuses a position that was never offered, and ignores one of an earlier log', () => {
    const { say, commit, position } = consuming()
    say(msg(1, 4))
    expect(commit(9)).toMatchObject({ code: 'room/invalid-commit', room: 'lobby' })
    expect(commit(4, 'D')).toBeUndefined()
    expect(position()).toBeUndefined()
  })

  it('[HI11] refuses beyond the stored position where nobody subscribes, and in an epoch that nobody knows', () => {
    const rig = roomsRig({ lobby: at(5) })
    const commit = (room: string, position: Position) => {
      let answer: { readonly code: string } | undefined
      rig.turn(() => {
        answer = rig.consumers().commit(room, position)
      })
      return answer?.code
    }
    expect([commit('lobby', at(4)), commit('lobby', at(5))]).toEqual([undefined, undefined])
    const refused = [commit('lobby', at(6)), commit('lobby', at(1, 'D')), commit('other', at(1))]
    expect(refused).toEqual(['room/invalid-commit', 'room/invalid-commit', 'room/invalid-commit'])
    expect(rig.moves).toEqual([])
  })

  it('[HI11] takes what was offered to a subscription that has ended, of the rooms that ended last', () => {
    const { say, seen, commit, position, consumers, turn } = consuming()
    say(msg(1, 4), msg(1, 5))
    seen.stop()
    expect(commit(4)).toBeUndefined()
    expect(position()).toEqual(at(4))
    expect(commit(6)).toMatchObject({ code: 'room/invalid-commit' })
    const forgotten = (room: string) => consumers().commit(room, at(1))
    turn(() => {
      for (let k = 0; k < 1_001; k++) {
        const consumer = consumers().add(`room ${k}`, { stored: undefined, window: 1 }, () => undefined)
        consumer.passed(at(1), true)
        consumer.close()
      }
      expect(forgotten('room 0')).toMatchObject({ code: 'room/invalid-commit' })
      expect(forgotten('room 1')).toBeUndefined()
    })
  })

  it('[HI11] takes a late commit while the next subscription is about to begin', () => {
    const { say, seen, commit, position, consumers, turn } = consuming()
    say(msg(1, 4))
    seen.stop()
    turn(() => {
      consumers().add('lobby', { stored: 'manual', window: Infinity }, () => undefined)
    })
    expect(commit(4)).toBeUndefined()
    expect(position()).toEqual(at(4))
    expect(commit(5)).toMatchObject({ code: 'room/invalid-commit' })
  })

  it('[HI11] passes what nobody can commit once everything before it is committed', () => {
    const { say, commit, position } = consuming()
    say(msg(1, 4))
    say({ t: 'gap', ch: 1, from: at(4), to: at(7), because: 'truncated' })
    expect(position()).toBeUndefined()
    commit(4)
    expect(position()).toEqual(at(7))
    say({ t: 'gap', ch: 1, from: at(7), to: at(8), because: 'truncated' })
    expect(position()).toEqual(at(8))
  })

  it('[HI11] is offered again what it did not commit, marked, and nothing that it did', () => {
    const { say, commit, seen, messages, written } = consuming()
    say(msg(1, 4), msg(1, 5), msg(1, 6))
    commit(4)
    seen.stop()
    const again = see(messages('lobby', { from: manual }))
    expect(written.at(-1)).toMatchObject({ t: 'history', after: at(4) })
    say(paged(2, 5), paged(2, 6), paged(2, 7), {
      t: 'page',
      ch: 2,
      epoch: 'E',
      first: 1,
      head: 7,
      base: 4,
      recovered: true,
    })
    expect(said(again)).toEqual(['5!', '6!', '7'])
  })

  it('[HI11] of several consumers of a room the slowest holds the position', () => {
    const { say, position, messages } = consuming()
    const automatic = see(messages('lobby', { from: stored() }))
    say(msg(1, 4))
    expect([said(automatic), position()]).toEqual([['4'], undefined])
  })

  it('[HI11] the position of an automatic consumer follows each message, also while it catches up', () => {
    const { joins, joined, say, up, moves, messages } = roomsRig({ lobby: at(3) })
    up()
    see(messages('lobby', { from: stored() }))
    joined(joins()[0]!.ch, { base: 3, head: 5 })
    for (const offset of [4, 5]) {
      say(msg(1, offset))
      expect(moves.at(-1)).toEqual(['lobby', at(offset)])
    }
  })

  it('[HI12] says what is left to commit, and when nothing is', () => {
    const { say, commit, consumers, turn } = consuming()
    say(msg(1, 4), msg(1, 5))
    let isSettled = false
    turn(() => {
      consumers().whenCommitted(() => (isSettled = true))
    })
    expect(consumers().uncommitted()).toEqual([{ room: 'lobby', after: at(0), upTo: at(5) }])
    commit(4)
    expect([isSettled, consumers().uncommitted()]).toEqual([false, [{ room: 'lobby', after: at(4), upTo: at(5) }]])
    commit(5)
    expect([isSettled, consumers().uncommitted()]).toEqual([true, []])
  })
})

describe('a window', () => {
  const windowed = (window: number) => {
    const rig = roomsRig()
    const { joins, joined, turn, consumers, up, messages } = rig
    up()
    const seen = see(messages('lobby', { from: live({ window }) }))
    joined(joins()[0]!.ch, { base: 0, head: 0 })
    const commit = (offset: number): void => {
      turn(() => {
        consumers().commit('lobby', at(offset))
      })
    }
    const asked = () => rig.written.filter((frame) => 't' in frame && frame.t === 'history')
    return { ...rig, seen, commit, asked }
  }
  const end = (ch: number, base: number, head: number) =>
    ({ t: 'page', ch, epoch: 'E', first: 1, head, base, recovered: true }) as const

  it('[HI13] bounds what is offered and not committed; the rest is read from the log when there is room', () => {
    const { seen, commit, say, asked } = windowed(2)
    say(msg(1, 1), msg(1, 2), msg(1, 3), msg(1, 4), msg(1, 5))
    expect([said(seen), asked()]).toEqual([['1', '2'], []])
    commit(1)
    expect(asked()).toEqual([{ t: 'history', ch: 2, room: 'lobby', count: 1, after: at(2) }])
    say(paged(2, 3), end(2, 2, 5))
    expect([said(seen), asked().length]).toEqual([['1', '2', '3'], 1])
    commit(3)
    expect(asked().at(-1)).toMatchObject({ count: 2, after: at(3) })
    say(msg(1, 6))
    say(paged(3, 4), paged(3, 5), end(3, 3, 6))
    commit(5)
    expect(asked().at(-1)).toMatchObject({ count: 2, after: at(5) })
    say(paged(4, 6), end(4, 5, 6))
    say(msg(1, 7))
    expect([said(seen), asked().length]).toEqual([['1', '2', '3', '4', '5', '6', '7'], 3])
  })

  it('[HI13] a log that was cut or replaced while the window was full is a gap', () => {
    const { seen, commit, say, asked } = windowed(1)
    say(msg(1, 1), msg(1, 2), msg(1, 3))
    commit(1)
    say(paged(2, 3), { ...end(2, 2, 3), recovered: false, because: 'truncated' })
    expect(said(seen)).toEqual(['1', 'room/gap', '3'])
    say(msg(1, 4), { t: 'gap', ch: 1, from: at(4), to: at(0, 'F'), because: 'epoch' })
    expect(said(seen)).toEqual(['1', 'room/gap', '3', 'room/gap'])
    say(msg(1, 1))
    expect(said(seen)).toEqual(['1', 'room/gap', '3', 'room/gap', '1'])
    expect(asked()).toHaveLength(1)
  })
})
