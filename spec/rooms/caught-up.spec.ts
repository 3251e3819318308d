import type { OnOptions } from '../../lib/client/room.js'
import { after, last, stored } from '../../lib/features/history/index.js'
import type { RoomError } from '../../lib/core/error.js'
import type { GapCause, Position } from '../../lib/core/position.js'
import type { Result } from '../../lib/core/result.js'
import type { GapFrame, Left, PageEnd } from '../../lib/protocol/frame.js'
import type { HistoryLimits } from '../../lib/features/history/limits.js'
import type { Message } from '../../lib/rooms/message.js'
import { roomsRig } from '../support/rooms.js'
import { see, type Seen } from '../support/seen.js'
import { msg, paged } from '../support/stage.js'

const at = (offset: number, epoch = 'E'): Position => ({ epoch, offset })
const place = ({ epoch, offset }: Position): string => `${epoch}${offset}`
/** Offsets, `!` where they may have been offered before; gaps as from where to where, and why; codes of other `Left`s. */
const said = (seen: Seen<Result<Message<unknown>>>): readonly string[] =>
  seen.all.map((each) => {
    if (each._tag === 'Right') return `${each.right.position.offset}${each.right.redelivered ? '!' : ''}`
    const { gap } = each.left as RoomError
    return gap ? `${place(gap.from)}–${place(gap.to)} ${gap.because}` : each.left.code
  })
const page = (ch: number, base: number, more: Partial<PageEnd> = {}): PageEnd => ({
  t: 'page', ch, epoch: 'E', first: 1, head: 99, base, recovered: true, ...more,
}) // prettier-ignore
const cut = (base: number, because?: GapCause): Partial<PageEnd> => ({
  base,
  recovered: false,
  ...(because ? { because } : {}),
})
const hole = (from: Position, to: Position, because: GapCause = 'truncated'): GapFrame => ({
  t: 'gap', ch: 1, from, to, because,
}) // prettier-ignore
const refusal = (ch: number, code: string): Left => ({ t: 'left', ch, code, message: 'no', kind: 'terminal' })

/** A room that somebody is in who takes what comes next; it has come to `offset`. */
const inRoom = (
  offset: number,
  history: Partial<HistoryLimits> = {},
  stored: Readonly<Record<string, Position>> = {},
) => {
  const rig = roomsRig(stored, history)
  rig.up()
  const live = see(rig.messages('lobby'))
  rig.joined(rig.joins()[0]!.ch, { base: offset, head: offset })
  const on = (from: OnOptions['from']) => see(rig.messages('lobby', { from }))
  const comes = (...offsets: readonly number[]): void => {
    for (const each of offsets) rig.say(msg(1, each))
  }
  const asked = () => rig.written.flatMap((frame) => ('t' in frame && frame.t === 'history' ? [frame.after] : []))
  const left = () => rig.written.flatMap((frame) => ('t' in frame && frame.t === 'leave' ? [frame.ch] : []))
  return { ...rig, live, on, comes, asked, left }
}

