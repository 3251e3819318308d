import type { Observable, SchedulerLike } from 'rxjs'
import type { Classify } from '../connection/model.js'
import { type Backoff, defaultBackoff } from '../core/backoff.js'
import type { Given } from '../core/filled.js'
import type { Logger } from '../core/logger.js'
import type { Hint, Transport } from '../core/ports.js'
import type { OutboxConfig } from '../outbox/model.js'
import type { PersistenceOptions } from '../session/persistence.js'
import type { HistoryConfig } from '../rooms/past.js'
import type { ClientStore } from '../session/client-store.js'
import type { TokenSource } from '../token/source.js'

/** How long each phase may take, in milliseconds. */
export interface DeadlineOptions {
  /** From the start of a socket until it is open. Default 10 000. */
  readonly connectMs: number
  /** From the open socket until the server's welcome. Default 10 000. */
  readonly greetingMs: number
  /** From asking the token source until it answers. Default 10 000. */
  readonly tokenMs: number
  /** From writing a join until its answer. Default 10 000. */
  readonly joinMs: number
}

/** When a token is renewed. */
export interface RenewalOptions {
  /** This many milliseconds before its end, but at most a tenth of its lifetime. Default 30 000. */
  readonly leewayMs: number
  /** The share of the lifetime, from 0 to 1, over which renewals are spread at random. Default 0.1. */
  readonly spread: number
}

/** What `createClient` can be told. Durations end in `Ms`, sizes in `Bytes`. All but `url` may be left out. */
export interface ClientOptions {
  /** Where the server is: `ws:` or `wss:`. A function is asked before each socket. Never put a token here. */
  readonly url: string | (() => string)
  /**
   * Where tokens come from: a function, an Observable or a promise. A function is called once each time a token is needed
   * (before each handshake and each renewal), and its later values are not noticed. So a signal, which is a function, does not
   * sign out or renew by itself when it changes: pass an Observable of it (in Angular `toObservable(signal)`), whose later
   * values are used at once and whose `null` signs out. Default: no token.
   */
  readonly token?: TokenSource | undefined
  /** Makes sockets. Default: `webSocket()`, the platform's. */
  readonly transport?: Transport | undefined
  /** Connect at the first need: a room that is held, a message that waits. Default true. */
  readonly autoConnect?: boolean | undefined
  /** The wait between tries. Default: 200 ms floor, 1 s first, factor 2, 30 s cap, full jitter. */
  readonly backoff?: Given<Backoff> | undefined
  readonly deadlines?: Given<DeadlineOptions> | undefined
  /** A link that was online for this long starts the backoff anew. Default 5 000. */
  readonly settleMs?: number | undefined
  /** How long a room that nobody needs is kept. Default 500. */
  readonly lingerMs?: number | undefined
  readonly renewal?: Given<RenewalOptions> | undefined
  /** The outbox's bounds, and what becomes of what is beyond them. Default: 1 000 messages, 4 MiB, 5 minutes; in flight 256 messages and 256 KiB. */
  readonly outbox?: Given<OutboxConfig> | undefined
  /**
   * Keeps the session, positions of `from: stored()` and what is posted beyond the page or process: a store of
   * `rx-rooms/stores`, `fileStore` of `rx-rooms/server`, or any other
   * through `clientStore`. Default: none, they end with the client. Where it fails, the
   * client goes on without and says so in `faults$`.
   */
  readonly store?: ClientStore | undefined
  /** Whose client this is, as the server calls the user: required with a store. Another user gets nothing of what is stored. */
  readonly identity?: string | undefined
  /** The bounds of what is stored. Default: opened within 5 s, positions each second, of 100 000 rooms. */
  readonly storing?: Given<PersistenceOptions> | undefined
  /** How what was before is asked for, and kept. Default: pages of 256, 4 at a time; caches of 16 MiB together. */
  readonly history?: Given<HistoryConfig> | undefined
  /** The largest message that is taken from the server. Default 1 MiB. */
  readonly messageBytes?: number | undefined
  /** What to do about a failure of the connection. Default: by its `kind`. A throw counts as `retry`. */
  readonly classify?: Classify | undefined
  /**
   * Events of the environment that bring an attempt or a probe forward. Default: those of a page (online, visibility, freeze) or
   * of a worker (online). Node, Electron's main process and React Native have none: pass an Observable of your own, for
   * example of `AppState` and NetInfo in React Native, or of `powerMonitor` in Electron.
   */
  readonly hints$?: Observable<Hint> | undefined
  /**
   * Writes one line of text for each change of the connection, fault, gap, refused join, and posted message that was not
   * delivered: `console`, pino, or anything with some of `debug`, `info`, `warn` and `error`. No payload and no secret is
   * written. A logger that throws is a fault, once. Default: none.
   */
  readonly logger?: Logger | undefined
  /** All time. Default: the platform's timers with a clock that never jumps. */
  readonly scheduler?: SchedulerLike | undefined
  /** Ms since 1970, for the age of what is stored. Default: the platform's calendar. */
  readonly wall?: (() => number) | undefined
  /** Draws in [0, 1), for jitter. Default: the platform's. */
  readonly random?: (() => number) | undefined
  /** Unique ids of at most 64 bytes, without quotes, backslashes and control characters. Default: 128 secure random bits. */
  readonly ids?: (() => string) | undefined
}

/** Every default that is a value, in one place. */
export const defaults = /*#__PURE__*/ Object.freeze({
  autoConnect: true,
  backoff: defaultBackoff,
  deadlines: { connectMs: 10_000, greetingMs: 10_000, tokenMs: 10_000, joinMs: 10_000 },
  settleMs: 5_000,
  lingerMs: 500,
  renewal: { leewayMs: 30_000, spread: 0.1 },
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
  storing: {
    openMs: 5_000,
    waitMs: 90_000,
    positionMs: 1_000,
    writeMs: 10_000,
    positions: 100_000,
    partitions: 16,
    damaged: 16,
  },
  history: { pageMessages: 256, holdMessages: 1_024, inFlight: 4, waiting: 1_000, cacheBytes: 16 * 1024 * 1024 },
  messageBytes: 1024 * 1024,
})
