import * as E from '#fp/Either'
import { AsyncSubject, EMPTY, interval, map, merge, type Observable, startWith, Subject, takeUntil } from 'rxjs'
import type { Accept } from '../core/ports.js'
import type { Result, ResultStream } from '../core/result.js'
import { application, type ServerPublishOptions, type ServerReceipt } from './application.js'
import { context } from './context.js'
import { farewell, type DrainOptions, type Farewell } from './farewell.js'
import { link } from './link.js'
import type { ServerFault, ServerMetrics } from './metrics.js'
import { settings, type RoomServerOptions } from './options.js'
import { publisher } from './publisher.js'
import { refusal } from './refusal.js'
import { rooms } from './rooms.js'
import { rota } from './rota.js'
import type { Link, Session, Shared } from './shared.js'

/** Rooms over sockets that somebody else accepts. */
export interface RoomServer {
  /** Takes an open socket. */
  readonly accept: Accept
  /** Publishes in the application's own name, at the call. One result, replayed. */
  readonly publish: (
    room: string,
    event: string,
    data?: unknown,
    options?: ServerPublishOptions,
  ) => ResultStream<ServerReceipt>
  /** Removes a user from a room, at the call: the user's clients do not join it again by themselves. One result, replayed. */
  readonly kick: (room: string, user: string, options?: { readonly message?: string }) => ResultStream<Kicked>
  /**
   * Ends the time of a user's tokens, at the call: the links that they opened are refused with `auth/expired`. Who comes
   * back is asked about again. One result, replayed.
   */
  readonly expire: (user: string) => ResultStream<Kicked>
  /**
   * Asks every client to go, at the call: what was received is answered, and then the link closed. New sockets are sent
   * away. Completes when no link is left.
   */
  readonly drain: (options?: DrainOptions) => Observable<never>
  /**
   * Ends every link, at the call, and with the last one every timer; completes then. The engine stays open: it belongs to
   * who made it.
   */
  readonly close: () => Observable<never>
  readonly metrics: () => ServerMetrics
  /** The metrics at once and then every second. */
  readonly metrics$: Observable<ServerMetrics>
  /** What went wrong and has no caller to be told, as it happens. */
  readonly faults$: Observable<ServerFault>
}

/** How many sessions were removed. */
export interface Kicked {
  readonly sessions: number
}

const metricsMs = 1_000

/**
 * The room server without a network: sockets come from outside, rooms live in the engine.
 *
 * Everything from outside takes its turn in one mailbox; what a turn writes to a link leaves at its end. Nothing that a
 * hook, the engine or a client does ends more than that client's link.
 */
export const createRoomServer = (options: RoomServerOptions): RoomServer => {
  const faults = new Subject<ServerFault>()
  const drained = new AsyncSubject<never>()
  const closed = new AsyncSubject<true>()
  const ended = new AsyncSubject<never>()
  const links = new Set<Link>()
  let dirty = new Set<Link>()
  let leaving: Farewell | undefined
  let isClosed = false

  const flush = (): void => {
    while (dirty.size > 0) {
      const ready = dirty
      dirty = new Set()
      for (const each of ready) each.flush()
    }
    shared.rota.refill()
  }
  const fault = (each: ServerFault): void => {
    faults.next(each)
  }
  const { faults$ = EMPTY } = options.engine
  const engineFaults$ = faults$.pipe(map(({ message }): ServerFault => ({ where: 'engine', message })))
  const here = context(settings(options), fault, flush)
  const { box, count, time, now } = here
  const settleEnd = (): void => {
    if (links.size > 0) return
    if (leaving || isClosed) drained.complete()
    if (!isClosed) return
    time.clear()
    ended.complete()
  }
  const send = publisher(here)
  const shared: Shared = {
    context: here,
    rota: rota(here),
    rooms: rooms(here),
    publisher: send,
    speakers: new Map(),
    sessions: new Map(),
    greetings: 0,
    began: (each) => {
      links.add(each)
      count.links++
      if (isClosed) each.end()
      else if (leaving) each.bye(leaving)
      else if (links.size > here.settings.maxLinks) each.turnAway()
    },
    ended: (each) => {
      if (links.delete(each)) count.links--
      settleEnd()
    },
    flushLater: (each) => {
      dirty.add(each)
    },
  }
  const own = application(here, send)
  const remove = (user: string, from: (session: Session) => boolean): ResultStream<Kicked> => {
    const result = new AsyncSubject<Result<Kicked>>()
    box.enter(() => {
      const sessions = [...(shared.sessions.get(user) ?? [])].filter(from)
      result.next(E.right({ sessions: sessions.length }))
      result.complete()
    })
    return result.asObservable()
  }
  const metrics = (): ServerMetrics => ({ ...count })

  return {
    accept: (socket) => link(shared, socket),
    publish: (room, event, data, more) => own.publish(room, event, data, more),
    kick: (room, user, { message } = {}) => {
      const because = refusal('room/kicked', message === undefined ? {} : { message })
      return remove(user, (session) => session.expel(room, because))
    },
    expire: (user) =>
      remove(user, (session) => {
        session.expire()
        return true
      }),
    drain: (more = {}) => {
      box.enter(() => {
        if (leaving) return
        leaving = farewell(more, links.size, here.settings.drainMs, now())
        for (const each of [...links]) each.bye(leaving)
        settleEnd()
      })
      return drained.asObservable()
    },
    close: () => {
      box.enter(() => {
        if (isClosed) return
        isClosed = true
        for (const each of [...links]) each.end()
        own.close()
        shared.rooms.close()
        shared.rota.close()
        closed.next(true)
        closed.complete()
        faults.complete()
        settleEnd()
      })
      return ended.asObservable()
    },
    metrics,
    metrics$: interval(metricsMs, here.settings.scheduler).pipe(startWith(0), map(metrics), takeUntil(closed)),
    faults$: merge(faults, engineFaults$).pipe(takeUntil(closed)),
  }
}
