import * as E from '#fp/Either'
import { type Backoff, backoff, retryIn } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import { gap, type Gap } from '../core/position.js'
import type { ControlFrame, From, GapFrame, Granted, Join, Joined, Left } from '../protocol/frame.js'
import { refused } from '../kernel/refusal.js'
import { channels } from './channels.js'
import { joinOverdue } from './error.js'
import { joinQueue } from './join-queue.js'
import { grant } from './membership.js'
import { forget, fromOf, setPosition } from './position.js'
import { extrasOf, positionOf, type RoomRecord, waitersOf } from './record.js'
import { type Input, type Output, step } from './table.js'

/** Callbacks of joins. All run in a turn. */
export interface JoinEvents {
  /** The state in `membership$` has changed. */
  readonly changed: (room: RoomRecord) => void
  /** A gap was found; `isFirst`: before the start of the first join. */
  readonly missed: (room: RoomRecord, gap: Gap, isFirst: boolean) => void
  /** The start of a room's first join. */
  readonly start: (room: RoomRecord) => From | undefined
  /** The server answered the first join, which asked for `start`. */
  readonly joined: (room: RoomRecord, answer: Joined, start: From | undefined) => void
  readonly refused: (room: RoomRecord, because: WebSocketError) => void
  /** Runs a task in a turn, to retry a held room. */
  readonly turn: (task: () => void) => void
}

export interface JoinNeeds extends JoinEvents {
  readonly joinMs: number
  readonly backoff: Backoff
  readonly random: () => number
  readonly now: () => number
  readonly deadlines: Deadlines
  /** True for a room that may not be joined yet. */
  readonly waits: (room: RoomRecord) => boolean
}

/** The rooms of one link: numbered joins, and the answers to them. */
export interface Joins {
  /** The room with that number of the server, from `joined` until the membership ends; frames of any other number are dropped. */
  readonly at: (number: number) => RoomRecord | undefined
  readonly want: (room: RoomRecord) => void
  readonly leave: (room: RoomRecord) => void
  /** The next joins to write: at most `count`, of about `bytes` together. Their numbers follow each other. */
  readonly take: (count: number, bytes: number) => readonly Join[]
  readonly pending: () => boolean
  readonly joined: (frame: Joined) => void
  readonly left: (frame: Left) => void
  readonly granted: (frame: Granted) => void
  /** Rejoins a room from its position; false if a rejoin there was tried already, or cannot help. */
  readonly refill: (room: RoomRecord) => boolean
  /** Rejoins a room from its position. */
  readonly rejoin: (room: RoomRecord) => void
  /** Assigns a number to a request other than a join. */
  readonly allot: () => number
  readonly gap: (frame: GapFrame) => void
  /** The link ended: all its joins are void. */
  readonly reset: (rooms: Iterable<RoomRecord>) => void
  /** Retries refused rooms. */
  readonly again: (rooms: Iterable<RoomRecord>) => void
}

