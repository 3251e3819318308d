import { counted, seeded } from '../../lib/testing/random.js'
import { plainCrypto } from '../../lib/testing/plain-crypto.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import type { Transport } from '../../lib/core/ports.js'
import type { Engine } from '../../lib/server/engine.js'
import type { Access, Identity, RoomServerOptions } from '../../lib/server/options.js'
import { createRoomServer, type RoomServer } from '../../lib/server/server.js'
import { type Host, memory as memoryNetwork, type MemoryNetwork } from '../../lib/transport/memory.js'
import type { Latency } from '../../lib/transport/network-conditions.js'

/** The links of one client to all servers. */
export type Links = Pick<Host, 'cut' | 'freeze' | 'thaw' | 'refuse' | 'hang' | 'blackhole' | 'latency' | 'bandwidth'>

/** Some servers over one engine, each with a network of its own, in virtual time. */
export interface Cluster {
  readonly time: VirtualTime
  readonly links: (host: string) => Links
  /**
   * The way of a host to the home of its user, or to another server while that one is down; to the server itself that the
   * url names: `ws://0` and so on.
   */
  readonly transport: (host: string, user: string) => Transport
  /** Sends the next links of a user to the next server. */
  readonly move: (user: string) => void
  /** The users whose home is a server, those whose last link was to it, and those whose urls name servers. */
  readonly usersOf: (node: number) => readonly string[]
  /** True for a user whose urls name servers. */
  readonly roams: (user: string) => boolean
  /** True if a server other than this one takes clients. */
  readonly isBacked: (node: number) => boolean
  readonly server: (node: number) => RoomServer
  readonly partition: (hosts: readonly string[]) => void
  /** Ends the faults of all networks. */
  readonly heal: (latencyMs: number) => void
  /** Kills a server and starts it again at once. */
  readonly restart: (node: number) => void
  /** Kills a server, and starts it again when the result is called. */
  readonly down: (node: number) => () => void
  /** Has a server ask its clients to move, within so long; kills it, and starts it again, when the result is called. */
  readonly handOver: (node: number, ms: number) => () => void
  /** Kills all servers, and starts them on a new engine. */
  readonly renew: () => void
}

export interface ClusterOptions {
  readonly seed: number
  readonly servers: number
  readonly latencyMs: Latency
  readonly server: Partial<RoomServerOptions>
  readonly calls: (time: VirtualTime) => NonNullable<RoomServerOptions['calls']>
  readonly authenticate: (node: number, token: string) => Identity | null
  readonly authorize: (access: Access) => ReturnType<NonNullable<RoomServerOptions['authorize']>>
  readonly engine: (time: VirtualTime, ids: () => string) => Engine
  /** The engine of a server, from that of all. */
  readonly served: (node: number, engine: Engine, now: () => number) => Engine
  /** Hears that a server serves, and that one was killed. */
  readonly started: (node: number, server: RoomServer, now: () => number) => void
  readonly stopped: (node: number) => void
}

interface Node {
  readonly network: MemoryNetwork
  server: RoomServer
  isDown: boolean
}

export const cluster = (options: ClusterOptions): Cluster => {
  const { seed, servers, latencyMs, authenticate, authorize, started, stopped } = options
  const time = virtualTime()
  const random = seeded(seed)
  const homes = new Map<string, number>()
  const latest = new Map<string, number>()
  const roaming = new Set<string>()
  const nextId = counted('id')
  let engine = options.engine(time, nextId)

  const start = (node: number): RoomServer => {
    const server = createRoomServer({
      scheduler: time,
      wall: () => time.now(),
      random,
      ids: nextId,
      crypto: plainCrypto,
      ...options.server,
      calls: options.calls(time),
      engine: options.served(node, engine, time.now),
      authenticate: ({ token = '' }) => [authenticate(node, token)],
      authorize,
    })
    started(node, server, time.now)
    return server
  }
  const nodes: readonly Node[] = Array.from({ length: servers }, (_, number) => {
    const node: Node = {
      server: start(number),
      isDown: false,
      network: memoryNetwork({ accept: (socket) => node.server.accept(socket), scheduler: time, latencyMs }),
    }
    return node
  })
  const at = (number: number): Node => nodes[number % servers] as Node
  const homeOf = (user: string): number => homes.get(user) ?? Number(user.slice(1)) % servers
  const goal = (user: string): number => {
    const home = homeOf(user)
    return at(home).isDown ? (home + 1) % servers : home
  }
  const kill = (number: number): void => {
    const { network, server } = at(number)
    stopped(number)
    network.cut()
    server.close().subscribe()
  }
  const linksOf = (host: string): Links => {
    const all = (act: (links: Links) => void): void => {
      for (const { network } of nodes) act(network.host(host))
    }
    return {
      cut: () => all((each) => each.cut()),
      freeze: (direction) => all((each) => each.freeze(direction)),
      thaw: (direction) => all((each) => each.thaw(direction)),
      refuse: (on) => all((each) => each.refuse(on)),
      hang: (on) => all((each) => each.hang(on)),
      blackhole: (on, direction) => all((each) => each.blackhole(on, direction)),
      latency: (up, down) => all((each) => each.latency(up, down)),
      bandwidth: (up, down) => all((each) => each.bandwidth(up, down)),
    }
  }

  return {
    time,
    links: linksOf,
    transport: (host, user) => (request) => {
      const named = /^ws:\/\/(\d+)/.exec(request.url)?.[1]
      if (named !== undefined) roaming.add(user)
      const number = named === undefined ? goal(user) : Number(named)
      latest.set(user, number)
      return at(number).network.host(host).transport(request)
    },
    move: (user) => {
      homes.set(user, (homeOf(user) + 1) % servers)
    },
    usersOf: (node) => [...latest].flatMap(([user, to]) => (to === node % servers || homeOf(user) === node % servers || roaming.has(user) ? [user] : [])), // prettier-ignore
    roams: (user) => roaming.has(user),
    isBacked: (number) => nodes.some((each) => each !== at(number) && !each.isDown),
    server: (node) => at(node).server,
    partition: (hosts) => {
      for (const { network } of nodes) network.partition(...hosts)
    },
    heal: (ms) => {
      for (const { network } of nodes) {
        network.heal()
        network.latency(ms)
      }
    },
    restart: (number) => {
      const node = at(number)
      if (node.isDown) return
      kill(number)
      node.server = start(number % servers)
    },
    down: (number) => {
      const node = at(number)
      if (node.isDown) return () => undefined
      node.isDown = true
      node.network.refuse(true)
      kill(number)
      return () => {
        node.isDown = false
        node.network.refuse(false)
        node.server = start(number % servers)
      }
    },
    handOver: (number, ms) => {
      const node = at(number)
      if (node.isDown) return () => undefined
      node.isDown = true
      node.server.drain({ to: '*', spreadMs: ms / 4, drainMs: ms }).subscribe()
      return () => {
        kill(number)
        node.isDown = false
        node.server = start(number % servers)
      }
    },
    renew: () => {
      for (const [number] of nodes.entries()) kill(number)
      engine = options.engine(time, nextId)
      for (const [number, node] of nodes.entries()) if (!node.isDown) node.server = start(number)
    },
  }
}
