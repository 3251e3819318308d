import * as E from '#fp/Either'
import { type Backoff, retryIn } from '../core/backoff.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import { gap as gapOf, type Gap, type Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { ClientFrame, GapFrame, Left, Msg, PageEnd } from '../protocol/frame.js'
import { oversized, pageOverdue, tooMany, unsupported } from './error.js'
import { type Input, type Output, type Stage, step } from './table.js'

/** Which messages: the first `count` after a position, the last `count` before one, or the last of all. */
export interface Ask {
  readonly room: string
  readonly count: number
  readonly after?: Position
  readonly before?: Position
}

/** A logged message, with its payload as users see it. */
export interface Piece {
  readonly frame: Msg
  readonly plain: unknown
}

/** A piece of a log. */
export interface Page {
  readonly end: PageEnd
  readonly pieces: readonly (Piece | Gap)[]
}

/** A request that is under way. */
export interface Pending {
  /** Tells why there is no page, unless it was answered. */
  readonly giveUp: (because: WebSocketError) => void
}

export interface PagesNeeds {
  readonly deadlines: Deadlines
  readonly backoff: Backoff
  readonly random: () => number
  /** How long an answer may take; then it is asked for again. */
  readonly answerMs: number
  /** Requests under way on a link, and those that wait beside them. */
  readonly inFlight: number
  readonly waiting: number
  readonly write: (frame: ClientFrame) => void
  /** Numbers a request on the present link. */
  readonly allot: () => number
  readonly refused: (room: string, frame: Left) => WebSocketError
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

/** Requests for pages of logs, on whatever link. To be called in a turn. */
export interface Pages {
  /**
   * Answers once, unless it is given up: then it says why, at once. `isOptional` (default): refused where too many wait. What a
   * subscription needs is never refused so: there is one for each subscription at most.
   */
  readonly ask: (what: Ask, answered: (to: Result<Page>) => void, isOptional?: boolean) => Pending
  /** Whether a message belongs to an answer. */
  readonly message: (frame: Msg, payload: (raw: unknown) => unknown) => boolean
  /** Takes a gap that belongs to an answer; false for any other gap. */
  readonly gap: (frame: GapFrame) => boolean
  readonly page: (end: PageEnd) => void
  /** Whether a refusal is one of a request. */
  readonly left: (frame: Left) => boolean
  /** There is a link; `most` messages a page, `undefined`: its server gives none. */
  readonly up: (most: number | undefined) => void
  /** `isOversized`: the link was lost for a message that was larger than this client takes, maybe one of a page. */
  readonly down: (isOversized: boolean) => void
  /** Forgets all. */
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
  /** Under way when a link was lost for the size of what came: until they are over, one request is under way at a time. */
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
  /** Requests that were under way when a link was lost for the size of what came: one that was alone, twice, is to blame. */
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
  /** Waits on as long as messages come: a slow link may take long for a page. */
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
