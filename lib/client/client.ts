import type { Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { ConnectionState as State } from '../connection/model.js'
import type { AnyContract } from '../contract/contract.js'
import { type AsyncUsing, disposing } from '../core/disposable.js'
import type { ResultStream } from '../core/result.js'
import { stream } from '../core/stream.js'
import type { WaitOptions } from '../core/wait.js'
import type { Fault } from '../kernel/fault.js'
import type { Session, SessionState } from '../kernel/session.js'
import { assemble } from './assembly.js'
import { closing } from './closing.js'
import { configure, fallback, type PlatformTransport } from './config.js'
import { connecting, type ConnectOptions } from './connecting.js'
import type { CloseOptions, CloseReport } from './draining.js'
import { handle } from './handle.js'
import type { ClientOptions } from './options.js'
import type { Undelivered } from './outgoing.js'
import type { Parts } from './parts.js'
import { type HandlePort, port } from './port.js'
import type { Room } from './room.js'
import { featured, type Featured } from './with.js'

/** A client: one connection, any number of rooms. No stream errors; results are Either values. */
export interface Client extends AsyncUsing, Featured<Client> {
  /** The connection: its state at once, then each change. Completes when the client is closed. */
  readonly state$: Observable<State>
  /** The session: how the server knows this client. */
  readonly session$: Observable<SessionState>
  /** Faults without a caller to report to, such as a subscriber that threw or an invalid frame. */
  readonly faults$: Observable<Fault>
  /** Posted messages that were not delivered. */
  readonly undelivered$: Observable<Undelivered>
  /**
   * Connects, at the call, with the first delay of the backoff; revives a disconnected or stopped client. Answers once:
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
  readonly room: <C extends AnyContract>(name: string, contract: C) => Room<C>
}

/** Makes `createClient` with the default transport, for options without one. */
export const clientWith =
  (transport: PlatformTransport) =>
  (options: ClientOptions): Client => {
    const config = configure(options, transport)
    const parts = assemble(E.isRight(config) ? config.right : fallback())
    const { turns, send } = parts.kernel
    if (E.isLeft(config))
      turns.enter(() => {
        send({ _tag: 'Close', because: config.left })
      })
    return clientOf(parts)
  }

const clientOf = (parts: Parts): Client => {
  const { kernel } = parts
  const { diagnostics } = kernel
  const { connect, disconnect } = connecting(kernel)
  const { close, logout } = closing(parts)
  const members = {
    state$: stream(diagnostics.threw, kernel.state.changes$),
    session$: stream(diagnostics.threw, kernel.session.changes$),
    faults$: diagnostics.faults.asObservable(),
    undelivered$: stream(diagnostics.threw, parts.sending.undelivered),
    connect,
    disconnect,
    close,
    logout,
    room: <C extends AnyContract>(name: string, contract: C): Room<C> => handle(name, contract, parts),
    ...disposing(() => close()),
    [port]: (): HandlePort => ({ parts, fault: undefined }),
  }
  return featured(members) as unknown as Client
}
