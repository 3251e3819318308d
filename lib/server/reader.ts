import * as E from '#fp/Either'
import type { Page } from './engine.js'
import { fifo } from './fifo.js'
import { catchUp, isCaughtUp, type Member, nothing } from './room.js'
import type { Reader, SessionRecord } from './session-record.js'
import { throttle } from './throttle.js'

export const pageLimit = { count: 64, bytes: 64 * 1024 } as const

/** Maximum number of pages in transit from the engine to one session. */
const mostReads = 8

/** Retry delay where the log does not yet hold the messages of the feed, in ms. */
const lagMs = 100

/** Retry delay after an engine failure, in ms. */
const retryMs = 1_000

/** Returns true where the user may read a page now; otherwise wakes the session later. */
export const pageThrottle = (session: SessionRecord): (() => boolean) => {
  const { time, count } = session.shared.context
  const wake = (): void => {
    session.wake()
  }
  const mayGoOn = throttle(time, wake, () => count.pagesDelayed++)
  return () => mayGoOn(session.meter.user().take('pages'))
}

/** Creates the reader of a session, for its first member that is behind. */
export const reader = (session: SessionRecord): Reader => new LogReader(session)

/** A class, because each connection may have one: its instances share their methods. */
class LogReader implements Reader {
  readonly #session: SessionRecord
  readonly #mayRead: () => boolean
  readonly #behind = fifo<Member>()
  #reading = 0

  constructor(session: SessionRecord) {
    this.#session = session
    this.#mayRead = pageThrottle(session)
  }

  begin(member: Member, page: Page): void {
    member.phase = 'behind'
    this.#advance(member, page)
  }

  fallBehind(member: Member): void {
    this.#session.shared.context.count.catchUps++
    member.phase = 'behind'
    this.#behind.put(member)
  }

  hasWork(): boolean {
    return this.#behind.size() > 0
  }

  step(): boolean {
    if (this.#behind.size() === 0 || this.#reading >= mostReads) return false
    if (!this.#session.writer.hasRoom(this.#reading * pageLimit.bytes) || !this.#mayRead()) return false
    const member = this.#behind.take()
    if (member?.phase === 'behind') this.#read(member)
    return member !== undefined
  }

  #queue(member: Member): void {
    this.#behind.put(member)
    this.#session.wake()
  }

  #queueLater(member: Member, ms: number): void {
    this.#session.shared.context.time.after(ms, () => {
      if (member.phase === 'behind') this.#queue(member)
    })
  }

  #advance(member: Member, page: Page): void {
    const { epoch, offset } = member
    catchUp(member, page, this.#session.shared.context.count)
    if (isCaughtUp(member)) member.phase = 'live'
    else if (member.offset !== offset || member.epoch !== epoch) this.#queue(member)
    else this.#queueLater(member, lagMs)
  }

  #read(member: Member): void {
    const { shared, meter, writer } = this.#session
    const { context } = shared
    const { room, epoch, offset } = member
    this.#reading++
    context.engine(
      () => context.settings.logs.read(room.name, { epoch, offset }, pageLimit),
      (answer) => {
        this.#reading--
        this.#session.wake()
        if (member.phase !== 'behind') return
        if (E.isLeft(answer)) {
          context.fault({ where: 'engine', message: answer.left, room: room.name })
          this.#queueLater(member, retryMs)
        } else if (writer.hasRoom()) this.#advance(member, answer.right ?? nothing(room, { epoch, offset }))
        else this.#queue(member)
      },
      meter,
    )
  }
}