describe('a subscription whose page is on its way', () => {
  it('[HI4] is told what its page leaves out as gaps, and not what was not due to it', () => {
    const { on, say } = inRoom(9)
    const seen = on(after(at(0)))
    say(
      paged(2, 1),
      [...paged(2, 4), { prev: 1 }] as never,
      [...paged(2, 7), { prev: 6 }] as never,
      paged(2, 9),
      page(2, 0),
    )
    expect(said(seen)).toEqual(['1', '4', 'E4–E6 lost', '7', 'E7–E8 lost', '9'])
  })

  it('[HI4] drops what a page repeats, of itself or of before its base', () => {
    const { on, say } = inRoom(5)
    const seen = on(after(at(2)))
    say(paged(2, 2), paged(2, 3), paged(2, 3), paged(2, 4), paged(2, 5), page(2, 2))
    expect(said(seen)).toEqual(['3', '4', '5'])
  })

  it('[HI4] has what the log had before the room was told of it, once', () => {
    const { on, say, comes, live } = inRoom(5)
    const seen = on(after(at(3)))
    say(paged(2, 4), paged(2, 5), paged(2, 6), paged(2, 7), page(2, 3))
    comes(6, 7, 8)
    expect([said(seen), said(live)]).toEqual([
      ['4', '5', '6', '7', '8'],
      ['6', '7', '8'],
    ])
  })

  it.each([
    [3, ['1', '2', '3', 'E3–E5 truncated', '6']],
    [4, ['1', '2', '3', '4', 'E4–E5 truncated', '6']],
    [5, ['1', '2', '3', '4', '5', '6']],
  ])(
    '[HI4] is told a gap that came meanwhile in its place, as far as its page did not have it: up to %d',
    (last, told) => {
      const { on, say, comes, live, moves } = inRoom(3, {}, { lobby: at(0) })
      const seen = [on(after(at(0))), on(stored())]
      say(hole(at(3), at(5)))
      comes(6)
      for (const ch of [2, 3]) {
        for (let offset = 1; offset <= last; offset++) say(paged(ch, offset))
        say(page(ch, 0))
      }
      expect(said(seen[0]!)).toEqual(told)
      expect(said(seen[1]!)).toEqual(told.map((word) => (Number(word) <= 3 ? `${word}!` : word)))
      expect(said(live)).toEqual(['E3–E5 truncated', '6'])
      const offsets = moves.map(([, { offset }]) => offset)
      expect(offsets).toEqual([...new Set(offsets)].sort())
      expect(offsets.at(-1)).toBe(6)
    },
  )

  it('[HI4] [RM13] is told one gap, from where it had got to, when the log becomes another one; its page is not needed any more', () => {
    const { on, say, comes, left } = inRoom(3)
    const seen = on(after(at(1)))
    say(paged(2, 2), hole(at(3), at(0, 'F'), 'epoch'))
    expect([said(seen), left()]).toEqual([['E1–F0 epoch'], [2]])
    say(paged(2, 3), page(2, 1))
    comes(1, 2)
    expect(said(seen)).toEqual(['E1–F0 epoch', '1', '2'])
  })

  it('[HI4] [RM13] waits for what the room says where its page is of another log', () => {
    const { on, say, comes } = inRoom(3)
    const seen = on(after(at(1)))
    say(paged(2, 1), page(2, 0, { epoch: 'F', ...cut(0, 'epoch') }))
    expect(said(seen)).toEqual([])
    say(hole(at(3), at(0, 'F'), 'epoch'))
    comes(1)
    expect(said(seen)).toEqual(['E1–F0 epoch', '1'])
  })

  it.each<[what: string, start: OnOptions['from'], end: Partial<PageEnd>, told: readonly string[]]>([
    ['a position that was cut off', after(at(2)), cut(3, 'truncated'), ['E2–E3 truncated', '4', '5']],
    ['a position that is gone without a word', after(at(2)), cut(3), ['E2–E3 lost', '4', '5']],
    ['the last so many, of which there are fewer', last(3), cut(3, 'truncated'), ['4', '5']],
    ['the last so many, of which some were lost', last(3), cut(3, 'lost'), ['E2–E3 lost', '4', '5']],
  ])('[HI4] is told of %s what that says', (_, start, end, told) => {
    const { on, say } = inRoom(5)
    const seen = on(start)
    say(paged(2, 4), paged(2, 5), page(2, 3, end))
    expect(said(seen)).toEqual(told)
  })

  it('[HI4] goes on after a cut without a wait, page by page', () => {
    const { on, say, asked } = inRoom(5)
    const seen = on(after(at(1)))
    say(page(2, 3, cut(3, 'truncated')), paged(3, 4), page(3, 3), paged(4, 5), page(4, 4))
    expect(said(seen)).toEqual(['E1–E3 truncated', '4', '5'])
    expect(asked()).toEqual([at(1), at(3), at(4)])
  })

  it('[HI4] asks a log that is behind the room again, each tenth of a second, twenty times in a row; then that is lost', () => {
    const { on, say, comes, asked, time } = inRoom(5)
    const seen = on(after(at(1)))
    let ch = 2
    const empty = (times: number, base: number): void => {
      for (let n = 0; n < times; n++) {
        say(page(ch++, base))
        time.advanceBy(99)
        expect(asked()).toHaveLength(ch - 2)
        time.advanceBy(1)
      }
    }
    empty(19, 1)
    say(paged(ch, 2), page(ch++, 1))
    expect(asked()).toHaveLength(21)
    comes(6)
    empty(19, 2)
    expect(said(seen)).toEqual(['2'])
    say(page(ch, 2))
    expect(said(seen)).toEqual(['2', 'E2–E6 lost'])
    time.advanceBy(1_000)
    comes(7)
    expect(said(seen)).toEqual(['2', 'E2–E6 lost', '7'])
    expect(asked()).toHaveLength(40)
  })

  it('[HI4] asks nobody again once it is gone, or the log is another one', () => {
    const { on, say, comes, asked, time } = inRoom(5)
    const seen = [on(after(at(1))), on(after(at(2)))]
    say(page(2, 1), page(3, 2))
    seen[0]!.stop()
    say(hole(at(5), at(0, 'F'), 'epoch'))
    time.advanceBy(1_000)
    comes(1)
    expect(seen.map(said)).toEqual([[], ['E2–F0 epoch', '1']])
    expect(asked()).toEqual([at(1), at(2)])
  })

  it.each<[what: string, code: string, start: OnOptions['from'], told: readonly string[]]>([
    ['after a position', 'room/forbidden', after(at(3)), ['E3–E5 forbidden', '6', '7']],
    ['for the last so many that may not be read', 'room/forbidden', last(2), ['6', '7']],
    ['for the last so many that are not to be had', 'room/not-found', last(2), ['room/not-found', '6', '7']],
  ])('[HI4] that is refused its page %s: %s', (_, code, start, told) => {
    const { on, say, comes } = inRoom(5)
    const seen = on(start)
    comes(6)
    say(refusal(2, code))
    comes(7)
    expect(said(seen)).toEqual(told)
  })

  it('[HI4] that goes takes its request back, and what still comes of it counts as stale', () => {
    const { on, say, left, counts } = inRoom(5)
    const seen = on(after(at(3)))
    seen.stop()
    say(paged(2, 4), page(2, 3))
    expect([said(seen), left(), counts.stale]).toEqual([[], [2], 1])
  })
})

