import { clientWith, type Client } from '../../lib/client/client.js'
import type { ClientOptions } from '../../lib/client/options.js'
import type { Transport } from '../../lib/core/ports.js'
import { plainCrypto } from '../../lib/testing/plain-crypto.js'
import { counted, seeded } from '../../lib/testing/random.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { memory } from '../../lib/server/memory.js'
import type { RoomServerOptions } from '../../lib/server/options.js'
import type { Engine } from '../../lib/server/engine.js'
import { createRoomServer, type RoomServer } from '../../lib/server/server.js'
import { memory as memoryNetwork, type MemoryNetwork } from '../../lib/transport/memory.js'

/** One server of a fleet, behind a network of its own. */
export interface Node {
  readonly url: string
  readonly network: MemoryNetwork
  readonly server: () => RoomServer
  /** Kills the server, and refuses connections until `start`. */
  readonly stop: () => void
  readonly start: () => void
}

interface FleetOptions extends Partial<RoomServerOptions> {
  readonly latencyMs?: number
  readonly seed?: number
  /** Wraps the engine of all servers. */
  readonly between?: (engine: Engine, time: VirtualTime) => Engine
}

/** Some servers on one engine in one virtual time, at `ws://n0/rooms`, `ws://n1/rooms` and so on. */
export interface Fleet {
  readonly time: VirtualTime
  readonly nodes: readonly Node[]
  readonly node: (at: number) => Node
  readonly urls: readonly string[]
  /** `host`: the machine of the client, with links of its own to each node; see `network.host`. */
  readonly client: (options: Partial<ClientOptions> & Pick<ClientOptions, 'url'> & { readonly host?: string }) => Client
  /** Closes the clients; returns the number of timers that are left a minute later. */
  readonly end: () => number
}

export const fleet = (
  count: number,
  { latencyMs = 1, seed = 1, between = (engine) => engine, ...server }: FleetOptions = {},
): Fleet => {
  const time = virtualTime()
  const random = seeded(seed)
  const ids = counted('id')
  const memoryEngine = memory({ scheduler: time, wall: () => time.now(), ids })
  const engine = between(memoryEngine, time)
  const clients: Client[] = []
  const servers: RoomServer[] = []
  const nodes = Array.from({ length: count }, (_, at): Node => {
    const begin = (): RoomServer => {
      const fresh = createRoomServer({
        scheduler: time,
        wall: () => time.now(),
        random,
        ids,
        crypto: plainCrypto,
        budgets: { user: { connections: 10_000 } },
        ...server,
        engine,
      })
      servers.push(fresh)
      return fresh
    }
    let running = begin()
    const network = memoryNetwork({ accept: (socket) => running.accept(socket), scheduler: time, latencyMs })
    return {
      url: `ws://n${at}/rooms`,
      network,
      server: () => running,
      stop: () => {
        network.refuse(true)
        network.cut()
        void running.close()
      },
      start: () => {
        network.refuse(false)
        running = begin()
      },
    }
  })
  const node = (at: number): Node => nodes[at] ?? (nodes[0] as Node)
  const from =
    (host: string): Transport =>
    (request) =>
      node(Number(/^ws:\/\/n(\d+)/.exec(request.url)?.[1]))
        .network.host(host)
        .transport(request)

  return {
    time,
    nodes,
    node,
    urls: nodes.map(({ url }) => url),
    client: ({ host = '', ...options }) => {
      const transport = from(host)
      const made = clientWith(() => transport)({
        scheduler: time,
        wall: () => time.now(),
        random,
        ids,
        transport,
        ...options,
      })
      clients.push(made)
      return made
    },
    end: () => {
      for (const each of clients) void each.close({ drainMs: 0 })
      for (const each of servers) void each.close()
      time.advanceBy(0)
      memoryEngine.close()
      time.advanceBy(60_000)
      return time.pending()
    },
  }
}
