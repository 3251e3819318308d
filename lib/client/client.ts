import {
  AsyncSubject,
  concat,
  distinctUntilChanged,
  interval,
  map,
  merge,
  type Observable,
  of,
  Subscription,
  switchMap,
  takeUntil,
  take,
  timer,
} from 'rxjs'
import * as E from '#fp/Either'
import type { AnyContract } from '../contract/contract.js'
import { type Checks, given } from '../core/check.js'
import type { ConnectionState as State } from '../connection/model.js'
import { deadlines as deadlinesOn } from '../core/deadlines.js'
import { connectionError, type WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { stream } from '../core/stream.js'
import type { Cut, WaitOptions } from '../core/wait.js'
import { type OutboxState, view } from '../outbox/view.js'
import type { Session, SessionState } from '../session/state.js'
import { unanswered } from '../store/failure.js'
import type { StoreFailure } from '../store/port.js'
import { start } from './action.js'
import { bulk, listed } from './bulk.js'
import { configure, fallback, type PlatformTransport } from './config.js'
import { type AsyncUsing, disposing } from '../core/disposable.js'
import { connectChecks, type ConnectOptions, type Joinable } from './connecting.js'
import { closeChecks, type CloseOptions, type CloseReport, defaultDrainMs, draining, nothingLeft } from './draining.js'
import type { Fault } from './fault.js'
import { handle } from './handle.js'
import type { Shared } from './listening.js'
import { type Metrics, sameMetrics } from './metrics.js'
import type { ClientOptions } from './options.js'
import type { Undelivered } from './outgoing.js'
import type { Room, RoomOptions, RoomSet } from './room.js'
import { sending as sendingOf } from './sending.js'
import { reportThrow, closedByUser, type Kernel, createKernel } from './kernel.js'

/** A client: one connection, any number of rooms. No stream errors; results are Either values. */
export interface Client extends AsyncUsing {
  /** The connection: its state at once, then each change. Completes when the client is closed. */
  readonly state$: Observable<State>
  /** The session: how the server knows this client. */
  readonly session$: Observable<SessionState>
  /** Counters since the start: emits at once, then each second while a value changes and somebody is subscribed. */
  readonly metrics$: Observable<Metrics>
  /** Faults without a caller to report to, such as a subscriber that threw or an invalid frame. */
  readonly faults$: Observable<Fault>
  /**
   * The messages without a result yet, oldest first, each with its status: enough to draw ticks beside it. Emits at
   * once and after each turn that changed something; costs nothing without subscribers.
   */
  readonly outbox$: Observable<OutboxState>
  /** Posted messages that were not delivered. */
  readonly undelivered$: Observable<Undelivered>
  /**
   * Connects, at the call, with a fresh retry budget; revives a disconnected or stopped client. Answers once:
   * `Right(session)` when online, `Left` when the client stops, disconnects or closes. Waits while the network is away.
   * With a room it also joins that room, and answers the refusal if there is one. `signal` and `withinMs` end the wait,
   * not the connecting: for that call `disconnect()`.
   */
  readonly connect: (options?: ConnectOptions) => ResultStream<Session>
  /** Ends the connection, at the call, until `connect()`. Keeps rooms and waiting messages. */
  readonly disconnect: (options?: WaitOptions) => ResultStream<void>
  /**
   * Ends the client. At the call it stops offering messages; then it waits, at most `drainMs` (default 5 s), until
   * every message offered to a subscription with commits is committed and every sent or posted message has its receipt;
   * then it settles the remaining messages with `Left`, completes every stream and releases every timer and socket.
   * Answers once, with a report of the remaining work, after its store has stored the last positions: then the process
   * may exit. It waits for the store at most `storing.openMs`, and not at all with `drainMs: 0`. It waits only for work
   * in progress, and not for receipts while the client is disconnected or stopped. A second call answers the same and
   * may shorten the wait.
   */
  readonly close: (options?: CloseOptions) => ResultStream<CloseReport>
  /**
   * Signs this user out here, at the call: erases all that the store holds for the option `identity`, including data of
   * other tabs, and closes the client as `close()` does, so that the next user finds nothing. Answers once: `Left` if
   * the store did not erase it. Without a store it only closes.
   */
  readonly logout: (options?: WaitOptions) => ResultStream<void>
  /** Makes a handle on a room. Free: no traffic before somebody holds the room. Each call returns its own handle. */
  readonly room: <C extends AnyContract>(name: string, contract: C, options?: RoomOptions) => Room<C>
  /** Makes a handle on many rooms at once, with one subscriber for all. */
  readonly rooms: <C extends AnyContract>(names: Iterable<string>, contract: C) => RoomSet<C>
}

/** Makes `createClient` with the default transport, for options without one. */
export const clientWith =
  (transport: PlatformTransport) =>
  (options: ClientOptions): Client => {
    const config = configure(options, transport)
    const kernel = createKernel(E.isRight(config) ? config.right : fallback())
    const client = clientOf(kernel)
    if (E.isLeft(config))
      kernel.turns.enter(() => {
        kernel.connection.send({ _tag: 'Close', because: config.left })
      })
    return client
  }

const disconnected = connectionError({
  code: 'connection/disconnected',
  message: 'The client was disconnected before it was online.',
  remedy: 'Call connect() again.',
  kind: 'terminal',
})

const notErased = ({ because, message }: StoreFailure): WebSocketError =>
  connectionError({
    code: 'session/not-erased',
    message: `What is stored could not be erased (${because}): ${message}`,
    remedy: 'Erase it by the store: store.erase({ url, user }), or clear the site data.',
    kind: 'terminal',
  })

/** The error for each reason that ends the wait of a client's call. */
const cut: Readonly<Record<Cut, () => WebSocketError>> = {
  aborted: () =>
    connectionError({
      code: 'connection/aborted',
      message: 'The signal was aborted before there was an answer.',
      remedy: 'Nothing to do: the caller has aborted it. The client itself goes on as it was told.',
      kind: 'terminal',
    }),
  timeout: () =>
    connectionError({
      code: 'connection/timeout',
      message: 'There was no answer within the time of the call.',
      remedy: 'The client itself goes on: look at client.state$, or call again with a larger withinMs.',
      kind: 'retry',
    }),
}

/** Result streams never error, unless a room handle comes from elsewhere. */
const rethrow = (thrown: unknown): void => {
  throw thrown
}

const clientOf = (kernel: Kernel): Client => {
  const { turns, connection, state, session, outbox, counters, config } = kernel
  const report = reportThrow(kernel)
  const closed$ = new AsyncSubject<void>()
  let over: WebSocketError | undefined
  kernel.onClosed((because) => {
    over = because
    closed$.next()
    turns.publish(() => { closed$.complete() })
  })
  const pending = view(turns, outbox.held, () => outbox.totals.version)
  kernel.onFlush(pending.refresh)
  kernel.onClosed(() => {
    pending.refresh()
    pending.complete()
  })
  const sending = sendingOf(kernel)
  kernel.onAdopted(sending.adopt)
  const shared: Shared = { kernel, sending, over: () => over }

  /** Answers once, with the first state that decides the result. */
  const act = <T>(wait: WaitOptions | null | undefined, begin: () => void, decide: (state: State) => Result<T> | undefined, checks?: Checks): ResultStream<T> =>
    start<T>(kernel, wait, {
      ...(checks && { checks }),
      aborted: cut.aborted,
      begin: (settle) => {
        let watching = Subscription.EMPTY
        let isOver = false
        begin()
        turns.route(() => {
          if (isOver) return
          watching = state.watch((next) => {
            const decided = isOver ? undefined : decide(next)
            if (!decided) return
            isOver = true
            settle(decided)
            turns.enter(() => { watching.unsubscribe() })
          })
        })
        return (cause) => {
          isOver = true
          watching.unsubscribe()
          return cut[cause]()
        }
      },
    })
  const drain = draining(kernel)
  let closed: CloseReport = nothingLeft
  const snapshot = (): Metrics => ({ ...counters, ...outbox.totals.fates })

  const online = (wait?: ConnectOptions | null): ResultStream<Session> => act(
    wait,
    () => { connection.send({ _tag: 'Connect' }) },
    (now) => {
      const current = session.value()
      if (now._tag === 'Online' && current._tag === 'Active') {
        const { _tag, ...active } = current
        return E.right(active)
      }
      if (now._tag === 'Stopped') return E.left(now.because)
      if (now._tag === 'Closed') return E.left(now.because ?? closedByUser)
      return now._tag === 'Idle' ? E.left(disconnected) : undefined
    },
    connectChecks,
  )
  const both = ({ join }: Joinable, wait: ConnectOptions | null | undefined): ResultStream<Session> => start<Session>(kernel, wait, {
    aborted: cut.aborted,
    checks: connectChecks,
    begin: (settle, { signal }) => {
      const waiting = online().pipe(switchMap((session) => E.isLeft(session) ? of(session) : join({ signal }).pipe(
        map((joined) => E.isLeft(joined) ? joined : session),
      ))).subscribe({ next: settle, error: rethrow })
      return (cause) => {
        waiting.unsubscribe()
        return cut[cause]()
      }
    },
  })
  const drained = (drainMs: number): ResultStream<CloseReport> => act(
    {},
    () => {
      drain.begin(drainMs, (left) => {
        closed = left
        connection.send({ _tag: 'Close' })
      })
    },
    (now) => (now._tag === 'Closed' ? E.right(closed) : undefined),
  )
  /** Emits when `close` was called with a drain of 0 ms: no call waits any longer. */
  const hurried$ = new AsyncSubject<void>()
  /** Emits once the store has everything, or after `openMs`. */
  const released = (): Observable<unknown> => kernel.stored
    ? merge(kernel.stored.close(), hurried$, timer(config.storing.openMs, config.scheduler)).pipe(take(1))
    : of(undefined)
  const client: Client = {
    state$: stream(report, state.changes$),
    session$: stream(report, session.changes$),
    metrics$: stream(report, concat(merge(of(0), interval(1_000, config.scheduler)).pipe(takeUntil(closed$)), of(0)).pipe(
      map(snapshot), distinctUntilChanged(sameMetrics),
    )),
    faults$: kernel.faults.asObservable(),
    outbox$: stream(report, pending.changes$),
    undelivered$: stream(report, sending.undelivered),
    connect: (wait) => {
      const { room } = given(wait, connectChecks).options
      return room ? both(room, wait) : online(wait)
    },
    disconnect: (wait) => act(
      wait,
      () => { connection.send({ _tag: 'Disconnect' }) },
      (now) => (now._tag === 'Idle' || now._tag === 'Closed' ? E.right(undefined) : undefined),
    ),
    close: (options) => start<CloseReport, CloseOptions>(kernel, options, {
      checks: closeChecks,
      deadlines: deadlinesOn(config.scheduler),
      aborted: cut.aborted,
      begin: (settle, { drainMs = defaultDrainMs }) => {
        if (drainMs === 0) {
          hurried$.next()
          hurried$.complete()
        }
        const closing = drained(drainMs).pipe(
          switchMap((report) => released().pipe(map(() => report))),
        ).subscribe({ next: settle, error: rethrow })
        return (cause) => {
          closing.unsubscribe()
          return cut[cause]()
        }
      },
    }),
    logout: (wait) => start<undefined>(kernel, wait, {
      // The client's own deadlines end with it, before the store has answered.
        deadlines: deadlinesOn(config.scheduler),
        aborted: cut.aborted,
      begin: (settle) => {
        const erased$ = merge(
          kernel.stored?.erase() ?? of(E.right(undefined)),
          timer(config.storing.writeMs, config.scheduler).pipe(map(() => E.left(unanswered(config.storing.writeMs)))),
        ).pipe(take(1))
        connection.send({ _tag: 'Close' })
        const erasing = erased$.pipe(
          map((erased): Result<undefined> => E.isLeft(erased) ? E.left(notErased(erased.left)) : E.right(undefined)),
        ).subscribe({ next: settle, error: rethrow })
        return (cause) => {
          erasing.unsubscribe()
          return cut[cause]()
        }
      },
    }),
    room: (name, contract, options) => handle(name, contract, shared, options),
    rooms: (names, contract) => bulk(listed(names), contract, shared),
    ...disposing(() => client.close()),
  }
  return Object.freeze(client)
} // prettier-ignore