/** `write` takes control frames for the current link, and drops them while there is none. */
export const joins = (needs: JoinNeeds, write: (frame: ControlFrame) => void): Joins => {
  const byCh = channels<RoomRecord>()
  const byNumber = new Map<number, RoomRecord>()

  /** Steps a room by the table, and runs the outputs. */
  const feed = (room: RoomRecord, input: Input): void => {
    const [have, outputs] = step(room.have, input, room.holds > 0)
    room.have = have
    for (const output of outputs) act(room, output, input)
  }
  const act = (room: RoomRecord, output: Output, input: Input): void => {
    switch (output) {
      case 'Join':
        room.extras?.retry?.cancel()
        queue.add(room)
        break
      case 'Withdraw':
        queue.withdraw(room)
        break
      case 'Leave':
        write({ t: 'leave', ch: room.ch })
        break
      case 'Retire':
        byCh.delete(room.ch)
        byNumber.delete(room.number)
        room.ch = 0
        room.number = 0
        room.granted = undefined
        break
      case 'Gap':
        if (input._tag === 'Joined') tellGap(needs, room, input.answer)
        break
      case 'SetPosition':
        if (input._tag === 'Joined') {
          const isFirst = positionOf(room) === undefined
          const start = room.extras?.start
          setPosition(room, input.answer)
          byNumber.set(room.number, room)
          if (isFirst) needs.joined(room, input.answer, start)
        }
        break
      case 'Grant':
        if (input._tag === 'Granted') room.granted = grant(room.granted?.info ?? {}, input.permissions)
        break
      case 'Refuse':
        if ('because' in input) extrasOf(room).refusal = input.because
        break
      case 'Tell':
        needs.changed(room)
        break
      case 'Report':
        if ('because' in input) needs.refused(room, input.because)
        break
      case 'Answer': {
        const answer = 'because' in input ? E.left(input.because) : room.granted && E.right(room.granted)
        if (answer) for (const answered of waitersOf(room)) answered(answer)
        break
      }
      case 'Retry':
        if ('because' in input) retryLater(room, input.because)
        break
      case 'Forget':
        forget(room)
    }
  }
  const retryLater = (room: RoomRecord, because: WebSocketError): void => {
    const details = extrasOf(room)
    const ms = retryIn(needs.backoff, details.retries++, needs.random(), because)
    details.retry = needs.deadlines.after(ms, () => {
      needs.turn(() => {
        feed(room, retryDue)
      })
    })
  }
  const queue = joinQueue({
    ...needs,
    written: (room) => {
      room.ch = byCh.add(room)
      feed(room, written)
    },
    overdue: (room) => {
      feed(room, { _tag: 'Overdue', because: joinOverdue(room.name, needs.joinMs) })
    },
  })

  return {
    at: (number) => byNumber.get(number),
    want: (room) => {
      feed(room, want)
    },
    leave: (room) => {
      feed(room, unwanted)
    },
    take: queue.take,
    pending: queue.pending,
    joined: (answer) => {
      queue.answered()
      const room = byCh.get(answer.ch)
      if (room) feed(room, { _tag: 'Joined', answer })
    },
    left: (frame) => {
      const room = byCh.get(frame.ch)
      if (room) feed(room, { _tag: 'Left', because: refused(room.name, frame) })
    },
    granted: ({ ch, permissions }) => {
      const room = byCh.get(ch)
      if (room) feed(room, { _tag: 'Granted', permissions })
    },
    refill: (room) => {
      const { epoch, offset, granted } = room
      const { refilled } = room.extras ?? {}
      if (!granted?.permissions.includes('history')) return false
      if (refilled?.epoch === epoch && refilled.offset === offset) return false
      const at = needs.now()
      const times = refilled && at - refilled.at < 2 * needs.backoff.capMs ? refilled.times + 1 : 0
      extrasOf(room).refilled = { epoch, offset, at, times }
      if (times > 1) queue.delay(room, backoff(needs.backoff, times - 2, needs.random()))
      feed(room, gapDetected)
      return true
    },
    rejoin: (room) => {
      feed(room, gapDetected)
    },
    allot: byCh.skip,
    gap: ({ ch, from, to, because }) => {
      const room = byCh.get(ch)
      if (!room) return
      if (to.epoch !== room.epoch) room.replayedTo = 0
      room.epoch = to.epoch
      room.offset = to.offset
      needs.missed(room, gap(room.name, from, to, because), false)
    },
    reset: (rooms) => {
      byCh.clear()
      byNumber.clear()
      for (const room of rooms) {
        delete room.extras?.notBefore
        feed(room, linkLost)
      }
    },
    again: (rooms) => {
      for (const room of rooms) feed(room, again)
    },
  }
}

const want: Input = { _tag: 'Wanted' }
const unwanted: Input = { _tag: 'Unwanted' }
const written: Input = { _tag: 'Written' }
const gapDetected: Input = { _tag: 'GapDetected' }
const linkLost: Input = { _tag: 'LinkLost' }
const retryDue: Input = { _tag: 'RetryDue' }
const again: Input = { _tag: 'Rejoin' }

/** Tells the gap between the position that a join asked for and that of its answer. */
const tellGap = ({ missed }: Pick<JoinEvents, 'missed'>, room: RoomRecord, answer: Joined): void => {
  const asked = fromOf(room)
  if (!asked || !('epoch' in asked)) return
  const base = { epoch: answer.epoch, offset: answer.base }
  if (asked.epoch === base.epoch && asked.offset === base.offset) return
  missed(room, gap(room.name, asked, base, answer.because ?? 'lost'), positionOf(room) === undefined)
}
