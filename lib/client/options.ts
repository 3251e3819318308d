import type { Observable, SchedulerLike } from 'rxjs'
import type { Classify } from '../connection/model.js'
import { type Backoff, defaultBackoff } from '../core/backoff.js'
import type { Given } from '../core/filled.js'
import type { Hint, Transport } from '../core/ports.js'
import type { RetryLimit } from '../core/retries.js'
import type { Url } from '../kernel/addresses.js'
import type { MovingAddresses } from '../rooms/early-joins.js'
import type { DeadlineOptions } from '../kernel/config.js'
import type { ClientLogger } from '../kernel/log.js'
import type { TokenProvider } from '../kernel/token-provider.js'
import type { OutboxConfig } from '../outbox/model.js'
import type { ClientCodec } from '../protocol/codec.js'
import type { PersistenceOptions } from '../session/persistence.js'
import type { ClientStore } from '../session/client-store.js'

/** Options of `createClient`. Durations end in `Ms`, sizes in `Bytes`. All but `url` are optional. */
export interface ClientOptions {
  /**
   * The server's address: `ws:` or `wss:`. The client calls a function before each socket. Never put a token here. Several
   * servers: `endpoints([…])` of `rx-rooms/endpoints`.
   */
  readonly url: Url | MovingAddresses
  /** The tokens of the user: `tokens(source)`. Default: no token. */
  readonly token?: TokenProvider | undefined
  /** Makes sockets. Default: `webSocket()`, the platform's. */
  readonly transport?: Transport | undefined
  /** The encoding of the wire, which the server must speak too. Default: JSON. */
  readonly codec?: ClientCodec | undefined
  /** Connects at the first need: a held room or a waiting message. Default true. */
  readonly autoConnect?: boolean | undefined
  /** The retry delay. Default: 200 ms floor, 1 s first, factor 2, 30 s cap, full jitter. */
  readonly backoff?: Given<Backoff> | undefined
  /** Limits all retries of the client together, beside the delay of each: `retryBudget()`. Default: no limit. */
  readonly retries?: RetryLimit | undefined
  readonly deadlines?: Given<DeadlineOptions> | undefined
  /** Time online, in ms, after which the backoff starts anew. Default 5 000. */
  readonly settleMs?: number | undefined
  /** Time, in ms, to keep an unused room. Default 500. */
  readonly lingerMs?: number | undefined
  /** The outbox's bounds and overflow rule. Default: 1 000 messages, 4 MiB, 5 minutes; in flight 256 messages and 256 KiB. */
  readonly outbox?: Given<OutboxConfig> | undefined
  /**
   * Keeps the session, the positions of `from: stored()` and posted messages beyond the page or process: a store of
   * `rx-rooms/stores`, `fileStore` of `rx-rooms/server`, or any other through `clientStore`. Default: none, all of
   * these end with the client. If the store fails, the client goes on without it and reports that in `faults$`.
   */
  readonly store?: ClientStore | undefined
  /** The user id as the server knows it; required with a store. Another user gets no stored data. */
  readonly identity?: string | undefined
  /**
   * The bounds of stored data; without a store they have no effect. Default: opened within 5 s, positions each second, of
   * 100 000 rooms.
   */
  readonly storing?: Given<PersistenceOptions> | undefined
  /** The largest message to accept from the server, in bytes. Default 1 MiB. */
  readonly messageBytes?: number | undefined
  /** Decides how to handle a failure of the connection. Default: by its `kind`. A throw counts as `retry`. */
  readonly classify?: Classify | undefined
  /**
   * Events of the environment that trigger an early attempt or probe. Default: those of a page (online, visibility,
   * freeze) or of a worker (online). Node, Electron's main process and React Native have none: pass an Observable of
   * your own, for example of `AppState` and NetInfo in React Native, or of `powerMonitor` in Electron.
   */
  readonly hints$?: Observable<Hint> | undefined
  /** Writes one line of text for each event that matters: `logTo(console)`. Default: none. */
  readonly logger?: ClientLogger | undefined
  /** The clock and timers. Default: the platform's timers with a monotonic clock. */
  readonly scheduler?: SchedulerLike | undefined
  /** The wall clock, in ms since 1970, for the age of stored data. Default: the platform's. */
  readonly wall?: (() => number) | undefined
  /** Returns a random value in [0, 1), for jitter. Default: the platform's. */
  readonly random?: (() => number) | undefined
  /**
   * Returns a unique id of at most 64 bytes, without quotes, backslashes and control characters. Default: 128 secure
   * random bits.
   */
  readonly ids?: (() => string) | undefined
}

/** Every default value, in one place. */
export const defaults = /*#__PURE__*/ Object.freeze({
  autoConnect: true,
  backoff: defaultBackoff,
  deadlines: { connectMs: 10_000, handshakeMs: 10_000, joinMs: 10_000 },
  settleMs: 5_000,
  lingerMs: 500,
  outbox: {
    entries: 1_000,
    bytes: 4 * 1024 * 1024,
    ageMs: 300_000,
    inFlight: 256,
    inFlightBytes: 256 * 1024,
    highWaterBytes: 64 * 1024,
    ackMs: 10_000,
    overflow: 'reject' as const,
  },
  messageBytes: 1024 * 1024,
})
