import * as E from '#fp/Either'
import { type Observable, Subscription } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { backoff, defaultBackoff } from '../core/backoff.js'
import { guard, thrownText } from '../core/guard.js'
import type { Context } from './context.js'
import type { EngineFailure } from './engine.js'

/** A feed of an engine, and its reader. All members are called in a turn. */
export interface FeedSource<T> {
  readonly room: string
  /** Follows from the latest item on. */
  readonly follow: () => Observable<Either<EngineFailure, T>>
  readonly take: (item: T) => void
  /** The feed failed or ended; it is followed again later. */
  readonly lost?: () => void
}

/** A followed feed. */
export interface EngineFeed {
  readonly close: () => void
}

/** Follows a feed of an engine. One that fails, ends, or does not begin in time is followed again after a wait. */
export const engineFeed = <T>(context: Context, { room, follow, take, lost }: FeedSource<T>): EngineFeed => {
  const { box, time, settings } = context
  let current = Subscription.EMPTY
  let failures = 0

  const open = (): void => {
    const feed = new Subscription()
    let hasBegun = false
    current = feed
    const down = (message: string): void => {
      box.enter(() => {
        if (feed.closed) return
        context.fault({ where: 'engine', message, room })
        feed.unsubscribe()
        lost?.()
        const retry = time.after(backoff(defaultBackoff, failures++, settings.random()), open)
        current = new Subscription(retry.cancel)
      })
    }
    const late = time.after(settings.answerMs, () => {
      down(`the feed did not open within ${settings.answerMs} ms`)
    })
    feed.add(late.cancel)
    const source = guard(follow)
    if (E.isLeft(source)) {
      down(source.left)
      return
    }
    feed.add(
      source.right.subscribe({
        next: (item) => {
          if (E.isLeft(item)) {
            down(item.left.message)
            return
          }
          box.enter(() => {
            if (feed.closed) return
            if (!hasBegun) {
              hasBegun = true
              failures = 0
              late.cancel()
            }
            take(item.right)
          })
        },
        error: (thrown: unknown) => {
          down(thrownText(thrown))
        },
        complete: () => {
          down('the feed completed')
        },
      }),
    )
  }
  open()
  return {
    close: () => {
      current.unsubscribe()
    },
  }
}
