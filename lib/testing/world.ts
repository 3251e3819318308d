import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Engine } from '../server/engine.js'
import type { MemoryOptions } from '../server/memory.js'
import type { RoomServerOptions } from '../server/options.js'
import type { RoomServer } from '../server/server.js'
import type { MemoryNetwork } from '../transport/memory.js'
import type { Latency } from '../transport/weather.js'
import { fakeWith } from './fake.js'
import type { Storm, StormOptions } from './storm.js'
import { transcript } from './transcript.js'
import { type VirtualTime, virtualTime } from './virtual.js'

/** What `world` can be told. */
export interface WorldOptions extends Partial<RoomServerOptions> {
  /** The same seed gives the same run to the millisecond. Default 1. */
  readonly seed?: number | undefined
  /** Each way. Default 1. */
  readonly latencyMs?: Latency | undefined
  /** Bounds of the engine, unless it is given. */
  readonly memory?: MemoryOptions | undefined
  /** Stands between the server and its engine: `unreliable`, for one. */
  readonly between?: ((engine: Engine, time: VirtualTime) => Engine) | undefined
}

/** A client as it is made in a world: everything but what the world gives may be told. */
export interface WorldClientOptions extends Partial<ClientOptions> {
  /** The host on the network that it runs on. Default: one of its own, `client-1`, `client-2` and so on. */
  readonly host?: string | undefined
}

/**
 * A fake server, a network and any number of clients in one virtual time, with everything in the test's own hand: nothing
 * waits for a real millisecond.
 */
export interface World {
  readonly time: VirtualTime
  readonly engine: Engine
  readonly network: MemoryNetwork
  /** The server as it is now. */
  readonly server: () => RoomServer
  readonly client: (options?: WorldClientOptions) => Client
  /** Ends the server without a word and starts another: on the same engine, or on a new one that knows nothing. */
  readonly restart: (with_?: { readonly engine?: 'same' | 'new' }) => void
  /** Begins a storm over the network, and over the way to the engine if it is told so. Default seed: the world's. */
  readonly storm: (options?: StormOptions) => Storm
  /** How many timers of clients wait. */
  readonly timers: () => number
  /**
   * Closes every client, then the server. Answers what leaks: the timers that clients still hold at that moment, and what
   * anybody holds a minute later.
   */
  readonly end: () => number
}

/** Makes a world. */
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
