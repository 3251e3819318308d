import * as E from '#fp/Either'
import { AsyncSubject, interval, map, merge, type Observable, of, startWith, Subject, takeUntil, tap } from 'rxjs'
import { type AsyncUsing, disposing } from '../core/disposable.js'
import { optionFault } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import { limited } from '../core/limited.js'
import type { Accept } from '../core/ports.js'
import type { Result, ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { drainChecks, kickChecks, kickedChecks, publishChecks, roomServerFault, userChecks } from './checks.js'
import { roomOfTarget, type Target } from '../protocol/target.js'
import { application, type Recipients, type ServerPublishOptions, type ServerReceipt } from './application.js'
import { type AskClients, serverAsk } from './asks/server-ask.js'
import { attendance } from './attendance.js'
import { arrivals } from './arrivals.js'
import { serverCalls } from './calls/server-calls.js'
import { context } from './context.js'
import { engineFaults } from './engine-faults.js'
import { type Door, doorOf } from './door.js'
import type { DrainOptions, Kicked, KickOptions } from './go-away.js'
import { lifeChanged } from './life/life-changed.js'
import { lives } from './life/lives.js'
import { refusingRooms, type ServerRooms, serverRooms } from './life/server-rooms.js'
import { lifecycle, type ServerStatus } from './lifecycle.js'
import { connection } from './connection.js'
import { logging } from './logging.js'
import { memory } from './memory.js'
import { treasury } from './treasury.js'
import { metricsOf, type ServerFault, type ServerMetrics } from './metrics.js'
import { settings, type RoomServerOptions } from './options.js'
import { publisher } from './publisher.js'
import { refusal } from './refusal.js'
import { rooms } from './rooms.js'
import { type ServerSessions, serverSessions } from './server-sessions.js'
import { sequences } from './sequence.js'
import { roomCount } from './directory/room-count.js'
import { nodeTables } from './tables/node-tables.js'
import { fairScheduler } from './fair-scheduler.js'
import type { Connection, Session, Shared } from './connections.js'

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
   * Returns the receivers of a publish: `'all'` users, one `{ user }` or a `{ room }`. The message to a user or to all is
   * in the log of a reserved room, `@user/<user>` or `@all`, with the engine's retention: clients that are connected and
   * listen get it now, and those that come back get it after their position.
   */
  readonly to: (target: Target) => Recipients
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
  /** The sessions of the connected clients: shows, changes and revokes them. */
  readonly sessions: ServerSessions
  /** The rooms: shows, changes and closes them. */
  readonly rooms: ServerRooms
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
    to: () => ({ publish: refused, ask: refused }),
    kick: refused,
    expire: refused,
    sessions: { of: refused, update: refused, revoke: refused },
    rooms: refusingRooms(fault),
    drain: refused,
    faults$: of({ where: 'options', message: `${fault.message} ${fault.remedy}` }),
  }
}

