import type { History } from '../protocol/frame.js'
import { DIRECTORY, roomReadBy } from '../protocol/reserved.js'
import { HistoryAnswer, type HistoryRequests } from './history-answer.js'
import { pageLimit, pageThrottle } from './reader.js'
import type { SessionRecord } from './session-record.js'
import type { Worker } from './worker.js'

/** History requests of one session. The server reads them page by page, when the connection has room. */
export interface Histories extends Worker {
  readonly ask: (request: History) => void
  /** Cancels a request. */
  readonly leave: (ch: number) => void
  /** Returns the number of unanswered requests. */
  readonly unanswered: () => number
  readonly close: () => void
}

/** Maximum number of requests per session; the server refuses further ones. */
const mostRequests = 32

/** Maximum number of pages in transit from the engine. */
const mostPages = 4

/** Creates the history requests of a session, at the first request. */
export const histories = (session: SessionRecord): Histories => new SessionHistories(session)

/** A class, because each connection may have one: its instances share their methods. */
class SessionHistories implements Histories, HistoryRequests {
  readonly session: SessionRecord
  readonly #mayRead: () => boolean
  readonly #open = new Map<number, HistoryAnswer>()
  readonly #waiting = new Set<HistoryAnswer>()
  asked = 0
  pages = 0

  constructor(session: SessionRecord) {
    this.session = session
    this.#mayRead = pageThrottle(session)
  }

  ask(request: History): void {
    const room = request.room === DIRECTORY ? undefined : roomReadBy(this.session.user, request.room)
    const answer = new HistoryAnswer(this, room === undefined ? request : { ...request, room })
    const isBusy = Math.max(this.#open.size, this.asked) >= mostRequests
    const code = room === undefined ? 'room/forbidden' : isBusy ? 'room/busy' : undefined
    if (code) {
      answer.refuse(code)
      return
    }
    this.#open.set(request.ch, answer)
    answer.begin()
  }

  leave(ch: number): void {
    const answer = this.#open.get(ch)
    if (answer) this.#waiting.delete(answer)
    this.#open.delete(ch)
  }

  unanswered(): number {
    return this.#open.size
  }

  hasWork(): boolean {
    return this.#waiting.size > 0
  }

  step(): boolean {
    const [answer] = this.#waiting
    if (!answer || this.pages >= mostPages) return false
    if (!this.session.writer.hasRoom(this.pages * pageLimit.bytes) || !this.#mayRead()) return false
    this.#waiting.delete(answer)
    if (this.isOpen(answer)) answer.read()
    return true
  }

  close(): void {
    this.#open.clear()
    this.#waiting.clear()
  }

  isOpen(answer: HistoryAnswer): boolean {
    return this.#open.get(answer.request.ch) === answer
  }

  queue(answer: HistoryAnswer): void {
    this.#waiting.add(answer)
    this.session.wake()
  }

  end(answer: HistoryAnswer): void {
    this.#open.delete(answer.request.ch)
  }
}
