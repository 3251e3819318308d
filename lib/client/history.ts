import * as E from '#fp/Either'
import type { AnyContract } from '../contract/contract.js'
import type { WebSocketError } from '../core/error.js'
import type { Position } from '../core/position.js'
import type { Result, ResultStream } from '../core/result.js'
import { Stream } from '../core/stream.js'
import { abandoned, anotherLog, pageOverdue } from '../history/error.js'
import type { Page, Pending } from '../history/pages.js'
import { read } from '../rooms/deliver.js'
import type { Message } from '../rooms/message.js'
import { historyMisfit, nameFault, withinMisfit } from './fit.js'
import { answer, everyEvent, type Shared } from './listening.js'
import type { HistoryOptions, HistoryPage } from './room.js'
import { blame } from './wire.js'

type Messages = readonly Result<Message<unknown>>[]

/** Asks for the last so many messages before a place, page by page, from the latest on. */
export const historyOf = (
  { wired, over }: Shared,
  name: string,
  contract: AnyContract,
  { last, before, withinMs }: HistoryOptions,
): ResultStream<HistoryPage<Message<unknown>>> =>
  new Stream(blame(wired), (to) => {
    const { turns, rooms, deadlines, connection, config } = wired
    const wish = everyEvent(contract)
    let pending: Pending | undefined

    const told = (result: Result<HistoryPage<Message<unknown>>>): void => {
      pending = undefined
      turns.publish(() => {
        answer(to, result)
      })
    }
    const decoded = ({ end, pieces }: Page): Messages =>
      pieces.flatMap(({ frame, plain }) => {
        const decode = wish(frame[4])
        return decode ? [read(name, end.epoch, decode, frame, rooms.own(frame[5][1]), plain, true, false)] : []
      })
    const ask = (left: number, before: Position | undefined, later: Messages): void => {
      const what = { room: name, count: left, ...(before ? { before } : {}) }
      pending = rooms.history(what, (page) => {
        if (E.isLeft(page)) told(page)
        else take(left, page.right, later)
      })
    }
    const take = (left: number, page: Page, later: Messages): void => {
      const { epoch, first, base, because } = page.end
      if (because === 'epoch') {
        told(later.length > 0 ? E.right({ messages: later }) : E.left(anotherLog(name)))
        return
      }
      const messages = [...decoded(page), ...later]
      const rest = left - page.pieces.length
      if (base < first) told(E.right({ messages }))
      else if (rest > 0 && page.pieces.length > 0) ask(rest, { epoch, offset: base + 1 }, messages)
      else told(E.right({ messages, earlier: { epoch, offset: base + 1 } }))
    }
    const giveUp = (because: WebSocketError): void => {
      pending?.giveUp(because)
    }

    turns.command(() => {
      if (to.closed) return
      const wrong = over() ?? nameFault(name) ?? historyMisfit(name, last, before) ?? withinMisfit(withinMs)
      if (wrong) {
        told(E.left(wrong))
        return
      }
      const ms = withinMs ?? config.deadlines.joinMs
      const late = deadlines.after(ms, () => {
        turns.enter(() => {
          giveUp(pageOverdue(name, ms))
        })
      })
      to.add(late.cancel)
      connection.send({ _tag: 'Need' })
      ask(last, before, [])
    })
    return () => {
      turns.command(() => {
        giveUp(abandoned(name))
      })
    }
  })
