import * as E from '#fp/Either'
import type { Context } from './context.js'
import type { Page } from './engine.js'
import { fifo } from './fifo.js'
import type { Meter } from './meter.js'
import { catchUp, isCaughtUp, type Member, nothing } from './room.js'
import type { Worker } from './worker.js'
import { throttle } from './throttle.js'
import type { Writer } from './writer.js'

/** Brings members that are behind to the live feed, one page at a time, the rooms in turn. */
export interface Reader extends Worker {
  /** Starts with the page that the join has read. */
  readonly begin: (member: Member, page: Page) => void
  readonly fallBehind: (member: Member) => void
}

export const pageLimit = { count: 64, bytes: 64 * 1024 } as const

/** Maximum number of pages in transit from the engine to one session. */
const mostReads = 8

/** Retry delay where the log does not yet hold the messages of the feed, in ms. */
const lagMs = 100

/** Retry delay after an engine failure, in ms. */
const retryMs = 1_000

export interface ReaderParts {
  readonly writer: Writer
  readonly budget: Meter
  /** Asks for steps. */
  readonly wake: () => void
}

export const reader = (context: Context, { writer, budget, wake }: ReaderParts): Reader => {
  const { count, time, settings } = context
  const mayGoOn = throttle(time, wake, () => count.pagesDelayed++)
  const behind = fifo<Member>()
  let reading = 0

  const queue = (member: Member): void => {
    behind.put(member)
    wake()
  }
  const queueLater = (member: Member, ms: number): void => {
    time.after(ms, () => {
      if (member.phase === 'behind') queue(member)
    })
  }
  const advance = (member: Member, page: Page): void => {
    const { epoch, offset } = member
    catchUp(member, page, count)
    if (isCaughtUp(member)) member.phase = 'live'
    else if (member.offset !== offset || member.epoch !== epoch) queue(member)
    else queueLater(member, lagMs)
  }
  const read = (member: Member): void => {
    const { room, epoch, offset } = member
    reading++
    context.engine(
      () => settings.engine.read(room.name, { epoch, offset }, pageLimit),
      (answer) => {
        reading--
        wake()
        if (member.phase !== 'behind') return
        if (E.isLeft(answer)) {
          context.fault({ where: 'engine', message: answer.left, room: room.name })
          queueLater(member, retryMs)
        } else if (writer.hasRoom()) advance(member, answer.right ?? nothing(room, { epoch, offset }))
        else queue(member)
      },
    )
  }

  return {
    begin: (member, page) => {
      member.phase = 'behind'
      advance(member, page)
    },
    fallBehind: (member) => {
      count.catchUps++
      member.phase = 'behind'
      behind.put(member)
    },
    hasWork: () => behind.size() > 0,
    step: () => {
      if (behind.size() === 0 || reading >= mostReads || !writer.hasRoom(reading * pageLimit.bytes)) return false
      if (!mayGoOn(budget.user().take('pages'))) return false
      const member = behind.take()
      if (member?.phase === 'behind') read(member)
      return member !== undefined
    },
  }
}
