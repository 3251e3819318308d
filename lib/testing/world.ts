import type { Client } from '../client/client.js'
import { clientWith } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Engine } from '../server/engine.js'
import { memory as memoryEngine, type MemoryOptions } from '../server/memory.js'
import type { RoomServerOptions } from '../server/options.js'
import { createRoomServer, type RoomServer } from '../server/server.js'
import { memory as memoryNetwork, type MemoryNetwork } from '../transport/memory.js'
import type { Latency } from '../transport/weather.js'
import { seeded } from './random.js'
import { storm, type Storm, type StormOptions } from './storm.js'
import { tally, type Tally } from './tally.js'
import { unreliable, type UnreliableOptions } from './unreliable.js'
import { type VirtualTime, virtualTime } from './virtual.js'

/** What `world` can be told. */
export interface WorldOptions extends Partial<RoomServerOptions> {
  /** The same seed gives the same run to the millisecond. Default 1. */
  readonly seed?: number
  /** Each way. Default 1. */
  readonly latencyMs?: Latency
  /** Bounds of the engine, unless it is given. */
  readonly memory?: MemoryOptions
  /** Stands between the server and its engine: `unreliable`, for one. */
  readonly between?: (engine: Engine, time: VirtualTime) => Engine
}

/** A client as it is made in a world: everything but what the world gives may be told. */
export interface WorldClientOptions extends Partial<ClientOptions> {
  /** The host on the network that it runs on. Default: one of its own, `client-1`, `client-2` and so on. */
  readonly host?: string
}

/** A server, a network and any number of clients in one virtual time: nothing waits for a real millisecond. */
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
export const world = ({ seed = 1, latencyMs = 1, memory, between, ...serverOptions }: WorldOptions = {}): World => {
  const time = virtualTime()
  const random = seeded(seed)
  const clients = new Map<Client, Tally>()
  const storms = new Set<Storm>()
  let count = 0
  let logs = 0
  let hosts = 0
  const ids = (): string => `id-${++count}`
  const newEngine = (): Engine =>
    (between ?? ((plain) => plain))(
      memoryEngine({ scheduler: time, wall: time.now, ids, epochs: () => `epoch-${++logs}`, ...memory }),
      time,
    )
  let engine = serverOptions.engine ?? newEngine()
  const sound: UnreliableOptions = { scheduler: time, random, delayMs: 0, failEvery: Infinity, loseAnswers: Infinity }
  const strained = { ...sound }
  const start = (): RoomServer =>
    createRoomServer({ scheduler: time, random, ids, ...serverOptions, engine: unreliable(engine, strained) })
  let server = start()
  const network = memoryNetwork({ accept: (socket) => server.accept(socket), scheduler: time, latencyMs })
  const timers = (): number => [...clients.values()].reduce((sum, { pending }) => sum + pending(), 0)

  return {
    time,
    get engine() {
      return engine
    },
    network,
    server: () => server,
    client: ({ host = `client-${++hosts}`, ...options } = {}) => {
      const scheduler = tally(time)
      const { transport } = network.host(host)
      const made = clientWith(() => transport)({
        url: 'ws://world',
        scheduler,
        wall: time.now,
        random,
        ids,
        ...options,
      })
      clients.set(made, scheduler)
      return made
    },
    restart: ({ engine: which = 'same' } = {}) => {
      const before = server
      if (which === 'new') engine = newEngine()
      server = start()
      network.cut()
      void before.close()
    },
    storm: (options) => {
      const strain = (how?: object): object => Object.assign(strained, { told: undefined }, sound, how)
      const begun = storm({ network, scheduler: time, strain }, { seed, ...options })
      storms.add(begun)
      return begun
    },
    timers,
    end: () => {
      for (const { stop } of storms) stop()
      for (const client of clients.keys()) void client.close()
      time.advanceBy(0)
      const held = timers()
      clients.clear()
      void server.close()
      engine.close()
      time.advanceBy(60_000)
      return held + time.pending()
    },
  }
}