describe('a subscription that is where its room is', () => {
  it('[HI4] [HI10] asks for nothing, and its place is known; so is that of one that was never here', () => {
    const known = inRoom(5, {}, { lobby: at(5) })
    const unknown = inRoom(5)
    for (const rig of [known, unknown]) {
      const { on, comes, asked, moves } = rig
      const seen = on(stored())
      expect([asked(), moves]).toEqual([[], rig === known ? [] : [['lobby', at(5)]]])
      comes(6)
      expect([said(seen), moves.at(-1)]).toEqual([['6'], ['lobby', at(6)]])
    }
  })

  it('[HI4] asks where only the offset is the same', () => {
    const { on, asked } = inRoom(5)
    on(after(at(5, 'D')))
    expect(asked()).toEqual([at(5, 'D')])
  })
})

describe('what is held', () => {
  it('[HI5] is what comes while the rest of the log is as near as may be held: one page is enough', () => {
    const { on, say, comes, asked, counts } = inRoom(5, { holdMessages: 2 })
    const seen = on(after(at(3)))
    comes(6, 7)
    say(paged(2, 4), paged(2, 5), page(2, 3))
    expect([said(seen), asked(), counts.overflows]).toEqual([['4', '5', '6', '7'], [at(3)], 0])
  })

  it('[HI5] is nothing while the rest is more than that: it is read up to where the room is by then', () => {
    const { on, say, comes, asked, counts } = inRoom(6, { holdMessages: 2 })
    const seen = on(after(at(3)))
    comes(7, 8, 9)
    say(paged(2, 4), paged(2, 5), paged(2, 6), page(2, 3), paged(3, 7), paged(3, 8), page(3, 6))
    comes(10)
    expect(said(seen)).toEqual(['4', '5', '6', '7', '8'])
    say(paged(4, 9), page(4, 8))
    expect([said(seen), asked()]).toEqual([
      ['4', '5', '6', '7', '8', '9', '10'],
      [at(3), at(6), at(8)],
    ])
    expect(counts.overflows).toBe(0)
  })

  it('[HI5] is what comes where the place is of another log, whose length says nothing', () => {
    const { on, say, comes, asked } = inRoom(500, { holdMessages: 2 })
    const seen = on(after(at(3, 'D')))
    comes(501)
    say(paged(2, 500), page(2, 499, cut(499, 'epoch')))
    expect([said(seen), asked()]).toEqual([['D3–E499 epoch', '500', '501'], [at(3, 'D')]])
  })

  it('[HI5] is dropped beyond that, and where the place is of another log the room stays where it is', () => {
    const { on, say, comes, asked, left, counts } = inRoom(5, { holdMessages: 2 })
    const seen = on(after(at(3, 'D')))
    comes(6, 7, 8)
    say(paged(2, 5), page(2, 4, cut(4, 'epoch')), paged(3, 6), paged(3, 7), paged(3, 8), page(3, 5))
    comes(9)
    expect([said(seen), asked(), left(), counts.overflows]).toEqual([
      ['D3–E4 epoch', '5', '6', '7', '8', '9'],
      [at(3, 'D'), at(5)],
      [],
      0,
    ])
  })

  it('[HI5] is told after a gap up to where it begins, or that is up to where the room is, where the page is refused', () => {
    const told = [5, 6].map((offset) => {
      const { on, comes, say } = inRoom(offset, { holdMessages: 2 })
      const seen = on(after(at(3)))
      comes(offset + 1, offset + 2)
      say(refusal(2, 'room/forbidden'))
      comes(offset + 3)
      return said(seen)
    })
    expect(told).toEqual([
      ['E3–E5 forbidden', '6', '7', '8'],
      ['E3–E8 forbidden', '9'],
    ])
  })

  it('[HI5] and too much of two at once leads the room back once, to the earlier place; each is told what follows its own', () => {
    const { on, say, comes, joins, joined, live, left, counts } = inRoom(5, { holdMessages: 3 })
    const [earlier, later] = [on(after(at(2))), on(after(at(3)))]
    comes(6, 7, 8, 9)
    const [join] = joins()
    expect([join!.from, left(), counts.overflows]).toEqual([at(2), [1, 2, 3], 1])
    joined(join!.ch, { base: 2, head: 9 })
    for (let offset = 3; offset <= 10; offset++) say(msg(join!.ch, offset))
    expect([live, earlier, later].map(said)).toEqual([
      ['6', '7', '8', '9', '10'],
      ['3', '4', '5', '6', '7', '8', '9', '10'],
      ['4', '5', '6', '7', '8', '9', '10'],
    ])
  })
})

