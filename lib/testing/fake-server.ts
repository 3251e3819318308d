import type { Observable } from 'rxjs'
import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Transport } from '../core/ports.js'
import type { Engine } from '../server/engine.js'
import type { DrainOptions } from '../server/farewell.js'
import type { RoomServer } from '../server/server.js'
import type { MemoryNetwork } from '../transport/memory.js'
import type { Latency } from '../transport/weather.js'
import type { BackendOptions } from './backend.js'
import type { RefusedBecause } from './doors.js'
import type { FakeUsers } from './identities.js'
import type { Member } from './member.js'
import type { Storm, StormOptions } from './storm.js'
import type { SeenFrame } from './wiretap.js'

/** A message that is in a room before anything happens. */
export interface FakeMessage {
  readonly event: string
  readonly data?: unknown
  /** Default `@server`. */
  readonly from?: string | undefined
}

/** What `fakeServer` can be told: everything that a room server can, and the following. */
export interface FakeServerOptions extends BackendOptions {
  /**
   * Users with tokens, roles and lifetimes of their own; others without a token of this server are refused. It gives one to
   * whomever the test names, by `token`, `as` and `member`. Default: whoever comes without is `anonymous`.
   */
  readonly users?: FakeUsers | undefined
  /** What is in rooms at the beginning. */
  readonly rooms?: Readonly<Record<string, readonly FakeMessage[]>> | undefined
  /** Each way between a client and the server. Default 1. */
  readonly latencyMs?: Latency | undefined
  /** What each direction of a client's link carries. Default: no limit. */
  readonly bytesPerSecond?: number | undefined
  /**
   * Draws all chance: the same seed gives the same run. Default: no chance, every draw is 0.5, so that the first wait after a
   * loss is 600 ms (half way between `floorMs` and `firstMs`).
   */
  readonly seed?: number | undefined
}

/** A client of a fake server: everything but what the server gives may be told. */
export interface FakeClientOptions extends Partial<ClientOptions> {
  /** Signs in as this user, with another token of the server at each ask. Default: no token, or the option `token`. */
  readonly as?: string | undefined
  /**
   * The host on the network that it runs on, and its name in transcripts; `server.network.host(name)` has switches for it
   * alone. Default: one of its own, `client-1`, `client-2` and so on.
   */
  readonly host?: string | undefined
}

/**
 * The room server of this library in virtual time, with a network in memory and everything that can happen to both.
 * Controls take effect at the call, in the time of the scheduler.
 */
export interface FakeServer {
  /** Goes to this server, for clients that the test makes with `createClient`. */
  readonly transport: Transport
  /** A client of this server, with the scheduler's time and seeded chance. What it sees and does is in the transcript. */
  readonly client: (options?: FakeClientOptions) => Client
  /** Another user, on a link of its own that no control of this server slows down or drops: `member('ana').join('lobby')`. */
  readonly member: (user: string) => Member
  /** Publishes in the server's own name. */
  readonly publish: RoomServer['publish']

  /** Ends every link of clients: what is under way is lost, both sides hear it. Default 1006. */
  readonly drop: (code?: number) => void
  /** Nothing arrives any more, and nobody is told. */
  readonly freeze: () => void
  /** What was sent meanwhile arrives, in order. */
  readonly thaw: () => void
  /** How long what is sent from now on travels each way, in ms. */
  readonly delay: (ms: Latency) => void
  /** What each direction of a link carries from now on, also of what waits already. `Infinity` is no limit. */
  readonly throttle: (bytesPerSecond: number) => void
  /** Begins a storm over the network, and over the way to the engine if it is told so. Default seed: the server's. */
  readonly storm: (options?: StormOptions) => Storm

  /** Ends the server without a word; who tries to connect is refused until `restart`. */
  readonly stop: () => void
  /** Starts the server again after ending it without a word: with what its engine knows, or with a new one that knows nothing. */
  readonly restart: (options?: { readonly engine?: 'same' | 'new' }) => void
  /** Asks every client to go. */
  readonly drain: (options?: DrainOptions) => void
  readonly kick: (room: string, user: string) => void

  /** A token of a user that this server takes. */
  readonly token: (user: string) => string
  /** Ends the time of the tokens that a user has shown: links go with `auth/expired`, and the same tokens are refused. */
  readonly expireToken: (user: string) => void
  /** Lets nobody into a room, on links that have not been let in already. Default `forbidden`, which is final. */
  readonly refuse: (room: string, because?: RefusedBecause) => void
  readonly admit: (room: string) => void

  /** The room's log is lost and another one begins: positions in the old one are worth nothing. */
  readonly newEpoch: (room: string) => void
  /** Drops a room's messages but the last so many. */
  readonly truncate: (room: string, options: { readonly keep: number }) => void

  /**
   * Does something at each mark of a diagram, from now on: `script('5s d 2s r', { d: server.drop, r: server.restart })`.
   * Throws where a mark has no act.
   */
  readonly script: (marbles: string, acts: Readonly<Record<string, () => unknown>>) => void
  /** Every frame as it comes to the server and leaves it. Hot. */
  readonly frames$: Observable<SeenFrame>
  /** What clients and server saw, in two columns; around a moment, or the last of it. */
  readonly transcript: (aroundMs?: number) => string
  /** What closed clients still hold, in words. Nothing is right. */
  readonly leaks: () => readonly string[]

  /** The network between the clients and the server. */
  readonly network: MemoryNetwork
  /** The server as it is now. */
  readonly server: () => RoomServer
  readonly engine: () => Engine
  /** Closes every client and member, and the server. */
  readonly close: () => void
}
