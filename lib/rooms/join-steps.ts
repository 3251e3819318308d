import * as E from '#fp/Either'
import { type Backoff, retryIn } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import { gap, type Gap } from '../core/position.js'
import type { Retries } from '../core/retries.js'
import type { ControlFrame, From, Joined } from '../protocol/frame.js'
import type { JoinQueue } from './join-queue.js'
import { grant } from './membership.js'
import { forget, fromOf, setPosition } from './position.js'
import { extrasOf, positionOf, type RoomRecord, waitersOf } from './record.js'
import type { RoomNumbers } from './room-numbers.js'
import { type Input, type Output, step } from './table.js'

/** Callbacks of joins. All run in a turn. */
export interface JoinEvents {
  /** The state in `membership$` has changed. */
  readonly changed: (room: RoomRecord) => void
  /** A gap was found; `isFirst`: before the start of the first join. */
  readonly missed: (room: RoomRecord, gap: Gap, isFirst: boolean) => void
  /** The server answered the first join, which asked for `start`. */
  readonly joined: (room: RoomRecord, answer: Joined, start: From | undefined) => void
  readonly refused: (room: RoomRecord, because: WebSocketError) => void
}

export interface JoinStepNeeds extends JoinEvents {
  readonly backoff: Backoff
  readonly deadlines: Deadlines
  readonly random: () => number
  readonly retries: Retries
}

type Actions = { readonly [O in Output]: (room: RoomRecord, input: Input) => void }

/** Steps a room by the table, and carries out the outputs. */
export const joinSteps = (
  needs: JoinStepNeeds,
  numbers: RoomNumbers,
  queue: Pick<JoinQueue, 'add' | 'withdraw' | 'later'>,
  write: (frame: ControlFrame) => void,
): ((room: RoomRecord, input: Input) => void) => {
  const feed = (room: RoomRecord, input: Input): void => {
    const [have, outputs] = step(room.have, input, room.holds > 0)
    room.have = have
    for (const output of outputs) actions[output](room, input)
  }
  const actions: Actions = {
    Join: queue.add,
    Withdraw: queue.withdraw,
    Leave: ({ ch }) => {
      write({ t: 'leave', ch })
    },
    Retire: (room) => {
      numbers.retire(room)
      room.granted = undefined
      if (room.extras) room.extras.waiting = undefined
    },
    Gap: (room, input) => {
      if (input._tag === 'Joined') tellGap(needs, room, input.answer)
    },
    SetPosition: (room, input) => {
      if (input._tag !== 'Joined') return
      const isFirst = room.epoch === ''
      needs.retries.succeeded((room.extras?.retries ?? 0) > 0)
      const start = room.extras?.start
      setPosition(room, input.answer)
      numbers.enter(room)
      if (isFirst) needs.joined(room, input.answer, start)
    },
    Grant: (room, input) => {
      if (input._tag === 'Granted') room.granted = grant(room.granted?.info ?? {}, input.permissions)
    },
    Refuse: (room, input) => {
      if (!('because' in input)) return
      extrasOf(room).refusal = input.because
    },
    Tell: needs.changed,
    Report: (room, input) => {
      if ('because' in input) needs.refused(room, input.because)
    },
    Answer: (room, input) => {
      const answer = 'because' in input ? E.left(input.because) : room.granted && E.right(room.granted)
      if (answer) for (const answered of waitersOf(room)) answered(answer)
    },
    Retry: (room, input) => {
      if (!('because' in input)) return
      const ms = retryIn(needs.backoff, extrasOf(room).retries++, needs.random(), input.because)
      queue.later(room, needs.retries.permitted(needs.deadlines.elapsed(ms)), () => {
        feed(room, retryDue)
      })
    },
    Forget: forget,
  }
  return feed
}

const retryDue: Input = { _tag: 'RetryDue' }

/** Tells the gap between the position that a join asked for and that of its answer. */
const tellGap = ({ missed }: Pick<JoinEvents, 'missed'>, room: RoomRecord, answer: Joined): void => {
  const asked = fromOf(room)
  if (!asked || !('epoch' in asked)) return
  const base = { epoch: answer.epoch, offset: answer.base }
  if (asked.epoch === base.epoch && asked.offset === base.offset) return
  missed(room, gap(room.name, asked, base, answer.because ?? 'lost'), positionOf(room) === undefined)
}
