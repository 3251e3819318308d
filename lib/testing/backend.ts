import type { SchedulerLike } from 'rxjs'
import type { Accept } from '../core/ports.js'
import type { Engine } from '../server/engine.js'
import { memory, type MemoryEngine, type MemoryOptions } from '../server/memory.js'
import type { ServerFault } from '../server/metrics.js'
import type { RoomServerOptions } from '../server/options.js'
import { createRoomServer, type RoomServer } from '../server/server.js'
import { unreliable, type UnreliableOptions } from './unreliable.js'

/** Options for `backend`. */
export interface BackendOptions extends Partial<RoomServerOptions> {
  /** Limits of each memory engine that the backend makes. A given `engine` replaces the first of them only. */
  readonly memory?: MemoryOptions | undefined
  /** Wraps each memory engine before the server uses it. Default: no wrapper. */
  readonly between?: ((engine: Engine) => Engine) | undefined
}

/** A server process that can be restarted: with the data of its engine, or with a new, empty engine. */
export interface Backend {
  readonly accept: Accept
  /** Returns the current server; each restart makes another one. */
  readonly server: () => RoomServer
  readonly engine: () => Engine
  /** Makes the engine fail as the options say; without options, the engine works normally again. */
  readonly strain: (how?: Omit<UnreliableOptions, 'scheduler'>) => void
  /** Returns the memory engine, so that a test can change its logs. Throws while the engine in use is the test's own. */
  readonly logs: () => MemoryEngine
  /** Starts a new server, calls `cut` to close all connections, then closes the previous server. Sends no goodbye. */
  readonly restart: (which: 'same' | 'new', cut: () => void) => void
  readonly close: () => void
}

/** The time and random values of a backend, and the callback for errors that no caller receives. */
export interface Surroundings {
  readonly scheduler: SchedulerLike
  readonly random: () => number
  readonly ids: () => string
  readonly fault: (fault: ServerFault) => void
}

/** Connection limit per user. It is high because in a test all clients may have the same user. */
const herd = 10_000

export const backend = (
  { scheduler, random, ids, fault }: Surroundings,
  { memory: bounds, between = (plain) => plain, ...options }: BackendOptions,
): Backend => {
  let logs: MemoryEngine | undefined
  let [epochs, tableEpochs] = [0, 0]
  const newEngine = (): Engine => {
    logs = memory({
      scheduler,
      wall: () => scheduler.now(),
      ids,
      epochs: () => `epoch-${++epochs}`,
      tableEpochs: () => `table-${++tableEpochs}`,
      ...bounds,
    })
    return between(logs)
  }
  const sound: UnreliableOptions = { scheduler, random, delayMs: 0, failEvery: Infinity, loseAnswers: Infinity }
  const strained = { ...sound }
  const start = (): RoomServer => {
    const started = createRoomServer({
      scheduler,
      wall: () => scheduler.now(),
      random,
      ids,
      ...options,
      budgets: { ...options.budgets, user: { connections: herd, ...options.budgets?.user } },
      engine: unreliable(engine, strained),
    })
    started.faults$.subscribe(fault)
    return started
  }
  let engine = options.engine ?? newEngine()
  let server = start()

  return {
    accept: (socket) => server.accept(socket),
    server: () => server,
    engine: () => engine,
    strain: (how) => {
      Object.assign(strained, { told: undefined }, sound, how)
    },
    logs: () => {
      if (logs) return logs
      throw new Error('the test gave an engine of its own: its logs are changed there')
    },
    restart: (which, cut) => {
      const before = server
      if (which === 'new') engine = newEngine()
      server = start()
      cut()
      void before.close()
    },
    close: () => {
      void server.close()
      engine.close()
    },
  }
}
