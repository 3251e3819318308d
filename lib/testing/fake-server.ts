import type { Observable } from 'rxjs'
import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Transport } from '../core/ports.js'
import type { Target } from '../protocol/target.js'
import type { Engine } from '../server/engine.js'
import type { UserChange } from '../server/identity.js'
import type { DrainOptions } from '../server/go-away.js'
import type { RoomServer } from '../server/server.js'
import type { MemoryNetwork } from '../transport/memory.js'
import type { Latency } from '../transport/network-conditions.js'
import type { BackendOptions } from './backend.js'
import type { Broadcast } from './broadcasts.js'
import type { RefusedBecause } from './authorizer.js'
import type { FakeRoom } from './fake-room.js'
import type { FakeUsers } from './identities.js'
import type { Member } from './member.js'
import type { Storm, StormOptions } from './fault-schedule.js'
import type { SeenFrame } from './wiretap.js'

/** A message that is in a room before the test begins. */
export interface FakeMessage {
  readonly event: string
  readonly data?: unknown
  /** User who sent the message. Default `@server`. */
  readonly from?: string | undefined
}

/** Options for `fakeServer`: those of a room server, and the following. */
export interface FakeServerOptions extends BackendOptions {
  /**
   * Users with tokens, roles and token lifetimes of their own. The server rejects other clients, unless they have a token
   * that it made or `authenticate` of the test accepts them. The test signs users in by name, with `token`, `as` and
   * `member`. Default: without `authenticate`, a client without a token of this server is `anonymous`.
   */
  readonly users?: FakeUsers | undefined
  /** Messages that are in rooms at the beginning. Default: none. */
  readonly rooms?: Readonly<Record<string, readonly FakeMessage[]>> | undefined
  /** Latency in each direction between a client and the server, in ms. Default 1. */
  readonly latencyMs?: Latency | undefined
  /** Bandwidth of each direction of a client's connection, in bytes per second. Default: no limit. */
  readonly bytesPerSecond?: number | undefined
  /**
   * Seeds all random values with a whole number: the same seed gives the same run. Default: no randomness; every random
   * value is 0.5, so that the first retry delay after a lost connection is 600 ms (half way between `floorMs` and
   * `firstMs`).
   */
  readonly seed?: number | undefined
}

/** Options for a client of a fake server: those of `createClient`, all of them optional, and the following. */
export interface FakeClientOptions extends Partial<ClientOptions> {
  /** Signs in as this user, with a new token of the server at each request. Default: no token, or the option `token`. */
  readonly as?: string | undefined
  /**
   * Name of the client's host on the network and in transcripts; `server.network.host(name)` controls this host alone.
   * Default: a host of its own, `client-1`, `client-2` and so on.
   */
  readonly host?: string | undefined
}

/**
 * The room server of this library in virtual time, with a network in memory, and controls for the faults of both. Controls
 * take effect at the call, in the time of the scheduler.
 */
export interface FakeServer {
  /** Transport to this server, for clients that the test makes with `createClient`. */
  readonly transport: Transport
  /** Makes a client with the scheduler's time and seeded random values. The transcript shows its events and actions. */
  readonly client: (options?: FakeClientOptions) => Client
  /** Returns another user; faults of the clients' network do not affect its connection: `member('ana').join('lobby')`. */
  readonly member: (user: string) => Member
  /** Publishes a message as the server. */
  readonly publish: RoomServer['publish']
  /** Returns the receivers of a message of the server: `server.to('all').publish(event, data)`, `server.to({ user: 'ana' })`. */
  readonly to: RoomServer['to']
  /**
   * Emits the messages to all users, to a user or to a room, as the engine logs them from now on, for `expectTimeline`. A
   * restart with a new engine ends them. Throws if the target is invalid.
   */
  readonly broadcasts$: (to: Target) => Observable<Broadcast>

  /** Breaks every connection of clients: data in flight is lost, both sides see the close. Default code 1006. */
  readonly drop: (code?: number) => void
  /** Stops all data between clients and server, and reports nothing to either side. */
  readonly freeze: () => void
  /** Ends `freeze`: the data sent in the meantime arrives, in order. */
  readonly thaw: () => void
  /** Sets the latency of each direction for data sent from now on, in ms. */
  readonly delay: (ms: Latency) => void
  /** Sets the bandwidth of each direction, in bytes per second, also for waiting data. `Infinity` means no limit. */
  readonly throttle: (bytesPerSecond: number) => void
  /** Starts fault injection on the network, and on the engine if `engine` is given. Default seed: the server's, or 1. */
  readonly storm: (options?: StormOptions) => Storm

  /** Stops the server without notice; it refuses connection attempts until `restart`. */
  readonly stop: () => void
  /** Restarts the server without notice: with the data of its engine (`same`, the default) or with a new, empty one (`new`). */
  readonly restart: (options?: { readonly engine?: 'same' | 'new' }) => void
  /** Asks every client to disconnect. */
  readonly drain: (options?: DrainOptions) => void
  readonly kick: (room: string, user: string) => void
  /** Returns the orders about a room: creation, change and end, kicks, bans and mutes. */
  readonly room: (name: string) => FakeRoom

  /** Makes a token of a user that this server accepts. */
  readonly token: (user: string) => string
  /** Expires the tokens that a user has shown: its connections close with `auth/expired`, and these tokens become invalid. */
  readonly expireToken: (user: string) => void
  /**
   * Changes roles and data of a user, on live sessions and for later connections. Where `authenticate` of the test
   * answers for the user, it decides about later connections.
   */
  readonly update: (user: string, change: UserChange) => void
  /** Ends the sessions of a user, which hear `session/revoked`. The tokens that the user has shown become invalid. */
  readonly revoke: (user: string) => void
  /** Refuses a room to connections that it has not admitted already. Default `forbidden`, which is final. */
  readonly refuse: (room: string, because?: RefusedBecause) => void
  readonly admit: (room: string) => void

  /** Loses the log of a room; another log begins, so positions in the old one become invalid. */
  readonly newEpoch: (room: string) => void
  /** Drops all messages of a room except the last `keep`. */
  readonly truncate: (room: string, options: { readonly keep: number }) => void

  /**
   * Calls a function at each mark of a diagram, from now on: `script('5s d 2s r', { d: server.drop, r: server.restart })`.
   * Throws if a mark has no function.
   */
  readonly script: (marbles: string, acts: Readonly<Record<string, () => unknown>>) => void
  /** Emits every frame when it arrives at the server or leaves it. Hot. */
  readonly frames$: Observable<SeenFrame>
  /** Returns the events on both sides, in two columns: around a moment, or the last events. */
  readonly transcript: (aroundMs?: number) => string
  /** Returns one line for each kind of resource that closed clients still hold. Empty if there is no leak. */
  readonly leaks: () => readonly string[]

  /** The network between the clients and the server. */
  readonly network: MemoryNetwork
  /** Returns the current server; `stop` and `restart` replace it. */
  readonly server: () => RoomServer
  readonly engine: () => Engine
  /** Closes every client and member, and the server. */
  readonly close: () => void
}
