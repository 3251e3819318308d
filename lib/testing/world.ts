import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Engine } from '../server/engine.js'
import type { MemoryOptions } from '../server/memory.js'
import type { RoomServerOptions } from '../server/options.js'
import type { RoomServer } from '../server/server.js'
import type { MemoryNetwork } from '../transport/memory.js'
import type { Latency } from '../transport/network-conditions.js'
import { fakeWith } from './fake.js'
import type { Storm, StormOptions } from './fault-schedule.js'
import { transcript } from './transcript.js'
import { type VirtualTime, virtualTime } from './virtual.js'

/** Options for `world`: those of a room server, and the following. */
export interface WorldOptions extends Partial<RoomServerOptions> {
  /** Seeds all random values: the same seed gives the same run to the millisecond. Default 1. */
  readonly seed?: number | undefined
  /** Latency in each direction, in ms. Default 1. */
  readonly latencyMs?: Latency | undefined
  /** Limits of each memory engine that the world makes. A given `engine` replaces the first of them only. */
  readonly memory?: MemoryOptions | undefined
  /** Wraps each memory engine before the server uses it, for example with `unreliable`. Default: no wrapper. */
  readonly between?: ((engine: Engine, time: VirtualTime) => Engine) | undefined
}

/** Options for a client of a world: those of `createClient`, all of them optional, and the following. */
export interface WorldClientOptions extends Partial<ClientOptions> {
  /** Name of the client's host on the network. Default: a host of its own, `client-1`, `client-2` and so on. */
  readonly host?: string | undefined
}

/**
 * A fake server, a network and any number of clients in one virtual time, all under the control of the test: nothing waits
 * for a real millisecond.
 */
export interface World {
  readonly time: VirtualTime
  readonly engine: Engine
  readonly network: MemoryNetwork
  /** Returns the current server; each restart makes another one. */
  readonly server: () => RoomServer
  readonly client: (options?: WorldClientOptions) => Client
  /** Restarts the server without notice: on the same engine (`same`, the default), or on a new, empty one (`new`). */
  readonly restart: (with_?: { readonly engine?: 'same' | 'new' }) => void
  /** Starts fault injection on the network, and on the engine if `engine` is given. Default seed: the world's. */
  readonly storm: (options?: StormOptions) => Storm
  /** Returns the number of waiting timers of clients. */
  readonly timers: () => number
  /**
   * Closes every client, then the server. Returns the number of leaks: the timers that clients still hold at that moment,
   * plus all timers that are left a minute later.
   */
  readonly end: () => number
}

/** Makes a world. Throws if an option is invalid. */
export const world = ({ seed = 1, between = (plain) => plain, ...options }: WorldOptions = {}): World => {
  const time = virtualTime()
  const { server, clients, calm, end } = fakeWith(
    time,
    { seed, ...options, between: (engine) => between(engine, time) },
    { transcript: transcript(time), plan: (ms, act) => time.schedule(act, ms - time.now()) },
  )

  return {
    time,
    get engine() {
      return server.engine()
    },
    network: server.network,
    server: server.server,
    client: (more) => server.client({ url: 'ws://world', ...more }),
    restart: server.restart,
    storm: server.storm,
    timers: clients.timers,
    end: () => {
      calm()
      clients.close()
      time.advanceBy(0)
      const held = clients.timers()
      end()
      time.advanceBy(60_000)
      return held + time.pending()
    },
  }
}
