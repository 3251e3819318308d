import * as E from '#fp/Either'
import { anything } from '../../lib/contract/contract.js'
import type { Kind, RoomError } from '../../lib/core/error.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { after } from '../../lib/features/history/start.js'
import { counters } from '../../lib/kernel/counters.js'
import type { Left } from '../../lib/protocol/frame.js'
import type { Result } from '../../lib/core/result.js'
import type { RoomInfo } from '../../lib/rooms/membership.js'
import { roomsRig } from '../support/rooms.js'
import { right, see, tags } from '../support/seen.js'
import { msg, paged } from '../support/stage.js'

const refusal = (ch: number, kind: Kind = 'retry'): Left => ({
  t: 'left', ch, code: 'room/unavailable', message: 'not now', kind,
}) // prettier-ignore

describe('joins', () => {
  it('[PR40] of a frame are no more than its bytes allow, in the order of the wishes', () => {
    const names = ['a', 'ä'.repeat(100), '"'.repeat(100), '\u0001'.repeat(42), '𝄞'.repeat(50), 'b', 'c', 'd']
    const { all, turn, joins, pending, up, messages } = roomsRig()
    up()
    expect(pending()).toBe(false)
    for (const name of names) see(messages(name))
    turn(() => {
      all.members.join(all.interest.of('c'), { password: '\u0001'.repeat(50), mustExist: true }, () => undefined)
    })
    expect(pending()).toBe(true)
    const most = [300, 1_600, 100, 500, 900, 200, 500, 500]
    const frames = most.map((bytes) => joins(bytes))
    expect(frames.map(({ length }) => length)).toEqual([1, 2, 0, 1, 2, 0, 1, 1])
    expect(frames.flat().map(({ room }) => room)).toEqual(names)
    const bytes = frames.map((frame) => Buffer.byteLength(JSON.stringify(frame)))
    expect(bytes.filter((each, at) => each > (most[at] ?? 0))).toEqual([])
    expect([joins(), pending()]).toEqual([[], false])
  })

  it('[OB13] are under way from the wish to the answer', () => {
    const { all, joins, joined, say, up, messages } = roomsRig()
    const [lobby, kitchen] = ['lobby', 'kitchen'].map((name) => () => all.isJoining(name)) as [
      () => boolean,
      () => boolean,
    ]
    up()
    expect(lobby()).toBe(false)
    see(messages('lobby'))
    see(messages('kitchen'))
    expect([lobby(), kitchen()]).toEqual([true, true])
    const [first, second] = joins()
    expect([lobby(), kitchen()]).toEqual([true, true])
    joined(first!.ch, {})
    expect([lobby(), kitchen()]).toEqual([false, true])
    say(refusal(second!.ch))
    expect([lobby(), kitchen()]).toEqual([false, false])
  })

  it('[RM4] that are late are those of that writing alone: what was written again on another link has its own time', () => {
    const { joins, joined, up, down, messages, time, written, watch } = roomsRig()
    up()
    const seen = [see(messages('a')), see(messages('b'))]
    const watched = watch('b')
    joins()
    time.advanceBy(5_000)
    down()
    up()
    const again = joins()
    time.advanceBy(9_999)
    expect(seen.map(({ all }) => all)).toEqual([[], []])
    joined(again[0]!.ch, {})
    time.advanceBy(10_000)
    expect(tags(watched)).toEqual(['Joining'])
    time.advanceBy(1)
    expect(tags(watched)).toEqual(['Joining', 'Refused'])
    const message = 'Nobody answered the join of b within 10000 ms.'
    const overdue = { code: 'room/timeout', kind: 'retry', message }
    expect(seen.map(({ all }) => all)).toMatchObject([[], [{ left: overdue }]])
    expect(written).toEqual([{ t: 'leave', ch: again[1]!.ch }])
  })

  it('[RM4] answer those who wait while others go, and say that the room was left once nobody holds it', () => {
    const { all, turn, joins, joined, up, messages } = roomsRig()
    up()
    const answers: Result<RoomInfo>[] = []
    const room = all.interest.of('lobby')
    const join = (): void => {
      turn(() => {
        all.members.join(room, {}, (answer) => answers.push(answer))
        all.interest.hold(room)
      })
    }
    join()
    see(messages('lobby')).stop()
    expect(answers).toEqual([])
    joined(joins()[0]!.ch, { permissions: ['read'] })
    expect(answers).toEqual([E.right({ info: {}, permissions: ['read'] })])
    turn(() => {
      all.members.release(room)
    })
    expect(answers).toHaveLength(1)
    const other = all.interest.of('other')
    turn(() => {
      all.members.join(other, {}, (answer) => answers.push(answer))
      all.interest.hold(other)
      all.members.release(other)
    })
    expect(answers[1]).toMatchObject({
      left: {
        code: 'room/left',
        kind: 'terminal',
        room: 'other',
        message: 'other was left before the join was answered.',
      },
    })
  })

  it('[PR42] what comes under a number that is over, or never was, changes nothing', () => {
    const { joins, joined, say, up, messages, time, counts, watch } = roomsRig()
    up()
    const seen = see(messages('lobby'))
    const watched = watch('lobby')
    const strangers = (...chs: readonly number[]): void => {
      for (const ch of chs) {
        joined(ch, { base: 7, head: 7 })
        say(
          msg(ch, 8),
          { t: 'granted', ch, permissions: [] },
          { t: 'gap', ch, from: { epoch: 'E', offset: 7 }, to: { epoch: 'E', offset: 9 }, because: 'lost' },
          refusal(ch),
        )
      }
    }
    strangers(0, 1, 2)
    joined(joins()[0]!.ch, {})
    strangers(0, 2)
    seen.stop()
    time.advanceBy(500)
    strangers(1)
    expect([tags(watched), seen.all, counts]).toEqual([['Joining', 'In', 'Out'], [], { ...counters(), stale: 6 }])
  })

  it('[PR107] the number of a room stands for it from joined until it is left, also where it is joined again', () => {
    const { joins, joined, say, up, messages, counts } = roomsRig()
    up()
    const seen = see(messages('lobby'))
    const [first] = joins()
    say(msg(7, 1))
    joined(first!.ch, { number: 7 })
    say(msg(7, 1), msg(first!.ch + 8, 2))
    say(msg(7, 3))
    say(msg(7, 2))
    const [second] = joins()
    say(msg(7, 4))
    joined(second!.ch, { number: 7, base: 1, head: 3 })
    say(msg(7, 2), msg(7, 3))
    expect(seen.all.map((each) => right(each).data)).toEqual([1, 2, 3])
    expect(counts['stale']).toBe(4)
  })

  it('[RM5] that are refused for now wait longer each time; as at first again once the room was let in', () => {
    const { pending, joins, joined, say, up, messages, time } = roomsRig()
    up()
    see(messages('lobby'))
    let ch = joins()[0]!.ch
    const wait = (): number => {
      say(refusal(ch))
      const since = time.now()
      while (!pending() && time.now() < since + 10_000) time.advanceBy(1)
      ch = joins()[0]!.ch
      return time.now() - since
    }
    expect([wait(), wait(), wait()]).toEqual([600, 1_100, 2_100])
    joined(ch, {})
    expect([wait(), wait()]).toEqual([600, 1_100])
  })

  it('[RM16] keep what was said of the room when its permissions change', () => {
    const { joins, joined, say, up, messages, watch } = roomsRig()
    up()
    see(messages('lobby'))
    see(messages('plain'))
    const watched = [watch('lobby'), watch('plain')]
    const [first, second] = joins()
    joined(first!.ch, { info: { topic: 'tea' }, permissions: ['read'] })
    joined(second!.ch, { permissions: ['read'] })
    say(
      { t: 'granted', ch: first!.ch, permissions: ['read', 'publish'] },
      { t: 'granted', ch: second!.ch, permissions: ['read', 'publish'] },
    )
    expect(watched.map(({ last }) => last())).toEqual([
      { _tag: 'In', info: { topic: 'tea' }, permissions: ['read', 'publish'] },
      { _tag: 'In', info: {}, permissions: ['read', 'publish'] },
    ])
  })
})