const open = (options: RoomServerOptions): { readonly server: RoomServer; readonly door: Door } => {
  const faults = new Subject<ServerFault>()
  const closed = new AsyncSubject<true>()
  const outputs = sequences()
  let dirty: Connection[] = []

  const flush = (): void => {
    while (dirty.length > 0) {
      const ready = dirty
      dirty = []
      for (const each of ready) each.flush()
    }
    outputs.clear()
    shared.fairScheduler.refill()
  }
  const fault = (each: ServerFault): void => {
    log?.fault(each)
    here.count.faultCauses.add(each.where)
    faults.next(each)
  }
  const log = logging(options.logger, (said) => {
    here.fault({ where: 'hook', message: `logger: ${said}` })
  })
  const here = context(settings(options), fault, flush)
  const engineFaults$ = engineFaults(here).pipe(takeUntil(closed))
  const { count, time, now } = here
  const { budgets, highWaterBytes, limits, scheduler } = here.settings
  const send = publisher(here)
  const own = application(here, send)
  const life = lifecycle(here, log, (isDrained) => {
    own.close()
    shared.rooms.close()
    shared.tables?.close(isDrained)
    shared.lives?.close()
    shared.attendance?.close()
    shared.calls?.close()
    shared.fairScheduler.close()
    closed.next(true)
    closed.complete()
    faults.complete()
  })
  const { tables } = here.settings.engine
  const used =
    tables &&
    lives({
      context: here,
      tables,
      isHere: (room) => shared.rooms.isIn(room),
      isFree: (room) => shared.rooms.isFree(room),
      changed: (life, what) => {
        lifeChanged(shared, life, what)
      },
      told: {
        written: (room) => {
          shared.rooms.live(room)
        },
        wrote: (room, record, row, before, then) => shared.tables?.directory.show(room, record, row, before, then),
      },
    })
  const shared: Shared = {
    context: here,
    log,
    fairScheduler: fairScheduler(here),
    rooms: rooms(here, used, (room) => shared.tables?.directory.touch(room)),
    lives: used,
    tables: tables && used && nodeTables(here, tables, used, (room) => roomCount(shared, room)),
    calls: serverCalls({ context: here, publisher: send, lives: used }),
    attendance: attendance(here),
    publisher: send,
    speakers: new Map(),
    sessions: new Map(),
    arrivals: arrivals(),
    output: { sequences: outputs, highWaterBytes, messageBytes: limits.messageBytes },
    treasury: treasury(budgets, now),
    began: life.began,
    ended: life.ended,
    flushLater: (each) => {
      dirty.push(each)
    },
  }
  const metrics = (): ServerMetrics => metricsOf(count)
  const publish: RoomServer['publish'] = (room, event, data, options) =>
    limited({ name: 'publish', options, checks: publishChecks, deadlines: time }, () =>
      own.publish(room, event, data, options ?? {}),
    )
  const close = (options?: WaitOptions | null): ResultStream<void> =>
    limited({ name: 'close', options, deadlines: time }, life.close)

  if (log) engineFaults$.pipe(tap(log.fault)).subscribe()

  const server: RoomServer = {
    accept: (socket) => connection(shared, socket),
    publish,
    to: (target) => {
      const room = roomOfTarget(target)
      return {
        publish: (event, data, options) => (E.isLeft(room) ? of(room) : publish(room.right, event, data, options)),
        ask: serverAsk({ context: here, asks: shared.tables?.asks }, room) as AskClients,
      }
    },
    ...removals(shared),
    sessions: serverSessions(shared),
    rooms: serverRooms(shared),
    drain: (options) =>
      limited({ name: 'drain', options, checks: drainChecks, deadlines: time }, () => life.drain(options ?? {})),
    close,
    ...disposing(close),
    status: life.status,
    metrics,
    metrics$: interval(metricsMs, scheduler).pipe(startWith(0), map(metrics), takeUntil(closed)),
    faults$: merge(faults, engineFaults$),
  }
  return { server, door: doorOf(shared) }
}

/** Removes the sessions of a user, from one room or from the server. */
const removals = ({ context, sessions, tables, attendance }: Shared): Pick<RoomServer, 'kick' | 'expire'> => {
  const { box, time } = context
  const remove = (user: string, from: (session: Session) => boolean): ResultStream<Kicked> => {
    const result = new AsyncSubject<Result<Kicked>>()
    box.enter(() => {
      const removed = [...(sessions.get(user) ?? [])].filter(from)
      result.next(E.right({ sessions: removed.length }))
      result.complete()
    })
    return result.asObservable()
  }
  return {
    kick: (room, user, options) => {
      const fault = optionFault({ room, user }, kickedChecks)
      if (fault) return of(E.left(fault))
      return limited({ name: 'kick', options, checks: kickChecks, deadlines: time }, () => {
        const because = refusal('room/kicked', options?.message === undefined ? {} : { message: options.message })
        const removed = remove(user, (session) => session.expel(room, because))
        // A member whose connection is lost has no session, but others see it.
        box.enter(() => {
          tables?.end({ room, user }, 'kicked')
          attendance?.end({ room, user }, 'kicked')
        })
        return removed
      })
    },
    expire: (user, options) => {
      const fault = optionFault({ user }, userChecks)
      if (fault) return of(E.left(fault))
      return limited({ name: 'expire', options, deadlines: time }, () =>
        remove(user, (session) => {
          session.expire()
          return true
        }),
      )
    },
  }
}
