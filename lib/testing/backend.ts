import type { SchedulerLike } from 'rxjs'
import type { Accept } from '../core/ports.js'
import type { Engine } from '../server/engine.js'
import { memory, type MemoryEngine, type MemoryOptions } from '../server/memory.js'
import type { ServerFault } from '../server/metrics.js'
import type { RoomServerOptions } from '../server/options.js'
import { createRoomServer, type RoomServer } from '../server/server.js'
import { unreliable, type UnreliableOptions } from './unreliable.js'

/** What a backend is told. */
export interface BackendOptions extends Partial<RoomServerOptions> {
  /** Bounds of the engine, unless it is given. */
  readonly memory?: MemoryOptions | undefined
  /** Stands between the server and its engine. */
  readonly between?: ((engine: Engine) => Engine) | undefined
}

/** The process that a server runs in: it can be started again, on what it knew or on nothing. */
export interface Backend {
  readonly accept: Accept
  /** The server as it is now. */
  readonly server: () => RoomServer
  readonly engine: () => Engine
  /** Makes the way to the engine that bad, or sound again. */
  readonly strain: (how?: Omit<UnreliableOptions, 'scheduler'>) => void
  /** The logs themselves. Throws where the test gave an engine of its own. */
  readonly logs: () => MemoryEngine
  /** Ends the server without a word and starts another; `cut` ends the links in between. */
  readonly restart: (which: 'same' | 'new', cut: () => void) => void
  readonly close: () => void
}

/** Time and chance of a backend, and who is told what has no caller to be told. */
export interface Surroundings {
  readonly scheduler: SchedulerLike
  readonly random: () => number
  readonly ids: () => string
  readonly fault: (fault: ServerFault) => void
}

/** Connections of one user, who in a test may be everybody. */
const herd = 10_000

export const backend = (
  { scheduler, random, ids, fault }: Surroundings,
  { memory: bounds, between = (plain) => plain, ...options }: BackendOptions,
): Backend => {
  let logs: MemoryEngine | undefined
  let epochs = 0
  const newEngine = (): Engine => {
    logs = memory({ scheduler, wall: () => scheduler.now(), ids, epochs: () => `epoch-${++epochs}`, ...bounds })
    return between(logs)
  }
  const sound: UnreliableOptions = { scheduler, random, delayMs: 0, failEvery: Infinity, loseAnswers: Infinity }
  const strained = { ...sound }
  const start = (): RoomServer => {
    const started = createRoomServer({
      scheduler,
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
