import { gap } from '../core/position.js'
import { refused } from '../kernel/refusal.js'
import type { ControlFrame, GapFrame, Granted, Joined, Left, WaitingFrame } from '../protocol/frame.js'
import type { EarlyJoins, MovingAddresses } from './early-joins.js'
import { joinOverdue } from './error.js'
import { type JoinQueue, joinQueue, type JoinQueueNeeds } from './join-queue.js'
import { joinSteps, type JoinStepNeeds } from './join-steps.js'
import { joinTimeout, type JoinTimeoutNeeds } from './join-timeout.js'
import { extrasOf, type RoomRecord } from './record.js'
import { refillIn, type RefillNeeds } from './refill.js'
import { type RoomNumbers, roomNumbers } from './room-numbers.js'
import type { Input } from './table.js'

export interface JoinNeeds
  extends JoinStepNeeds, RefillNeeds, Omit<JoinQueueNeeds, 'written'>, Omit<JoinTimeoutNeeds, 'of' | 'overdue'> {
  readonly early: MovingAddresses['early'] | undefined
}

/** The rooms of one link: numbered joins, and the answers to them. Frames of a number that is no room's are dropped. */
export interface Joins extends Pick<RoomNumbers, 'at' | 'allot'>, Pick<JoinQueue, 'take' | 'pending'> {
  readonly want: (room: RoomRecord) => void
  readonly leave: (room: RoomRecord) => void
  readonly joined: (frame: Joined) => void
  readonly left: (frame: Left) => void
  readonly waiting: (frame: WaitingFrame) => void
  readonly granted: (frame: Granted) => void
  /** Rejoins a room from its position; false if a rejoin there was tried already, or cannot help. */
  readonly refill: (room: RoomRecord) => boolean
  /** Rejoins a room from its position. */
  readonly rejoin: (room: RoomRecord) => void
  readonly gap: (frame: GapFrame) => void
  /** The joins in the hello of a link that is to follow the present one. */
  readonly early: EarlyJoins | undefined
  /** The link ended: all its joins are void. `next`: the number of the link that follows it. */
  readonly reset: (rooms: Iterable<RoomRecord>, next: number | undefined) => void
  /** Retries refused rooms. */
  readonly again: (rooms: Iterable<RoomRecord>) => void
}

/** `write` takes control frames for the current link, and drops them while there is none. */
export const joins = (needs: JoinNeeds, write: (frame: ControlFrame) => void): Joins => {
  const numbers = roomNumbers()
  const queue = joinQueue({
    ...needs,
    written: (room) => {
      numbers.add(room)
      feed(room, written)
    },
  })
  const timeout = joinTimeout({
    ...needs,
    of: numbers.of,
    overdue: (room) => {
      feed(room, { _tag: 'Overdue', because: joinOverdue(room.name, needs.joinMs) })
    },
  })
  const feed = joinSteps(needs, numbers, queue, write)
  const early = needs.early?.({
    allot: numbers.allot,
    waits: needs.waits,
    leave: (ch) => {
      write({ t: 'leave', ch })
    },
    underWay: (room, ch) => {
      queue.withdraw(room)
      numbers.add(room, ch)
      feed(room, written)
      timeout.expect(ch, ch)
    },
  })
  /** Takes a frame about the join of a room. */
  const of =
    <F extends { readonly ch: number }>(take: (room: RoomRecord, frame: F) => void) =>
    (frame: F): void => {
      const room = numbers.of(frame.ch)
      if (room) take(room, frame)
    }
  const joined = of((room, answer: Joined) => {
    feed(room, { _tag: 'Joined', answer: early?.answer(room, answer) ?? answer })
  })

  return {
    at: numbers.at,
    allot: numbers.allot,
    pending: queue.pending,
    take: (limits, bytes) => {
      const frames = queue.take(limits, bytes)
      const [first, last] = [frames[0], frames.at(-1)]
      if (first && last) timeout.expect(first.ch, last.ch + ('rooms' in last ? last.rooms.length - 1 : 0))
      return frames
    },
    want: (room) => {
      feed(room, want)
    },
    leave: (room) => {
      feed(room, unwanted)
    },
    joined: (answer) => {
      timeout.answered()
      joined(answer)
    },
    left: of((room, frame) => {
      feed(room, { _tag: 'Left', because: refused(room.name, frame) })
    }),
    waiting: of((room, { place, of }) => {
      extrasOf(room).waiting = { _tag: 'Joining', place, of }
      needs.changed(room)
    }),
    granted: of((room, { permissions }) => {
      feed(room, { _tag: 'Granted', permissions })
    }),
    refill: (room) => {
      const ms = refillIn(needs, room)
      if (ms === undefined) return false
      feed(room, gapDetected)
      if (ms > 0) queue.delay(room, ms)
      return true
    },
    rejoin: (room) => {
      feed(room, gapDetected)
    },
    gap: of((room, { from, to, because }) => {
      if (to.epoch !== room.epoch) room.replayedTo = 0
      room.epoch = to.epoch
      room.offset = to.offset
      needs.missed(room, gap(room.name, from, to, because), false)
    }),
    early,
    reset: (rooms, next) => {
      numbers.clear()
      early?.follow(next)
      for (const room of rooms) {
        feed(room, linkLost)
        // A delayed join is due with the next link.
        if (room.have === 'Wanted' && !early?.adopt(room)) queue.add(room)
      }
      early?.rest()
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
const again: Input = { _tag: 'Rejoin' }
