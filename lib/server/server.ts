import * as E from '#fp/Either'
import { AsyncSubject, interval, map, merge, type Observable, of, startWith, Subject, takeUntil, tap } from 'rxjs'
import { type AsyncUsing, disposing } from '../core/disposable.js'
import { optionFault } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import { limited } from '../core/limited.js'
import type { Accept } from '../core/ports.js'
import type { Result, ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { drainChecks, expiredChecks, kickChecks, kickedChecks, publishChecks, roomServerFault } from './checks.js'
import { application, type ServerPublishOptions, type ServerReceipt } from './application.js'
import { context } from './context.js'
import { engineFaults } from './engine-faults.js'
import { farewell, type DrainOptions, type GoAway, type KickOptions } from './go-away.js'
import { link } from './link.js'
import { type Log, logging } from './logging.js'
import { memory } from './memory.js'
import { treasury } from './meter.js'
import type { ServerFault, ServerMetrics } from './metrics.js'
import { settings, type RoomServerOptions } from './options.js'
import { publisher } from './publisher.js'
import { refusal, type RefusalCode } from './refusal.js'
import { rooms } from './rooms.js'
import { sequences } from './sequence.js'
import { fairScheduler } from './fair-scheduler.js'
import type { Link, Session, Shared } from './connections.js'

/** Rooms over sockets that a listener accepts. `using` and `await using` close it. */
export interface RoomServer extends AsyncUsing {
  /** Accepts an open socket. */
  readonly accept: Accept
  /**
   * Publishes in the application's own name, at the call. Emits one result and replays it. Where `signal` or `withinMs`
   * ends the wait, the publish continues: publish again with the same `id` to learn the outcome.
   */
  readonly publish: (
    room: string,
    event: string,
    data?: unknown,
    options?: ServerPublishOptions,
  ) => ResultStream<ServerReceipt>
  /**
   * Removes a user from a room, at the call: the user's clients do not rejoin automatically. Emits one result and
   * replays it.
   */
  readonly kick: (room: string, user: string, options?: KickOptions) => ResultStream<Kicked>
  /**
   * Expires a user's tokens, at the call: ends their connections with `auth/expired`. Returning clients authenticate
   * again. Emits one result and replays it.
   */
  readonly expire: (user: string, options?: WaitOptions) => ResultStream<Kicked>
  /**
   * Asks every client to leave, at the call: answers all received frames, then closes the connections. Turns new
   * sockets away. Emits one result and replays it: `Right` when no connection is left, after `drainMs` at the latest;
   * `Left` for an invalid option. A second call returns the same drain. Where `signal` or `withinMs` ends the wait, the
   * drain continues.
   */
  readonly drain: (options?: DrainOptions) => ResultStream<void>
  /**
   * Ends every connection and every timer, at the call. Emits one result and replays it: `Right` when the last
   * connection has ended, within 2 s. The engine stays open: its creator closes it. A second call returns the same
   * result. Where `signal` or `withinMs` ends the wait, the closing continues.
   */
  readonly close: (options?: WaitOptions) => ResultStream<void>
  /** Returns the state of the server: it accepts clients, drains, or is closed. */
  readonly status: () => ServerStatus
  readonly metrics: () => ServerMetrics
  /** Emits the metrics at once and then every second. */
  readonly metrics$: Observable<ServerMetrics>
  /** Emits failures that no caller receives, as they happen. */
  readonly faults$: Observable<ServerFault>
}

/** The state for health checks: a server that is not `open` turns new clients away. */
export type ServerStatus = 'open' | 'draining' | 'closed'

/** The number of removed sessions. */
export interface Kicked {
  readonly sessions: number
}

const metricsMs = 1_000

/**
 * Creates a room server without a network: sockets come from outside, rooms live in the engine.
 *
 * All input takes its turn in one mailbox; the output of a turn leaves at its end. A failing hook, engine or client
 * ends at most that client's connection.
 *
 * With an invalid option the server is closed from the start: it lets nobody in, every action is a `Left` with the
 * `ConfigError`, and `faults$` repeats it to each subscriber.
 */
export const createRoomServer = (options: RoomServerOptions): RoomServer => roomServer(options).server

/** Calls of listeners to a server before there is a socket. */
export interface Door {
  /** Counts a new connection of an address. Returns the ms until its next try, 0 where it may enter. */
  readonly knock: (address: string | undefined) => number
  /** Opens a connection of an address in its turn: at once, unless the address is above its share of the event loop. */
  readonly queue: (address: string | undefined, open: () => void) => void
  /** Reports a connection that was refused before it had a socket. */
  readonly refused: (cause: RefusalCode, because: string) => void
  readonly fault: (fault: ServerFault) => void
  readonly log?: Log | undefined
}

/** Creates a room server, and its door for listeners of this library. */
export const roomServer = (options: RoomServerOptions): { readonly server: RoomServer; readonly door: Door } => {
  const fault = roomServerFault(options)
  if (!fault) return open(options)
  const { server, door } = open({ engine: memory() })
  return { server: refusing(server, fault), door }
}

const refusing = (server: RoomServer, fault: ConfigError): RoomServer => {
  const refused = () => of(E.left(fault))
  void server.close()
  return {
    ...server,
    publish: refused,
    kick: refused,
    expire: refused,
    drain: refused,
    faults$: of({ where: 'options', message: `${fault.message} ${fault.remedy}` }),
  }
}

const settle = (action: AsyncSubject<Result<void>>): void => {
  action.next(E.right(undefined))
  action.complete()
}

const open = (options: RoomServerOptions): { readonly server: RoomServer; readonly door: Door } => {
  const faults = new Subject<ServerFault>()
  const drained = new AsyncSubject<Result<void>>()
  const closed = new AsyncSubject<true>()
  const ended = new AsyncSubject<Result<void>>()
  const links = new Set<Link>()
  const outputs = sequences()
  let dirty = new Set<Link>()
  let leaving: GoAway | undefined
  let isClosed = false

  const flush = (): void => {
    while (dirty.size > 0) {
      const ready = dirty
      dirty = new Set()
      for (const each of ready) each.flush()
    }
    outputs.clear()
    shared.fairScheduler.refill()
  }
  const fault = (each: ServerFault): void => {
    log?.fault(each)
    faults.next(each)
  }
  const log = logging(options.logger, (said) => {
    here.fault({ where: 'hook', message: `logger: ${said}` })
  })
  const here = context(settings(options), fault, flush)
  const engineFaults$ = engineFaults(here).pipe(takeUntil(closed))
  const { box, count, time, now } = here
  const settleEnd = (): void => {
    if (links.size > 0) return
    log?.drained(now())
    if (leaving || isClosed) settle(drained)
    if (!isClosed) return
    log?.closed()
    time.clear()
    settle(ended)
  }
  const send = publisher(here)
  const shared: Shared = {
    context: here,
    log,
    fairScheduler: fairScheduler(here),
    rooms: rooms(here),
    publisher: send,
    speakers: new Map(),
    sessions: new Map(),
    sequences: outputs,
    treasury: treasury(here.settings.budgets, now),
    began: (each) => {
      links.add(each)
      count.links++
      if (isClosed) each.end()
      else if (leaving) each.bye(leaving)
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
  const metrics = (): ServerMetrics => ({ ...count, causes: { ...count.causes } })
  const end = (): ResultStream<void> => {
    box.enter(() => {
      if (isClosed) return
      isClosed = true
      for (const each of [...links]) each.end()
      own.close()
      shared.rooms.close()
      shared.fairScheduler.close()
      closed.next(true)
      closed.complete()
      faults.complete()
      settleEnd()
    })
    return ended.asObservable()
  }
  const drain = (more: DrainOptions): ResultStream<void> => {
    box.enter(() => {
      if (leaving) return
      leaving = farewell(more, links.size, here.settings.drainMs, now())
      log?.draining(leaving.bye, links.size, now())
      for (const each of [...links]) each.bye(leaving)
      settleEnd()
    })
    return drained.asObservable()
  }
  const close = (options?: WaitOptions | null): ResultStream<void> =>
    limited({ name: 'close', options, deadlines: time }, end)

  if (log) engineFaults$.pipe(tap(log.fault)).subscribe()

  const server: RoomServer = {
    accept: (socket) => link(shared, socket),
    publish: (room, event, data, options) =>
      limited({ name: 'publish', options, checks: publishChecks, deadlines: time }, () =>
        own.publish(room, event, data, options ?? {}),
      ),
    kick: (room, user, options) => {
      const fault = optionFault({ room, user }, kickedChecks)
      if (fault) return of(E.left(fault))
      return limited({ name: 'kick', options, checks: kickChecks, deadlines: time }, () => {
        const because = refusal('room/kicked', options?.message === undefined ? {} : { message: options.message })
        return remove(user, (session) => session.expel(room, because))
      })
    },
    expire: (user, options) => {
      const fault = optionFault({ user }, expiredChecks)
      if (fault) return of(E.left(fault))
      return limited({ name: 'expire', options, deadlines: time }, () =>
        remove(user, (session) => {
          session.expire()
          return true
        }),
      )
    },
    drain: (options) =>
      limited({ name: 'drain', options, checks: drainChecks, deadlines: time }, () => drain(options ?? {})),
    close,
    ...disposing(close),
    status: () => (isClosed ? 'closed' : leaving ? 'draining' : 'open'),
    metrics,
    metrics$: interval(metricsMs, here.settings.scheduler).pipe(startWith(0), map(metrics), takeUntil(closed)),
    faults$: merge(faults, engineFaults$),
  }
  const door: Door = {
    knock: (address) => {
      const waitMs = address === undefined ? 0 : shared.treasury.addresses.of(address).take('handshakes')
      return waitMs || shared.treasury.server.take('handshakes')
    },
    queue: (address, open) => {
      if (address === undefined) {
        open()
        return
      }
      const owner = shared.treasury.arrival(shared.treasury.visitor(address), shared.treasury.addresses.of(address))
      const task = (): boolean => {
        open()
        return false
      }
      here.box.enter(() => {
        here.bill(owner)
        shared.fairScheduler.wake({ hasWork: () => true, step: task }, owner)
      })
    },
    refused: (cause, because) => {
      log?.handshake(because)
      count.refusals++
      count.causes[cause] = (count.causes[cause] ?? 0) + 1
    },
    fault: here.fault,
    log,
  }
  return { server, door }
}
