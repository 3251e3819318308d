import type { Client } from '../client/client.js'
import { clientWith } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Engine } from '../server/engine.js'
import { memory as memoryEngine } from '../server/memory.js'
import type { RoomServerOptions } from '../server/options.js'
import { createRoomServer, type RoomServer } from '../server/server.js'
import { type Latency, memory as memoryNetwork, type MemoryNetwork } from '../transport/memory.js'
import { seeded } from './random.js'
import { type VirtualTime, virtualTime } from './virtual.js'

/** What `world` can be told. */
export interface WorldOptions extends Partial<RoomServerOptions> {
  /** The same seed gives the same run to the millisecond. Default 1. */
  readonly seed?: number
  /** Each way. Default 1. */
  readonly latencyMs?: Latency
}

/** A client as it is made in a world: everything but what the world gives may be told. */
export type WorldClientOptions = Partial<ClientOptions>

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
  /** Closes every client and the server; what is still pending then leaks. */
  readonly end: () => number
}

/** Makes a world. */
export const world = ({ seed = 1, latencyMs = 1, ...serverOptions }: WorldOptions = {}): World => {
  const time = virtualTime()
  const random = seeded(seed)
  const clients: Client[] = []
  let count = 0
  const ids = (): string => `id-${++count}`
  const newEngine = (): Engine => memoryEngine({ scheduler: time, ids })
  let engine = serverOptions.engine ?? newEngine()
  const start = (): RoomServer => createRoomServer({ scheduler: time, random, ids, ...serverOptions, engine })
  let server = start()
  const network = memoryNetwork({ accept: (socket) => server.accept(socket), scheduler: time, latencyMs })

  return {
    time,
    get engine() {
      return engine
    },
    network,
    server: () => server,
    client: (options = {}) => {
      const made = clientWith(() => network.transport)({ url: 'ws://world', scheduler: time, random, ids, ...options })
      clients.push(made)
      return made
    },
    restart: ({ engine: which = 'same' } = {}) => {
      const before = server
      if (which === 'new') engine = newEngine()
      server = start()
      network.cut()
      before.close()
    },
    end: () => {
      for (const client of clients) client.close()
      server.close()
      engine.close()
      time.run()
      return time.pending()
    },
  }
}
