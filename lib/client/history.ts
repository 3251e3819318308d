import * as E from '#fp/Either'
import type { AnyContract } from '../contract/contract.js'
import type { WebSocketError } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import type { Position } from '../core/position.js'
import type { Result, ResultStream } from '../core/result.js'
import { anotherLog, pageOverdue } from '../history/error.js'
import type { Page, Pending } from '../history/pages.js'
import { gapError, read } from '../rooms/deliver.js'
import { aborted } from '../rooms/error.js'
import type { Message } from '../rooms/message.js'
import { type Settle, start } from './action.js'
import { historyChecks, validateHistory } from './validate.js'
import { everyEvent, type Shared } from './listening.js'
import type { HistoryOptions, HistoryPage } from './room.js'

type Answer = Settle<HistoryPage<Message<unknown>>>
type Messages = readonly Result<Message<unknown>>[]

/** Requests the last messages before a position, page by page, newest first. */
export const historyOf = (
  shared: Shared,
  name: string,
  contract: AnyContract,
  options: HistoryOptions | null | undefined,
  fault: WebSocketError | undefined,
): ResultStream<HistoryPage<Message<unknown>>> => {
  const { kernel, over } = shared
  const { rooms, connection } = kernel
  const wish = everyEvent(contract)
  let pending: Pending | undefined

  const decoded = ({ end, pieces }: Page): Messages =>
    pieces.flatMap((piece) => {
      if (!('frame' in piece)) return [E.left(gapError(piece))]
      const { frame, plain } = piece
      const decode = wish(frame[4])
      return decode ? [read(name, end.epoch, decode, frame, rooms.own(frame[5][1]), plain, true, false)] : []
    })
  const ask = (settle: Answer, left: number, before: Position | undefined, later: Messages): void => {
    const what = { room: name, count: left, ...(before ? { before } : {}) }
    pending = rooms.history(what, (page) => {
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
    aborted: () => aborted(name),
    begin: (settle, { last = 0, before, withinMs = 0 }) => {
      const wrong = over() ?? fault ?? validateHistory(name, last, before)
      if (wrong) {
        settle(E.left(wrong))
        return undefined
      }
      connection.send({ _tag: 'Need' })
      ask(settle, last, before, [])
      return (cause) => {
        const because = cause === 'aborted' ? aborted(name) : pageOverdue(name, withinMs)
        pending?.giveUp(because)
        return because
      }
    },
  })
}
