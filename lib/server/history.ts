import * as E from '#fp/Either'
import type { History, PageEnd } from '../protocol/frame.js'
import type { Context } from './context.js'
import type { Base, Page } from './engine.js'
import type { Meter } from './meter.js'
import { pageLimit } from './reader.js'
import { refusal, type RefusalCode } from './refusal.js'
import { isReserved, type Permissions } from './permissions.js'
import { encode, type Outlet } from './room.js'
import type { Worker } from './worker.js'
import { throttle } from './throttle.js'

/** History requests of one session. The server reads them page by page, when the connection has room. */
export interface Histories extends Worker {
  readonly ask: (request: History) => void
  /** Cancels a request. */
  readonly leave: (ch: number) => void
  /** Returns the number of unanswered requests. */
  readonly unanswered: () => number
  readonly close: () => void
}

/** Dependencies of a session's history requests. */
export interface HistoriesParts {
  readonly outlet: Pick<Outlet, 'codec' | 'writer'>
  readonly rights: Permissions
  readonly budget: Meter
  /** Asks for steps. */
  readonly wake: () => void
}

/** Maximum number of requests per session; the server refuses further ones. */
const mostRequests = 32

/** Maximum number of pages in transit from the engine. */
const mostPages = 4

/** The progress of an answer. */
interface Reading {
  readonly request: History
  /** Epoch and offset up to which everything is written, or missing for good. */
  epoch: string
  cursor: number
  /** The last requested offset. */
  end: number
  /** The number of messages still to write. */
  left: number
  /** The base for the end of the answer, once the start is known. */
  base?: Base
}

