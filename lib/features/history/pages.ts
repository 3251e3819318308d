import { Subscription, tap } from 'rxjs'
import * as E from '#fp/Either'
import { retryIn } from '../../core/backoff.js'
import type { WebSocketError } from '../../core/error.js'
import { gap as gapOf } from '../../core/position.js'
import type { Result } from '../../core/result.js'
import type { GapFrame, Left, PageEnd, PageMsg } from '../../protocol/frame.js'
import { tooMany, unsupported } from './error.js'
import type { Ask, Feed, Page, PagesNeeds, Pending, Request } from './page.js'
import { pageQueue } from './page-queue.js'
import { type Input, type Output, step } from './table.js'

/** Requests for pages of logs, across links. Call in a turn. */
export interface Pages {
  /**
   * Requests a page. Answers once; a request that is given up answers with the reason, at once. `isOptional` (default):
   * refused if too many wait. Requests of subscriptions are never refused: each subscription has at most one.
   */
  readonly ask: (what: Ask, answered: (to: Result<Page>) => void, isOptional?: boolean) => Pending
  /** Takes a message that belongs to an answer; false for any other message. */
  readonly message: (frame: PageMsg, payload: (raw: unknown) => unknown) => boolean
  /** Takes a gap that belongs to an answer; any other has no effect. */
  readonly gap: (frame: GapFrame) => void
  readonly page: (end: PageEnd) => void
  /** Takes the refusal of a request; any other has no effect. */
  readonly left: (frame: Left) => void
  /** A link is up; `most` messages a page, `undefined`: its server gives no history. */
  readonly up: (most: number | undefined) => void
  /** `isOversized`: the link ended over a message larger than this client accepts, perhaps one of a page. */
  readonly down: (isOversized: boolean) => void
}

const pageCame: Input = { _tag: 'Page' }
const linkLost: Input = { _tag: 'LinkLost' }
const pauseOver: Input = { _tag: 'PauseOver' }

export const pages = (needs: PagesNeeds): Pages => {
  const all = new Set<Request>()
  const feed: Feed = (request, input, end) => {
    const [stage, outputs] = step(request.stage, input)
    request.stage = stage
    for (const output of outputs) act(request, output, input, end)
    if (stage !== 'Over') return
    all.delete(request)
    queue.forget(request)
  }
  const queue = pageQueue(needs, feed)
  const act = (request: Request, output: Output, input: Input, end: PageEnd | undefined): void => {
    switch (output) {
      case 'Queue':
        queue.add(request)
        break
      case 'Withdraw':
        queue.withdraw(request)
        break
      case 'Leave':
        needs.write({ t: 'leave', ch: request.ch })
        break
      case 'Retire':
        queue.retire(request)
        break
      case 'Pause':
        if ('because' in input) pause(request, input.because)
        break
      case 'Answer':
        if (end) request.answered(E.right({ end, pieces: request.pieces }))
        break
      case 'Fail':
        request.waiting.unsubscribe()
        if ('because' in input) request.answered(E.left(input.because))
    }
  }
  const pause = (request: Request, because: WebSocketError): void => {
    const ms = retryIn(needs.backoff, request.retries++, needs.random(), because)
    const pauseEnd$ = needs.deadlines.elapsed(ms).pipe(
      tap(() => {
        needs.turn(() => {
          feed(request, pauseOver)
          queue.pump()
        })
      }),
    )
    request.waiting = pauseEnd$.subscribe()
  }

  return {
    ask: (what, answered, isOptional = true) => {
      const { waiting } = needs.limits()
      if (isOptional && queue.waiting() >= waiting) {
        answered(E.left(tooMany(what.room, waiting)))
        return { giveUp: () => undefined }
      }
      const request: Request = {
        what,
        answered,
        stage: 'Waiting',
        ch: 0,
        pieces: [],
        retries: 0,
        waiting: Subscription.EMPTY,
      }
      all.add(request)
      queue.add(request)
      if (queue.isUnsupported()) feed(request, { _tag: 'GivenUp', because: unsupported(what.room) })
      else queue.pump()
      return {
        giveUp: (because) => {
          feed(request, { _tag: 'GivenUp', because })
          queue.pump()
        },
      }
    },
    message: (frame, payload) => {
      const request = queue.at(frame[1])
      if (!request || request.pieces.length >= request.what.count) return false
      request.pieces.push({ frame, plain: payload(frame[7]) })
      return true
    },
    gap: ({ ch, from, to, because }) => {
      const request = queue.at(ch)
      if (request && request.pieces.length < request.what.count)
        request.pieces.push(gapOf(request.what.room, from, to, because))
    },
    page: (end) => {
      const request = queue.at(end.ch)
      if (!request) return
      feed(request, pageCame, end)
      queue.pump()
    },
    left: (frame) => {
      const request = queue.at(frame.ch)
      if (!request) return
      feed(request, { _tag: 'Refused', because: needs.refused(request.what.room, frame) })
      queue.pump()
    },
    up: queue.up,
    down: (isOversized) => {
      queue.down(isOversized)
      for (const request of [...all]) feed(request, linkLost)
    },
  }
}
