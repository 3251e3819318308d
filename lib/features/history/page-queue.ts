import { defer, filter, type Observable, repeat, take, tap } from 'rxjs'
import { oversized, pageOverdue, unsupported } from './error.js'
import type { Feed, PagesNeeds, Request } from './page.js'
import type { Input } from './table.js'

/** The requests that wait for their turn on the link, and those in flight on it. Call in a turn. */
export interface PageQueue {
  readonly add: (request: Request) => void
  readonly withdraw: (request: Request) => void
  /** Ends the number of a request, and drops its pieces. */
  readonly retire: (request: Request) => void
  /** The request is over. */
  readonly forget: (request: Request) => void
  /** The number of requests that wait. */
  readonly waiting: () => number
  /** The request in flight under a number. */
  readonly at: (ch: number) => Request | undefined
  /** True while the server of the link gives no history. */
  readonly isUnsupported: () => boolean
  /** Writes the next requests, as many as may be in flight. */
  readonly pump: () => void
  /** A link is up; `most` messages a page, `undefined`: its server gives no history. */
  readonly up: (most: number | undefined) => void
  /** `isOversized`: the link ended over a message larger than this client accepts, perhaps one of a page. */
  readonly down: (isOversized: boolean) => void
}

const written: Input = { _tag: 'Written' }

export const pageQueue = (needs: PagesNeeds, feed: Feed): PageQueue => {
  const queue = new Set<Request>()
  const byCh = new Map<number, Request>()
  /**
   * Requests in flight when a link ended over a too large message: until they settle, only one request is in flight at
   * a time.
   */
  const struck = new Set<Request>()
  let link: { readonly most: number } | undefined

  /** Blames requests in flight when a link ended over a too large message: one that was alone, the second time, fails. */
  const accuse = (requests: readonly Request[]): void => {
    for (const request of requests) {
      if (requests.length === 1 && struck.has(request))
        feed(request, { _tag: 'GivenUp', because: oversized(request.what.room) })
      else struck.add(request)
    }
  }
  const pump = (): void => {
    if (!link) return
    for (const request of queue) {
      if (byCh.size >= (struck.size > 0 ? 1 : needs.limits().inFlight)) return
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
    const overdue$ = stillness(request).pipe(
      tap(() => {
        needs.turn(() => {
          feed(request, { _tag: 'Overdue', because: pageOverdue(what.room, needs.answerMs) })
          pump()
        })
      }),
    )
    request.waiting = overdue$.subscribe()
  }
  /** Emits once no message has arrived for `answerMs`: a page may take long on a slow link. */
  const stillness = (request: Request): Observable<void> =>
    defer(() => {
      const had = request.pieces.length
      return needs.deadlines.elapsed(needs.answerMs).pipe(filter(() => request.pieces.length === had))
    }).pipe(repeat(), take(1))

  return {
    add: (request) => {
      queue.add(request)
    },
    withdraw: (request) => {
      queue.delete(request)
    },
    retire: (request) => {
      request.waiting.unsubscribe()
      byCh.delete(request.ch)
      request.pieces = []
    },
    forget: (request) => {
      struck.delete(request)
    },
    waiting: () => queue.size,
    at: (ch) => byCh.get(ch),
    isUnsupported: () => link?.most === 0,
    pump,
    up: (most = 0) => {
      link = { most }
      if (most > 0) pump()
      else for (const request of [...queue]) feed(request, { _tag: 'GivenUp', because: unsupported(request.what.room) })
    },
    down: (isOversized) => {
      link = undefined
      if (isOversized) accuse([...byCh.values()])
    },
  }
}
