import * as E from '#fp/Either'
import { defer, map, Observable, type SchedulerLike, Subscription, switchMap, timer } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Answer, Engine, EngineFailure, Feed } from '../server/engine.js'

/** What an engine may do: fail without having done anything, lose the answer to what it did, end a feed. */
export type EngineFault = 'failed' | 'lost' | 'broken'

/** How bad an engine is. */
export interface EngineFaults {
  /** The longest a request, an answer or a message of a feed travels; each takes its own time. Default 0. */
  readonly delayMs?: number
  /** One in so many calls fails without having done anything, and one in so many messages of a feed ends it. Default none. */
  readonly failEvery?: number
  /** One in so many answers is lost after what was asked has been done. Default none. */
  readonly loseAnswers?: number
}

/** What `unreliable` needs to know. All but the scheduler is read with each call and message: it may change. */
export interface UnreliableOptions extends EngineFaults {
  /** Requests, answers and feeds travel in its time. */
  readonly scheduler: SchedulerLike
  /** Draws in [0, 1): the same draws give the same failures. */
  readonly random: () => number
  /** Hears of each fault as it happens. */
  readonly told?: ((fault: EngineFault) => void) | undefined
}

/** An engine behind a bad network. What it answers late, fails at or loses, it does as a real one might. */
export const unreliable = (engine: Engine, options: UnreliableOptions): Engine => {
  const { scheduler } = options
  const happens = (every = Infinity): boolean => options.random() * every < 1
  const travelMs = (): number => Math.floor(options.random() * ((options.delayMs ?? 0) + 1))
  const isSound = (): boolean => {
    const { delayMs = 0, failEvery = Infinity, loseAnswers = Infinity } = options
    return delayMs === 0 && failEvery === Infinity && loseAnswers === Infinity
  }

  const once = <T>(call: () => Answer<T>): Answer<T> =>
    defer(() => {
      if (isSound()) return call()
      if (happens(options.failEvery)) {
        options.told?.('failed')
        return timer(travelMs(), scheduler).pipe(map(() => failure('the engine failed')))
      }
      const isLost = happens(options.loseAnswers)
      if (isLost) options.told?.('lost')
      return timer(travelMs(), scheduler).pipe(
        switchMap(call),
        switchMap((answer) =>
          timer(travelMs(), scheduler).pipe(map(() => (isLost ? failure('the answer was lost') : answer))),
        ),
      )
    })

  /** Late, but in order: whichever timer comes first takes what was told first. */
  const feed = (source: Observable<Either<EngineFailure, Feed>>): Observable<Either<EngineFailure, Feed>> =>
    new Observable((to) => {
      const travelling = new Subscription()
      const underWay: Either<EngineFailure, Feed>[] = []
      let lastDue = 0
      let isBroken = false
      const put = (told: Either<EngineFailure, Feed>): void => {
        underWay.push(told)
        lastDue = Math.max(lastDue, scheduler.now() + travelMs())
        const arrival: Subscription = scheduler.schedule(() => {
          travelling.remove(arrival)
          const first = underWay.shift()
          if (first) to.next(first)
        }, lastDue - scheduler.now())
        travelling.add(arrival)
      }
      const take = (told: Either<EngineFailure, Feed>): void => {
        if (isBroken) return
        if (isSound() && underWay.length === 0) {
          to.next(told)
          return
        }
        isBroken = happens(options.failEvery)
        if (isBroken) options.told?.('broken')
        put(isBroken ? failure('the feed broke') : told)
      }
      travelling.add(
        source.subscribe({
          next: take,
          error: () => {
            take(failure('the feed failed'))
          },
        }),
      )
      return travelling
    })

  return {
    ...engine,
    append: (room, entries) => once(() => engine.append(room, entries)),
    read: (room, after, limit) => once(() => engine.read(room, after, limit)),
    head: (room) => once(() => engine.head(room)),
    claim: (claim) => once(() => engine.claim(claim)),
    follow: (room, from) => feed(defer(() => engine.follow(room, from))),
  }
}

const failure = (message: string): Either<EngineFailure, never> => E.left({ message })
