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
import type { Latency } from '../transport/network-conditions.js'
import { mistakeIn, sharedChecks } from './checks.js'

/** Options for `testServer`: those of a room server, and the speed of the network. */
export interface TestServerOptions extends Partial<RoomServerOptions> {
  /** Latency in each direction, in ms. Default 0. */
  readonly latencyMs?: Latency | undefined
  /** Bandwidth of each direction of a connection, in bytes per second. Default: no limit. */
  readonly bytesPerSecond?: number | undefined
  /** Limits of the memory engine. Not used if `engine` is given. Default: the limits of a memory engine. */
  readonly memory?: MemoryOptions | undefined
  /**
   * Scheduler of the server, of the network and of the clients that `client` makes. Default: the platform's timers with a
   * monotonic clock.
   */
  readonly scheduler?: SchedulerLike | undefined
}

/** A server in real time and in memory. It uses no port and no socket: a test waits only for work in progress. */
export interface TestServer {
  /** The option `transport` of `createClient`. */
  readonly transport: Transport
  /** The option `url` of `createClient`. */
  readonly url: string
  readonly server: RoomServer
  readonly engine: Engine
  readonly network: MemoryNetwork
  /** Makes a client of this server, on the same scheduler; `close` closes it with the server. */
  readonly client: (options?: Partial<ClientOptions>) => Client
  /**
   * Closes the clients that `client` made, every connection, the server, and its engine unless the test gave one, within
   * the call. It needs no timers, so faked timers do not delay it. Afterwards nothing is left that would keep a process
   * alive.
   */
  readonly close: () => Promise<void>
}

const checks: Checks<keyof TestServerOptions> = sharedChecks

/**
 * Starts a server for integration tests. Rejects only if an option is invalid.
 *
 * With faked timers: fake all timers that the runner fakes by default, before the call, and advance them asynchronously
 * (`advanceTimersByTimeAsync` of jest and vitest, `tickAsync` of sinon), because the library sends data in a microtask. If
 * you advance them synchronously, or do not fake `performance`, give `scheduler: asyncScheduler`. Without faked timers, and
 * with node:test, whose faked intervals continue after they are cleared, give `scheduler: virtualTime()` and advance that.
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