export const histories = (context: Context, { outlet, rights, budget, wake }: HistoriesParts): Histories => {
  const { settings, count } = context
  const { engine, limits } = settings
  const { writer, codec } = outlet
  const most = limits.history ?? Infinity
  const open = new Map<number, Reading>()
  const waiting = new Set<Reading>()
  const mayGoOn = throttle(context.time, wake, () => count.pagesDelayed++)
  let pages = 0
  /** Unanswered questions, including those of cancelled requests. */
  let asked = 0

  const isOn = (reading: Reading): boolean => open.get(reading.request.ch) === reading
  const refuse = ({ request: { ch } }: Reading, code: RefusalCode): void => {
    open.delete(ch)
    budget.refused(code)
    writer.control({ t: 'left', ch, ...refusal(code) })
  }
  const fail = (reading: Reading, message: string): void => {
    context.fault({ where: 'engine', message, room: reading.request.room })
    refuse(reading, 'room/unavailable')
  }
  const next = (reading: Reading): void => {
    waiting.add(reading)
    wake()
  }
  const finish = (reading: Reading, base: Base): void => {
    open.delete(reading.request.ch)
    writer.inOrder(pageEnd(reading.request.ch, base))
  }

  const permitted = (reading: Reading): void => {
    const { room, after } = reading.request
    asked++
    rights.of(room, (answer) => {
      asked--
      if (!isOn(reading)) return
      if (E.isLeft(answer)) refuse(reading, 'room/unavailable')
      else if (!answer.right.includes('read') || !answer.right.includes('history')) {
        rights.forget(room)
        refuse(reading, 'room/forbidden')
      } else if (after) next(Object.assign(reading, { epoch: after.epoch, cursor: after.offset }))
      else locate(reading)
    })
  }
  /** Finds the offset at which the last messages before a position begin. */
  const locate = (reading: Reading): void => {
    const { room, before } = reading.request
    asked++
    context.engine(
      () => engine.head(room),
      (answer) => {
        asked--
        if (!isOn(reading)) return
        if (E.isLeft(answer)) fail(reading, answer.left)
        else if (!answer.right) refuse(reading, 'room/not-found')
        else {
          const { epoch, first, head } = answer.right
          const at = (base: number): Base => ({ _tag: 'Base', epoch, first, head, base, recovered: true })
          if (before && (before.epoch !== epoch || before.offset > head + 1)) {
            finish(reading, { ...at(head), recovered: false, because: 'epoch' })
            return
          }
          const end = before ? Math.max(0, before.offset - 1) : head
          const cursor = Math.min(end, Math.max(first - 1, end - reading.left))
          Object.assign(reading, { epoch, cursor, end, left: end - cursor, base: at(cursor) })
          if (cursor === end) finish(reading, at(cursor))
          else next(reading)
        }
      },
    )
  }
  const read = (reading: Reading): void => {
    const { request, epoch, cursor, left } = reading
    const limit = { ...pageLimit, count: Math.min(pageLimit.count, left) }
    pages++
    context.engine(
      () => engine.read(request.room, { epoch, offset: cursor }, limit),
      (answer) => {
        pages--
        wake()
        if (!isOn(reading)) return
        if (E.isLeft(answer)) fail(reading, answer.left)
        else if (!answer.right) vanished(reading)
        else if (!writer.hasRoom()) next(reading)
        else take(reading, answer.right)
      },
    )
  }
  /** Ends a request for a room without a publish, or for one that the engine forgot during the read. */
  const vanished = (reading: Reading): void => {
    const { request, base } = reading
    if (!base) refuse(reading, 'room/not-found')
    else if (request.after) finish(reading, base)
    else refuse(reading, 'room/unavailable')
  }
  const tellGap = ({ request: { ch }, epoch, cursor }: Reading, offset: number): void => {
    count.gaps++
    writer.inOrder({ t: 'gap', ch, from: { epoch, offset: cursor }, to: { epoch, offset }, because: 'too-large' })
  }
  const take = (reading: Reading, { base, messages }: Page): void => {
    const { request, base: known } = reading
    // The log was truncated or restarted during the read: the written messages and the next ones do not connect.
    if (known && !base.recovered && (base.because !== 'truncated' || known.base !== reading.cursor)) {
      vanished(reading)
      return
    }
    const start = known && base.recovered ? known : { ...base, ...(request.after ? {} : { recovered: true }) }
    reading.base = start
    reading.epoch = base.epoch
    reading.cursor = base.base
    for (const message of messages) {
      if (message.offset > reading.end) break
      const { piece, bytes } = encode(codec, ['h', request.ch], message, reading.cursor)
      if (writer.takes(bytes)) {
        count.messagesOut++
        writer.message(piece, bytes)
      } else tellGap(reading, message.offset)
      reading.cursor = message.offset
      reading.left--
    }
    if (messages.length === 0 || reading.left <= 0 || reading.cursor >= Math.min(reading.end, base.head)) {
      finish(reading, { ...start, head: base.head })
    } else next(reading)
  }

  return {
    ask: (request) => {
      const left = Math.min(request.count, most)
      const reading: Reading = { request, epoch: '', cursor: 0, end: Infinity, left }
      const code = isReserved(request.room)
        ? 'room/forbidden'
        : Math.max(open.size, asked) >= mostRequests
          ? 'room/busy'
          : undefined
      if (code) {
        refuse(reading, code)
        return
      }
      open.set(request.ch, reading)
      permitted(reading)
    },
    leave: (ch) => {
      const reading = open.get(ch)
      if (reading) waiting.delete(reading)
      open.delete(ch)
    },
    unanswered: () => open.size,
    hasWork: () => waiting.size > 0,
    step: () => {
      const [reading] = waiting
      if (!reading || pages >= mostPages || !writer.hasRoom(pages * pageLimit.bytes)) return false
      if (!mayGoOn(budget.user().take('pages'))) return false
      waiting.delete(reading)
      if (isOn(reading)) read(reading)
      return true
    },
    close: () => {
      open.clear()
      waiting.clear()
    },
  }
}

const pageEnd = (ch: number, { epoch, first, head, base, recovered, because }: Base): PageEnd => {
  const end = { t: 'page', ch, epoch, first, head, base, recovered } as const
  return because === undefined || recovered ? end : { ...end, because }
}
