import { ignoreElements, lastValueFrom, type SchedulerLike } from 'rxjs'
import { type Client, clientWith } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { Checks } from '../core/check.js'
import { monotonic } from '../core/platform.js'
import type { Transport } from '../core/ports.js'
import type { Engine } from '../server/engine.js'
import { memory as memoryEngine, type MemoryOptions } from '../server/memory.js'
import type { RoomServerOptions } from '../server/options.js'
import { createRoomServer, type RoomServer } from '../server/server.js'
import { memory as memoryNetwork, type MemoryNetwork } from '../transport/memory.js'
import type { Latency } from '../transport/weather.js'
import { mistakeIn, sharedChecks } from './checks.js'

/** What `testServer` can be told: everything that a server can, and how fast the network is. */
export interface TestServerOptions extends Partial<RoomServerOptions> {
  /** Each way, in ms. Default 0. */
  readonly latencyMs?: Latency | undefined
  /** What a direction of a link carries. Default: no limit. */
  readonly bytesPerSecond?: number | undefined
  /** Bounds of the engine, unless it is given. */
  readonly memory?: MemoryOptions | undefined
  /**
   * The time of server, network and of the clients made by `client`. Default: the platform's timers with a clock that never
   * jumps.
   */
  readonly scheduler?: SchedulerLike | undefined
}

/** A server in real time and in memory: no port, no socket, nothing to wait for but what is under way. */
export interface TestServer {
  /** For the option `transport` of `createClient`. */
  readonly transport: Transport
  /** For the option `url` of `createClient`. */
  readonly url: string
  readonly server: RoomServer
  readonly engine: Engine
  readonly network: MemoryNetwork
  /** A client of this server, on the same clock; it is closed with the server. */
  readonly client: (options?: Partial<ClientOptions>) => Client
  /**
   * Closes the clients that it made, every link, the server and its engine, within the call: needs no timers, so that faked
   * ones do not hold it up. Afterwards nothing is left that would keep a process alive.
   */
  readonly close: () => Promise<void>
}

const checks: Checks<keyof TestServerOptions> = sharedChecks

/**
 * Starts a server for integration tests. Rejects only where an option is invalid.
 *
 * With faked timers: fake all that the runner fakes by default, before this is called, and advance them asynchronously
 * (`advanceTimersByTimeAsync` of jest and vitest, `tickAsync` of sinon), because what is written leaves in a microtask. Where
 * they are advanced synchronously, or `performance` is not faked, give `scheduler: asyncScheduler`. Without faked timers, and
 * with node:test, whose own ones go on with intervals that were cleared, give `scheduler: virtualTime()` and advance that.
 */
export const testServer = (options: TestServerOptions = {}): Promise<TestServer> => {
  const mistake = mistakeIn(options, checks)
  if (mistake) return Promise.reject(mistake)
  const { latencyMs, bytesPerSecond, memory, scheduler = monotonic, ...serverOptions } = options
  const engine = serverOptions.engine ?? memoryEngine({ scheduler, ...memory })
  const server = createRoomServer({ scheduler, ...serverOptions, engine })
  const network = memoryNetwork({
    accept: server.accept,
    scheduler,
    ...(latencyMs !== undefined && { latencyMs }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
  })
  const { transport } = network
  const url = 'ws://test'
  const clients = new Set<Client>()

  return Promise.resolve({
    transport,
    url,
    server,
    engine,
    network,
    client: (given) => {
      const made = clientWith(() => transport)({ url, scheduler, ...given })
      clients.add(made)
      return made
    },
    close: () => {
      for (const client of clients) void client.close({ drainMs: 0 })
      clients.clear()
      network.close()
      const ended = lastValueFrom(server.close().pipe(ignoreElements()), { defaultValue: undefined })
      if (!serverOptions.engine) engine.close()
      return ended
    },
  })
}
