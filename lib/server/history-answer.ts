import * as E from '#fp/Either'
import type { History, PageEnd, Refusal, Permission } from '../protocol/frame.js'
import { isReserved } from '../protocol/reserved.js'
import type { Base, Head, Page } from './engine.js'
import { judged, uninvited } from './life/gate.js'
import type { Life } from './life/life.js'
import { pageLimit } from './reader.js'
import { refusal, type RefusalCode } from './refusal.js'
import { refuseChannel } from './refuse-frame.js'
import { encode } from './room.js'
import type { SessionRecord } from './session-record.js'

/** The history requests of the session, as an answer sees them. */
export interface HistoryRequests {
  readonly session: SessionRecord
  /** Unanswered questions, including those of cancelled requests. */
  asked: number
  /** Pages in transit from the engine. */
  pages: number
  /** Returns false after the end of the request. */
  readonly isOpen: (answer: HistoryAnswer) => boolean
  /** Queues the request for its next page. */
  readonly queue: (answer: HistoryAnswer) => void
  readonly end: (answer: HistoryAnswer) => void
}

/** The answer to one history request: its checks, then its pages. */
export class HistoryAnswer {
  readonly request: History
  readonly #requests: HistoryRequests
  /** Epoch and offset up to which everything is written, or missing for good. */
  #epoch = ''
  #cursor = 0
  /** The last requested offset. */
  #end = Infinity
  /** The number of messages still to write. */
  #left: number
  /** The base for the end of the answer, once the start is known. */
  #base: Base | undefined

  constructor(requests: HistoryRequests, request: History) {
    this.#requests = requests
    this.request = request
    this.#left = Math.min(request.count, requests.session.shared.context.settings.limits.history ?? Infinity)
  }

  /** Checks the permissions, then begins with the first page. */
  begin(): void {
    const requests = this.#requests
    const { permissions } = requests.session
    const { room } = this.request
    requests.asked++
    permissions.of(room, (answer) => {
      requests.asked--
      if (!requests.isOpen(this)) return
      if (E.isLeft(answer)) this.refuse('room/unavailable')
      else if (!answer.right.includes('read') || !answer.right.includes('history')) {
        permissions.forget(room)
        this.refuse('room/forbidden')
      } else this.#judge(answer.right)
    })
  }

  /**
   * A banned user may not read the history either, nor one who was not let in; that of a closed room may still be read.
   */
  #judge(permissions: readonly Permission[]): void {
    const requests = this.#requests
    const { session } = requests
    const { user, shared } = session
    const { room, after } = this.request
    const judge = (life: Life): Refusal | undefined => life.banned({ user }) ?? uninvited(life, session, permissions)
    const lives = isReserved(room) ? undefined : shared.lives
    judged({ lives, room, judge, unread: 'room/unavailable' }, (because) => {
      if (!requests.isOpen(this)) return
      if (because) this.#decline(because)
      else if (after) {
        this.#epoch = after.epoch
        this.#cursor = after.offset
        requests.queue(this)
      } else this.#locate()
    })
  }

  read(): void {
    const requests = this.#requests
    const { shared, writer, meter } = requests.session
    const { context } = shared
    const position = { epoch: this.#epoch, offset: this.#cursor }
    const limit = { ...pageLimit, count: Math.min(pageLimit.count, this.#left) }
    requests.pages++
    context.engine(
      () => context.settings.logs.read(this.request.room, position, limit),
      (answer) => {
        requests.pages--
        requests.session.wake()
        if (!requests.isOpen(this)) return
        if (E.isLeft(answer)) this.#fail(answer.left)
        else if (!answer.right) this.#vanished()
        else if (!writer.hasRoom()) requests.queue(this)
        else this.#take(answer.right)
      },
      meter,
    )
  }

  refuse(code: RefusalCode): void {
    this.#decline(refusal(code))
  }

  #decline(because: Refusal): void {
    this.#requests.end(this)
    refuseChannel(this.#requests.session, this.request.ch, because)
  }

  #fail(message: string): void {
    this.#requests.session.shared.context.fault({ where: 'engine', message, room: this.request.room })
    this.refuse('room/unavailable')
  }

  #finish(base: Base): void {
    this.#requests.end(this)
    this.#requests.session.writer.inOrder(pageEnd(this.request.ch, base))
  }

  /** Asks for the offset at which the last messages before a position begin. */
  #locate(): void {
    const requests = this.#requests
    const { shared, meter } = requests.session
    requests.asked++
    shared.context.engine(
      () => shared.context.settings.logs.head(this.request.room),
      (answer) => {
        requests.asked--
        if (!requests.isOpen(this)) return
        if (E.isLeft(answer)) this.#fail(answer.left)
        else if (!answer.right) this.refuse('room/not-found')
        else this.#start(answer.right)
      },
      meter,
    )
  }

  #start({ epoch, first, head }: Head): void {
    const { before } = this.request
    const at = (base: number): Base => ({ _tag: 'Base', epoch, first, head, base, recovered: true })
    if (before && (before.epoch !== epoch || before.offset > head + 1)) {
      this.#finish({ ...at(head), recovered: false, because: 'epoch' })
      return
    }
    this.#epoch = epoch
    this.#end = before ? Math.max(0, before.offset - 1) : head
    this.#cursor = Math.min(this.#end, Math.max(first - 1, this.#end - this.#left))
    this.#left = this.#end - this.#cursor
    this.#base = at(this.#cursor)
    if (this.#left === 0) this.#finish(this.#base)
    else this.#requests.queue(this)
  }

  /** Ends a request for a room without a publish, or for one that the engine forgot during the read. */
  #vanished(): void {
    if (!this.#base) this.refuse('room/not-found')
    else if (this.request.after) this.#finish(this.#base)
    else this.refuse('room/unavailable')
  }

  #take({ base, messages }: Page): void {
    const known = this.#base
    // The log was truncated or restarted during the read: the written messages and the next ones do not connect.
    if (known && !base.recovered && (base.because !== 'truncated' || known.base !== this.#cursor)) {
      this.#vanished()
      return
    }
    const start = known && base.recovered ? known : { ...base, ...(this.request.after ? {} : { recovered: true }) }
    this.#base = start
    this.#epoch = base.epoch
    this.#cursor = base.base
    this.#write(messages)
    if (messages.length === 0 || this.#left <= 0 || this.#cursor >= Math.min(this.#end, base.head))
      this.#finish({ ...start, head: base.head })
    else this.#requests.queue(this)
  }

  #write(messages: Page['messages']): void {
    const { codec, writer, shared } = this.#requests.session
    const { ch } = this.request
    for (const message of messages) {
      if (message.offset > this.#end) break
      const { piece, bytes } = encode(codec, ['h', ch], message, this.#cursor)
      if (writer.takes(bytes)) {
        shared.context.count.messagesOut++
        writer.message(piece, bytes)
      } else this.#writeGap(message.offset)
      this.#cursor = message.offset
      this.#left--
    }
  }

  #writeGap(offset: number): void {
    const { writer, shared } = this.#requests.session
    const epoch = this.#epoch
    shared.context.count.gaps++
    shared.context.count.gapCauses.add('too-large')
    writer.inOrder({
      t: 'gap',
      ch: this.request.ch,
      from: { epoch, offset: this.#cursor },
      to: { epoch, offset },
      because: 'too-large',
    })
  }
}

const pageEnd = (ch: number, { epoch, first, head, base, recovered, because }: Base): PageEnd => {
  const end = { t: 'page', ch, epoch, first, head, base, recovered } as const
  return because === undefined || recovered ? end : { ...end, because }
}