describe('who comes while the first join is on its way', () => {
  /** Somebody asked for what follows 3; somebody else came for what comes next; the answer says where the room is. */
  const late = (
    base: number,
    head: number,
    more: Partial<Parameters<ReturnType<typeof roomsRig>['joined']>[1]> = {},
  ) => {
    const rig = roomsRig()
    rig.up()
    const asking = see(rig.messages('lobby', { from: after(at(3)) }))
    const [join] = rig.joins()
    const other = see(rig.messages('lobby'))
    rig.joined(join!.ch, { base, head, ...more })
    return { ...rig, asking, other, told: () => [said(asking), said(other)] }
  }

  it('[RM9] is told what comes after the head of the log then, not what the other asked for', () => {
    const { say, told } = late(3, 5)
    say(msg(1, 4), msg(1, 5))
    expect(told()).toEqual([['4', '5'], []])
    say(msg(1, 6))
    expect(told()).toEqual([['4', '5', '6'], ['6']])
  })

  it('[RM9] is not told of gaps before that, but of what lies beyond', () => {
    const { say, told } = late(4, 7, { recovered: false, because: 'truncated' })
    say(hole(at(4), at(5)), hole(at(5), at(7)))
    expect(told()).toEqual([['E3–E4 truncated', 'E4–E5 truncated', 'E5–E7 truncated'], []])
    say(hole(at(7), at(8)), msg(1, 9))
    expect(told().map((words) => words.slice(-2))).toEqual([
      ['E7–E8 truncated', '9'],
      ['E7–E8 truncated', '9'],
    ])
  })

  it('[RM9] is told of a gap that goes beyond it from there on', () => {
    const { say, told } = late(3, 5)
    say(hole(at(3), at(6)), msg(1, 7))
    expect(told()).toEqual([
      ['E3–E6 truncated', '7'],
      ['E5–E6 truncated', '7'],
    ])
  })

  it('[RM9] [RM13] is not told that the log is another one than the other asked for', () => {
    const { say, told } = late(0, 2, { epoch: 'F', recovered: false, because: 'epoch' })
    say(msg(1, 1), msg(1, 2), msg(1, 3))
    expect(told()).toEqual([['E3–F0 epoch', '1', '2', '3'], ['3']])
  })

  it('[RM7] [RM9] is told of what was lost without a word from there on', () => {
    const { say, told, counts } = late(3, 5, { permissions: ['read'] })
    say(msg(1, 4), msg(1, 8))
    expect(told()).toEqual([
      ['4', 'E4–E7 lost', '8'],
      ['E5–E7 lost', '8'],
    ])
    expect(counts).toMatchObject({ gaps: 1, messagesIn: 2 })
  })

  it('[RM9] is told without a reason that what was asked for is lost, if it was asked for', () => {
    expect(late(4, 5, { recovered: false }).told()).toEqual([['E3–E4 lost'], []])
  })

  it('[HI10] is told so also where it goes on from where this client was, which is nowhere', () => {
    const { joins, joined, say, up, messages, moves } = roomsRig()
    up()
    see(messages('lobby', { from: after(at(3)) }))
    const [join] = joins()
    const kept = see(messages('lobby', { from: stored() }))
    joined(join!.ch, { base: 3, head: 5 })
    say(msg(1, 4), msg(1, 5))
    expect([said(kept), moves]).toEqual([[], [['lobby', at(5)]]])
    say(msg(1, 6))
    expect([said(kept), moves.at(-1)]).toEqual([['6'], ['lobby', at(6)]])
  })

  it('[RM9] [RM13] is told of another log, however short it is', () => {
    const { say, told } = late(3, 5)
    say(hole(at(3), at(0, 'F'), 'epoch'), msg(1, 1))
    expect(told()).toEqual([
      ['E3–F0 epoch', '1'],
      ['E5–F0 epoch', '1'],
    ])
  })

  it('[HI10] [RM13] nothing of another log may have been offered before', () => {
    const { joins, joined, say, up, messages } = roomsRig({ lobby: at(3) })
    up()
    const kept = see(messages('lobby', { from: stored() }))
    joined(joins()[0]!.ch, { base: 3, head: 5 })
    say(msg(1, 4), hole(at(4), at(0, 'F'), 'epoch'), msg(1, 1), msg(1, 2))
    expect(said(kept)).toEqual(['4!', 'E4–F0 epoch', '1', '2'])
  })
})
