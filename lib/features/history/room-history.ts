import * as E from '#fp/Either'
import { type Settle, start } from '../../client/action.js'
import { everyEvent } from '../../client/listening.js'
import { portOf, type RoomPort } from '../../client/port.js'
import type { MessageOf, Room } from '../../client/room.js'
import type { AnyContract } from '../../contract/contract.js'
import { frozen } from '../../core/frozen.js'
import { type Checks, whatever } from '../../core/check.js'
import type { WebSocketError } from '../../core/error.js'
import type { Position } from '../../core/position.js'
import type { Result, ResultStream } from '../../core/result.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import { Flaw } from '../../protocol/flaw.js'
import { position } from '../../protocol/kind.js'
import { faultOf } from '../../protocol/read.js'
import { wrong } from '../../protocol/wrong.js'
import { gapError, read } from '../../rooms/deliver.js'
import { aborted, roomFailure } from '../../rooms/error.js'
import type { Message } from '../../rooms/message.js'
import { anotherLog, pageOverdue } from './error.js'
import type { Page, Pending } from './page.js'
import { requests } from './requests.js'

/** The piece of a room's log to read, and the time to wait for it. */
export interface HistoryOptions extends WaitOptions {
  /** The number of messages, of any event, from 1 to 10 000; events that the contract does not name are left out. */
  readonly last: number
  /** Reads messages before this position. Default: the latest ones. */
  readonly before?: Position | undefined
  /** Time to wait, in milliseconds, including for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** A piece of a room's log. */
export interface HistoryPage<M> {
  /** In the order of the room; a payload that does not decode is a `Left` at its place. */
  readonly messages: readonly Result<M>[]
  /** The value of `before` for the messages before these. Absent: the server has none. */
  readonly earlier?: Position
}

/** The member that the feature `history` adds to a room. */
export interface History<C extends AnyContract> {
  /**
   * Reads earlier messages from the log, at the call: one `Right`, or `Left` when the server gives no history, the user
   * may not read it, or no answer arrives within `withinMs`. Connects, and waits while offline. Does not join: it works
   * from outside the room.
   */
  readonly history: (options: HistoryOptions) => ResultStream<HistoryPage<MessageOf<C>>>
}

/** Adds `history` to a room: pages of its log. */
export const history = <C extends AnyContract>(room: Room<C>): History<C> => {
  const at = portOf(room)
  return { history: (options) => readHistory(at, options) as ResultStream<HistoryPage<MessageOf<C>>> }
}

type Answer = Settle<HistoryPage<Message<unknown>>>
type Messages = readonly Result<Message<unknown>>[]

/** Requests the last messages before a position, page by page, newest first. */
const readHistory = (
  { parts, name, contract, fault }: RoomPort,
  options: HistoryOptions | null | undefined,
): ResultStream<HistoryPage<Message<unknown>>> => {
  const { kernel, rooms, over } = parts
  const wish = everyEvent(contract)
  let pending: Pending | undefined

  const decoded = ({ end, pieces }: Page): Messages =>
    pieces.flatMap((piece) => {
      if (!('frame' in piece)) return [E.left(gapError(piece))]
      const { frame, plain } = piece
      const decode = wish(frame[4])
      const own = rooms.own(frame[5][1])
      return decode
        ? [read(name, decode, { epoch: end.epoch, frame, own, plain, recovered: true, redelivered: false })]
        : []
    })
  const ask = (settle: Answer, left: number, before: Position | undefined, later: Messages): void => {
    const what = { room: name, count: left, ...(before ? { before } : {}) }
    pending = parts.get(requests).ask(what, (page) => {
      if (E.isLeft(page)) settle(page)
      else take(settle, left, page.right, later)
    })
  }
  const take = (settle: Answer, left: number, page: Page, later: Messages): void => {
    const { epoch, first, base, because } = page.end
    if (because === 'epoch') {
      settle(later.length > 0 ? E.right({ messages: later }) : E.left(anotherLog(name)))
      return
    }
    const messages = frozen([...decoded(page), ...later])
    const rest = left - page.pieces.length
    if (base < first) settle(E.right({ messages }))
    else if (rest > 0 && page.pieces.length > 0) ask(settle, rest, { epoch, offset: base + 1 }, messages)
    else settle(E.right({ messages, earlier: { epoch, offset: base + 1 } }))
  }

  return start<HistoryPage<Message<unknown>>, HistoryOptions>(kernel, options, {
    checks: historyChecks,
    withinMs: kernel.config.deadlines.joinMs,
    cut: (cause, withinMs) => {
      const because = cause === 'aborted' ? aborted(name) : pageOverdue(name, withinMs)
      pending?.giveUp(because)
      return because
    },
    begin: (settle, { last = 0, before }) => {
      const wrong = over() ?? fault ?? validateHistory(name, last, before)
      if (wrong) settle(E.left(wrong))
      else {
        kernel.send({ _tag: 'Need' })
        ask(settle, last, before, [])
      }
    },
  })
}

const historyChecks: Checks<keyof HistoryOptions> = { ...waitChecks, last: whatever, before: whatever }

/** The most messages of one call. */
const mostHistory = 10_000

/** Returns the fault of a history request, if it has one. */
const validateHistory = (room: string, last: unknown, before: unknown): WebSocketError | undefined => {
  const fault =
    Number.isInteger(last) && (last as number) > 0 && (last as number) <= mostHistory
      ? before === undefined
        ? undefined
        : faultOf('before', before, position)
      : wrong('last', new Flaw(`a whole number from 1 to ${mostHistory}`, last))
  return fault === undefined ? undefined : roomFailure('room/invalid-history', 'terminal', room, { fault })
}
