import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { child, type Child } from './child.js'
import { type Proxy, proxy as proxyTo } from './proxy.js'
import { surroundings } from './surroundings.js'
import { keepingOf } from './settings.js'
import type { ClientPlan, FromClients, FromServer, Status, ToClients, ToServer } from './talk.js'

/** Some clients in one process, or one consumer. */
export interface Crowd {
  readonly names: readonly string[]
  readonly isConsumer: boolean
  readonly process: () => Child<ToClients, FromClients>
  /** Sets the calendar of one client so far from that of the machine, in this life and all that follow. */
  readonly date: (name: string, ms: number) => void
  /** Kills it and starts its next life. */
  readonly restart: () => Promise<void>
  /** Has it end in order, and starts its next life. */
  readonly terminate: () => Promise<void>
}

/** Where a campaign takes place: two servers in one process, which share its engine, a proxy before each client, clients in a few processes. */
export interface Ground {
  readonly names: readonly string[]
  readonly rooms: readonly string[]
  readonly crowds: readonly Crowd[]
  readonly crowdOf: (name: string) => Crowd
  readonly proxyOf: (name: string) => Proxy
  readonly plans: readonly ClientPlan[]
  /** The process of the servers. */
  readonly server: () => Child<ToServer, FromServer>
  readonly killServer: () => void
  readonly startServer: () => Promise<void>
  /** Ends one of the servers as if it were killed, and starts it again. */
  readonly stopNode: (node: number) => Promise<void>
  readonly startNode: (node: number) => Promise<void>
  /** Sends the next links of a client to another server. */
  readonly move: (name: string) => void
  /** The clients whose home is a server, and those whose last link was to it. */
  readonly clientsOf: (node: number) => readonly string[]
  readonly status: () => Promise<readonly Status[]>
  /** What went wrong with the campaign itself: a process that died or did not start. */
  readonly mishaps: readonly string[]
  /** Ends every process at once. */
  readonly clear: () => Promise<void>
}

export interface GroundOptions {
  readonly folder: string
  readonly programs: { readonly server: string; readonly client: string }
  readonly seed: number
  readonly rooms: readonly string[]
  /** The rooms with a capacity, and how many seats they have. */
  readonly seats: Readonly<Record<string, number>>
  /** Without their ports, by process. */
  readonly crowds: readonly (readonly Omit<ClientPlan, 'port'>[])[]
}

const startMs = 60_000
/** More than a process drains after SIGTERM. */
const terminateMs = 20_000

