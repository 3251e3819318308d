import * as E from '#fp/Either'
import { type Backoff, retryIn } from '../core/backoff.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import { gap as gapOf, type Gap, type Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { ClientFrame, GapFrame, Left, MessageFrame, PageEnd, PageMsg } from '../protocol/frame.js'
import { oversized, pageOverdue, tooMany, unsupported } from './error.js'
import { type Input, type Output, type Stage, step } from './table.js'

/** The messages to read: the first `count` after a position, the last `count` before one, or the last of all. */
export interface Ask {
  readonly room: string
  readonly count: number
  readonly after?: Position
  readonly before?: Position
}

/** A logged message, with its decoded wire payload. */
export interface Piece {
  readonly frame: MessageFrame
  readonly plain: unknown
}

/** A piece of a log. */
export interface Page {
  readonly end: PageEnd
  readonly pieces: readonly (Piece | Gap)[]
}

/** A request in flight or waiting. */
export interface Pending {
  /** Ends the request with an error, unless it was answered. */
  readonly giveUp: (because: WebSocketError) => void
}

export interface PagesNeeds {
  readonly deadlines: Deadlines
  readonly backoff: Backoff
  readonly random: () => number
  /** Time to wait for an answer; then the request is repeated. */
  readonly answerMs: number
  /** Requests in flight on a link, and those that may wait beside them. */
  readonly inFlight: number
  readonly waiting: number
  readonly write: (frame: ClientFrame) => void
  /** Returns a number for a request on the current link. */
  readonly allot: () => number
  readonly refused: (room: string, frame: Left) => WebSocketError
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

/** Requests for pages of logs, across links. Call in a turn. */
export interface Pages {
  /**
   * Requests a page. Answers once; a request that is given up answers with the reason, at once. `isOptional` (default):
   * refused if too many wait. Requests of subscriptions are never refused: each subscription has at most one.
   */
  readonly ask: (what: Ask, answered: (to: Result<Page>) => void, isOptional?: boolean) => Pending
  /** Takes a message that belongs to an answer; false for any other message. */
  readonly message: (frame: PageMsg, payload: (raw: unknown) => unknown) => boolean
  /** Takes a gap that belongs to an answer; false for any other gap. */
  readonly gap: (frame: GapFrame) => boolean
  readonly page: (end: PageEnd) => void
  /** Takes the refusal of a request; false for any other refusal. */
  readonly left: (frame: Left) => boolean
  /** A link is up; `most` messages a page, `undefined`: its server gives no history. */
  readonly up: (most: number | undefined) => void
  /** `isOversized`: the link ended over a message larger than this client accepts, perhaps one of a page. */
  readonly down: (isOversized: boolean) => void
  /** Forgets all requests. */
  readonly close: () => void
}

interface Request {
  readonly what: Ask
  readonly answered: (to: Result<Page>) => void
  stage: Stage
  ch: number
  pieces: (Piece | Gap)[]
  retries: number
  timer?: Deadline
}

const written: Input = { _tag: 'Written' }
const pageCame: Input = { _tag: 'Page' }
const linkLost: Input = { _tag: 'LinkLost' }
const pauseOver: Input = { _tag: 'PauseOver' }

export const pages = (needs: PagesNeeds): Pages => {
  const all = new Set<Request>()
  const queue = new Set<Request>()
  const byCh = new Map<number, Request>()
  /**
   * Requests in flight when a link ended over a too large message: until they settle, only one request is in flight at
   * a time.
   */
  const struck = new Set<Request>()
  let link: { readonly most: number } | undefined

  const feed = (request: Request, input: Input, end?: PageEnd): void => {
    const [stage, outputs] = step(request.stage, input)
    request.stage = stage
    for (const output of outputs) act(request, output, input, end)
    if (stage !== 'Over') return
    all.delete(request)
    struck.delete(request)
  }
  const act = (request: Request, output: Output, input: Input, end: PageEnd | undefined): void => {
    switch (output) {
      case 'Queue':
        queue.add(request)
        break
      case 'Withdraw':
        queue.delete(request)
        break
      case 'Leave':
        needs.write({ t: 'leave', ch: request.ch })
        break
      case 'Retire':
        request.timer?.cancel()
        byCh.delete(request.ch)
        request.pieces = []
        break
      case 'Pause':
        if ('because' in input) pause(request, input.because)
        break
      case 'Answer':
        if (end) request.answered(E.right({ end, pieces: request.pieces }))
        break
      case 'Fail':
        request.timer?.cancel()
        if ('because' in input) request.answered(E.left(input.because))
    }
  }
  /** Blames requests in flight when a link ended over a too large message: one that was alone, the second time, fails. */
  const accuse = (requests: readonly Request[]): void => {
    for (const request of requests) {
      if (requests.length === 1 && struck.has(request))
        feed(request, { _tag: 'GivenUp', because: oversized(request.what.room) })
      else struck.add(request)
    }
  }
  const pause = (request: Request, because: WebSocketError): void => {
    const ms = retryIn(needs.backoff, request.retries++, needs.random(), because)
    request.timer = needs.deadlines.after(ms, () => {
      needs.turn(() => {
        feed(request, pauseOver)
        pump()
      })
    })
  }
  const pump = (): void => {
    if (!link) return
    for (const request of queue) {
      if (byCh.size >= (struck.size > 0 ? 1 : needs.inFlight)) return
      queue.delete(request)
      write(request, link.most)
    }
  }
  const write = (request: Request, most: number): void => {
    const { what } = request
    request.ch = needs.allot()
    byCh.set(request.ch, request)
    needs.write({ t: 'history', ch: request.ch, ...what, count: Math.min(what.count, most) })
    feed(request, written)
    watch(request, 0)
  }
  /** Keeps waiting while messages arrive: a page may take long on a slow link. */
  const watch = (request: Request, had: number): void => {
    request.timer = needs.deadlines.after(needs.answerMs, () => {
      needs.turn(() => {
        const has = request.pieces.length
        if (has > had) watch(request, has)
        else {
          feed(request, { _tag: 'Overdue', because: pageOverdue(request.what.room, needs.answerMs) })
          pump()
        }
      })
    })
  }

  return {
    ask: (what, answered, isOptional = true) => {
      if (isOptional && queue.size >= needs.waiting) {
        answered(E.left(tooMany(what.room, needs.waiting)))
        return { giveUp: () => undefined }
      }
      const request: Request = { what, answered, stage: 'Waiting', ch: 0, pieces: [], retries: 0 }
      all.add(request)
      queue.add(request)
      if (link?.most === 0) feed(request, { _tag: 'GivenUp', because: unsupported(what.room) })
      else pump()
      return {
        giveUp: (because) => {
          feed(request, { _tag: 'GivenUp', because })
          pump()
        },
      }
    },
    message: (frame, payload) => {
      const request = byCh.get(frame[1])
      if (!request || request.pieces.length >= request.what.count) return false
      request.pieces.push({ frame, plain: payload(frame[7]) })
      return true
    },
    gap: ({ ch, from, to, because }) => {
      const request = byCh.get(ch)
      if (!request) return false
      if (request.pieces.length < request.what.count) request.pieces.push(gapOf(request.what.room, from, to, because))
      return true
    },
    page: (end) => {
      const request = byCh.get(end.ch)
      if (!request) return
      feed(request, pageCame, end)
      pump()
    },
    left: (frame) => {
      const request = byCh.get(frame.ch)
      if (!request) return false
      feed(request, { _tag: 'Refused', because: needs.refused(request.what.room, frame) })
      pump()
      return true
    },
    up: (most = 0) => {
      link = { most }
      if (most > 0) pump()
      else {
        for (const request of [...queue]) {
          feed(request, { _tag: 'GivenUp', because: unsupported(request.what.room) })
        }
      }
    },
    down: (isOversized) => {
      link = undefined
      if (isOversized) accuse([...byCh.values()])
      for (const request of [...all]) feed(request, linkLost)
    },
    close: () => {
      for (const { timer } of all) timer?.cancel()
      all.clear()
      queue.clear()
      byCh.clear()
      link = undefined
    },
  }
}