describe('a hole', () => {
  it('[HI6] [PR95] at another place is filled as well', () => {
    const { joins, joined, say, up, messages, counts, written } = roomsRig()
    up()
    const seen = see(messages('lobby'))
    joined(joins()[0]!.ch, {})
    const heal = (from: number, to: number): void => {
      const [join] = joins()
      expect(join!.from).toEqual({ epoch: 'E', offset: from })
      joined(join!.ch, { base: from, head: to })
      for (let offset = from + 1; offset <= to; offset++) say(msg(join!.ch, offset))
    }
    say(msg(1, 1), msg(1, 3))
    heal(1, 3)
    say(msg(2, 6))
    heal(3, 6)
    expect(seen.all.map((each) => right(each).position.offset)).toEqual([1, 2, 3, 4, 5, 6])
    expect([counts.mended, counts.gaps, written.length]).toEqual([2, 0, 2])
  })

  it('[RM8] [RM13] in what was logged before the join leaves the rest of that as such', () => {
    const { joins, joined, say, up, messages } = roomsRig()
    up()
    const seen = see(messages('lobby', { from: after({ epoch: 'E', offset: 3 }) }))
    joined(joins()[0]!.ch, { base: 3, head: 9 })
    const gap = { t: 'gap', ch: 1, from: { epoch: 'E', offset: 3 }, to: { epoch: 'E', offset: 5 } } as const
    say({ ...gap, because: 'truncated' }, msg(1, 6), msg(1, 9), msg(1, 10))
    const [hole, ...rest] = seen.all
    expect(hole).toMatchObject({ left: { code: 'room/gap', gap: { missing: 2 } } })
    expect(rest.slice(0, 1).map((each) => right(each).recovered)).toEqual([true])
  })

  it('[RM7] is told without a reason as lost, and on a link after the first also to who is still reading', () => {
    const { joins, joined, say, up, down, messages, written } = roomsRig()
    up()
    const live = see(messages('lobby'))
    joined(joins()[0]!.ch, { base: 5, head: 5 })
    const reading = see(messages('lobby', { from: after({ epoch: 'E', offset: 4 }) }))
    down()
    up()
    joined(joins()[0]!.ch, { base: 8, head: 8, recovered: false, because: 'truncated' })
    down()
    up()
    joined(joins()[0]!.ch, { base: 9, head: 9, recovered: false })
    const ch = written.flatMap((frame) => ('t' in frame && frame.t === 'history' ? [frame.ch] : [])).at(-1) ?? 0
    say(paged(ch, 5), { t: 'page', ch, epoch: 'E', first: 1, head: 9, base: 4, recovered: true })
    const gaps = [
      { because: 'truncated', missing: 3 },
      { because: 'lost', missing: 1 },
    ]
    const causes = (seen: typeof live) =>
      seen.all.flatMap((each) => (each._tag === 'Left' ? [(each.left as RoomError).gap] : []))
    expect([causes(live), causes(reading)]).toMatchObject([gaps, gaps])
  })
})

describe('one subscription to many rooms', () => {
  it('[RM12] takes itself out of them when it goes, and nobody else', () => {
    const { all, client, joins, joined, say, up, messages } = roomsRig()
    up()
    const single = see(messages('a'))
    const names = ['a', 'b'].map(all.interest.of)
    const both = see(manyRooms(client, ['a', 'b'], anything).messages())
    joins().forEach(({ ch }) => {
      joined(ch, {})
    })
    expect(names.map(({ sinks, holds }) => [sinks.length, holds])).toEqual([
      [2, 2],
      [1, 1],
    ])
    both.stop()
    expect(names.map(({ sinks, holds }) => [sinks.length, holds])).toEqual([
      [1, 1],
      [0, 0],
    ])
    say(msg(1, 1))
    expect(single.all.map((each) => right(each).position.offset)).toEqual([1])
  })
})