/** Makes the ground and starts everybody on it. */
export const ground = async ({
  folder,
  programs,
  seed,
  rooms,
  seats,
  crowds: planned,
}: GroundOptions): Promise<Ground> => {
  const ports = [await freePort(), await freePort()]
  const ways = waysTo(ports)
  const mishaps: string[] = []
  let servers = 0
  const proxies = new Map<string, Proxy>()
  let server: Child<ToServer, FromServer> | undefined
  let isOver = false
  const launcherOf = surroundings()

  /** Rooms whose tables change. */
  const watched = [
    ...new Set(planned.flat().flatMap(({ meets = [], leads = [], sits = [] }) => [...meets, ...leads, ...sits])),
  ]

  const startServer = async (): Promise<void> => {
    const keeping = keepingOf(servers)
    ways.restarted()
    const name = `server.${++servers}`
    const started = child<ToServer, FromServer>(programs.server, join(folder, 'complaints.txt'), () => {
      mishaps.push(`${name} died`)
    })
    server = started
    const ready = started.hear('ready', startMs)
    const failed = started.hear('failed', startMs).then((answer) => {
      if (answer) mishaps.push(`${name} did not start: ${answer.because}`)
    })
    started.tell({ _tag: 'start', ports, folder, name, rooms, watched, seats, keeping })
    await Promise.race([ready, failed])
  }
  const serving = (): Child<ToServer, FromServer> => {
    if (!server) throw new Error('there is no server')
    return server
  }

  const crowdOf = (plans: readonly ClientPlan[], index: number): Crowd & { readonly start: () => Promise<void> } => {
    let life = 0
    const dates: Record<string, number> = {}
    let process: Child<ToClients, FromClients> | undefined
    const names = plans.map(({ name }) => name)
    const isConsumer = plans.some(({ consumes }) => consumes !== undefined)
    const start = async (): Promise<void> => {
      life++
      const started = child<ToClients, FromClients>(
        programs.client,
        join(folder, 'complaints.txt'),
        () => {
          if (!isOver) mishaps.push(`the process of ${names.join(', ')} died`)
        },
        isConsumer ? launcherOf(`${names.join('-')}-${life}`, life) : undefined,
      )
      process = started
      const ready = started.hear('ready', startMs)
      started.tell({ _tag: 'start', folder, life, seed: seed * 1_000 + index * 100 + life, clients: plans, dates })
      await ready
    }
    return {
      names,
      isConsumer,
      process: () => {
        if (!process) throw new Error('there is no such process')
        return process
      },
      start,
      date: (name, ms) => {
        dates[name] = ms
        process?.tell({ _tag: 'date', name, ms })
      },
      restart: async () => {
        process?.signal('SIGKILL')
        await process?.gone
        await start()
      },
      terminate: async () => {
        const ending = process
        ending?.tell({ _tag: 'terminate' })
        const late = setTimeout(() => {
          mishaps.push(`the process of ${names.join(', ')} did not end after SIGTERM`)
          ending?.signal('SIGKILL')
        }, terminateMs)
        await ending?.gone
        clearTimeout(late)
        if (!isOver) await start()
      },
    }
  }

  await startServer()
  const plans: ClientPlan[][] = []
  for (const crowd of planned) {
    const ported: ClientPlan[] = []
    for (const plan of crowd) {
      const made = await proxyTo(() => ways.portOf(plan.name))
      proxies.set(plan.name, made)
      ported.push({ ...plan, port: made.port })
    }
    plans.push(ported)
  }
  const crowds = plans.map(crowdOf)
  await Promise.all(crowds.map(({ start }) => start()))

  return {
    names: plans.flat().map(({ name }) => name),
    rooms,
    plans: plans.flat(),
    crowds,
    crowdOf: (name) => found(crowds.find(({ names }) => names.includes(name))),
    proxyOf: (name) => found(proxies.get(name)),
    server: serving,
    killServer: () => {
      serving().signal('SIGKILL')
    },
    startServer,
    stopNode: async (node) => {
      const stopped = serving().hear('stopped', startMs)
      ways.stopped(node)
      serving().tell({ _tag: 'stop', node })
      await stopped
    },
    startNode: async (node) => {
      const started = serving().hear('gone-on', startMs)
      serving().tell({ _tag: 'go', node })
      await started
      ways.started(node)
    },
    move: ways.move,
    clientsOf: ways.clientsOf,
    status: async () => {
      const answers = await Promise.all(
        crowds.map(({ process }) => {
          const answer = process().hear('status', 30_000)
          process().tell({ _tag: 'ask', what: 'status' })
          return answer
        }),
      )
      return answers.flatMap((answer) => answer?.clients ?? [])
    },
    mishaps,
    clear: async () => {
      isOver = true
      const processes = [...crowds.map(({ process }) => process()), serving()]
      for (const each of processes) each.signal('SIGKILL')
      await Promise.all([...processes.map(({ gone }) => gone), ...[...proxies.values()].map(({ close }) => close())])
    },
  }
}

/** Which server each client connects to: its home, or another one while that is stopped. */
const waysTo = (ports: readonly number[]) => {
  const stopped = new Set<number>()
  const homes = new Map<string, number>()
  const latest = new Map<string, number>()
  const next = (node: number): number => (node + 1) % ports.length
  const homeOf = (name: string): number => {
    const home = homes.get(name) ?? homes.size % ports.length
    homes.set(name, home)
    return home
  }
  return {
    portOf: (name: string): number => {
      const home = homeOf(name)
      const node = stopped.has(home) ? next(home) : home
      latest.set(name, node)
      return ports[node] ?? 0
    },
    move: (name: string): void => {
      homes.set(name, next(homeOf(name)))
    },
    clientsOf: (node: number): readonly string[] =>
      [...homes].flatMap(([name, home]) => (home === node || latest.get(name) === node ? [name] : [])),
    stopped: (node: number): void => {
      stopped.add(node)
    },
    started: (node: number): void => {
      stopped.delete(node)
    },
    restarted: (): void => {
      stopped.clear()
    },
  }
}

const found = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('there is none of that name')
  return value
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const listener = createServer()
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as AddressInfo
      listener.close(() => {
        resolve(port)
      })
    })
  })
