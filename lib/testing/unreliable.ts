import * as E from '#fp/Either'
import { defer, map, Observable, type SchedulerLike, Subscription, switchMap, timer } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Answer, Engine, EngineFailure } from '../server/engine.js'

/** A fault of an engine: a call fails without effect, the answer to an executed call is lost, or a feed breaks. */
export type EngineFault = 'failed' | 'lost' | 'broken'

/** How often an engine fails, and its delays. */
export interface EngineFaults {
  /** Maximum delay of a request, an answer or a feed message, in ms; each has a random delay of its own. Default 0. */
  readonly delayMs?: number
  /** One in so many calls fails without effect, and one in so many messages of a feed breaks it. Default: none. */
  readonly failEvery?: number
  /** One in so many answers is lost after the engine has executed the request. Default: none. */
  readonly loseAnswers?: number
}

/** Options for `unreliable`. It reads all but `scheduler` at each call and message, so the values may change. */
export interface UnreliableOptions extends EngineFaults {
  /** Scheduler of the delays of requests, answers and feeds. */
  readonly scheduler: SchedulerLike
  /** Returns random values in [0, 1): the same values give the same failures. */
  readonly random: () => number
  /** Receives each fault as it happens. */
  readonly told?: ((fault: EngineFault) => void) | undefined
}

/** Wraps an engine with fault injection: late answers, failed calls and lost answers, as behind a bad network. */
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

  /** Delays messages and keeps their order: the timer that fires first delivers the oldest message. */
  const feed = <T>(source: Observable<Either<EngineFailure, T>>): Observable<Either<EngineFailure, T>> =>
    new Observable((to) => {
      const travelling = new Subscription()
      const underWay: Either<EngineFailure, T>[] = []
      let lastDue = 0
      let isBroken = false
      let isOver = false
      const end = (): void => {
        if (isOver && underWay.length === 0) to.complete()
      }
      const put = (told: Either<EngineFailure, T>): void => {
        underWay.push(told)
        lastDue = Math.max(lastDue, scheduler.now() + travelMs())
        const arrival: Subscription = scheduler.schedule(() => {
          travelling.remove(arrival)
          const first = underWay.shift()
          if (first) to.next(first)
          end()
        }, lastDue - scheduler.now())
        travelling.add(arrival)
      }
      const take = (told: Either<EngineFailure, T>): void => {
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
          complete: () => {
            isOver = !isBroken
            end()
          },
        }),
      )
      return travelling
    })

  const { tables, calls, revoke } = engine
  return {
    ...engine,
    ...(revoke && { revoke: (user, session) => once(() => revoke(user, session)) }),
    ...(tables && {
      tables: {
        write: (id, writes) => once(() => tables.write(id, writes)),
        follow: (id, from) => feed(defer(() => tables.follow(id, from))),
        page: (id, range) => once(() => tables.page(id, range)),
        lease: (lease, forMs) => once(() => tables.lease(lease, forMs)),
      },
    }),
    ...(calls && {
      calls: {
        get name() {
          return calls.name
        },
        claim: (claim) => once(() => calls.claim(claim)),
        settle: (key, outcome) => once(() => calls.settle(key, outcome)),
        cancel: (key) => once(() => calls.cancel(key)),
        watch: (key) => feed(defer(() => calls.watch(key))),
      },
    }),
    append: (room, entries) => once(() => engine.append(room, entries)),
    read: (room, after, limit) => once(() => engine.read(room, after, limit)),
    head: (room) => once(() => engine.head(room)),
    claim: (claim) => once(() => engine.claim(claim)),
    follow: (room, from) => feed(defer(() => engine.follow(room, from))),
  }
}

const failure = (message: string): Either<EngineFailure, never> => E.left({ message })
