import type { Server as HttpServer } from 'node:http'
import { configError, excerpt, type ConfigError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import type { Engine } from '../server/engine.js'
import type { RoomServerOptions } from '../server/options.js'

/** What `serve` can be told, beside what a room server can. */
export interface ServeOptions extends Omit<RoomServerOptions, 'engine'> {
  /** Where to listen; 0 takes a free port. Default 7420. */
  readonly port?: number
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string
  /** An HTTP server to take upgrade requests from, instead of a port and host. Who made it listens with it and closes it. */
  readonly server?: HttpServer
  /** Only upgrade requests for this path. Default every path. */
  readonly path?: string
  /** Pages of which origins may connect, as in `https://example.com`. What is no page has no origin and may. Default all. */
  readonly origins?: readonly string[]
  /**
   * Where rooms live. An engine is not closed with the server, so that another server can go on with its rooms; one that
   * has to be opened first, as in `files({ directory })`, is opened before the server listens and closed with it. Default
   * memory.
   */
  readonly engine?: Engine | ResultStream<Engine>
}

type Check = readonly [option: string, value: number | undefined, least: number, most: number]

const forever = Number.MAX_SAFE_INTEGER

/** What is nonsense in the options, if anything is. */
export const nonsense = (options: ServeOptions): ConfigError | undefined => {
  const { limits = {}, heartbeat = {}, busy = {}, path } = options
  const checks: readonly Check[] = [
    ['port', options.port, 0, 65_535],
    ['heartbeat.intervalMs', heartbeat.intervalMs, 1, forever],
    ['heartbeat.graceMs', heartbeat.graceMs, 1, forever],
    ['greetingMs', options.greetingMs, 1, forever],
    ['answerMs', options.answerMs, 1, forever],
    ['maxLinks', options.maxLinks, 1, forever],
    ['maxGreetings', options.maxGreetings, 1, forever],
    ['busy.retryAfterMs', busy.retryAfterMs, 0, forever],
    ['busy.spreadMs', busy.spreadMs, 0, forever],
    ['highWaterBytes', options.highWaterBytes, 1, forever],
    ['stallMs', options.stallMs, 1, forever],
    ['drainMs', options.drainMs, 0, forever],
    ['limits.messageBytes', limits.messageBytes, 64 * 1024, 2 ** 30],
    ['limits.rooms', limits.rooms, 1, forever],
    ['limits.joinsPerFrame', limits.joinsPerFrame, 1, forever],
    ['limits.publishesPerSecond', limits.publishesPerSecond, 1, forever],
    ['limits.unseenBytes', limits.unseenBytes, 1, forever],
  ]
  for (const [option, value, least, most] of checks) {
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
      return wrong(option, value, `a whole number from ${least}${most === forever ? '' : ` to ${most}`}`)
    }
  }
  return path === undefined || path.startsWith('/') ? undefined : wrong('path', path, 'a path that starts with /')
}

const wrong = (option: string, value: unknown, expected: string): ConfigError =>
  configError({
    code: 'config/option',
    message: `The option ${option} is ${excerpt(value)}.`,
    remedy: `Make it ${expected}.`,
    kind: 'terminal',
    option,
  })
