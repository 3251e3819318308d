import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { ObservableInput } from 'rxjs'
import {
  type Check,
  type Checks,
  either,
  faultOfEach,
  group,
  invalid,
  observable,
  optionFault,
  required,
  secret,
  text,
  whole,
  withMethods,
} from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import { isObject } from '../core/shape.js'
import { waitChecks } from '../core/wait.js'
import type { ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { engine, limitChecks, roomServerChecks } from '../server/checks.js'
import type { Engine } from '../server/engine.js'
import type { Credentials, Identity, RoomServerOptions } from '../server/options.js'
import type { Origins } from './origin.js'
import { heapShare } from './heap.js'
import { canonical, encodedPath, isPath } from './path.js'
import type { Readers } from './reading.js'

/** Options of `serve`, beside those of every room server. */
export interface ServeOptions extends Omit<RoomServerOptions, 'engine' | 'authenticate'>, WaitOptions {
  /** Identifies a client, with the HTTP request that opened the WebSocket. */
  readonly authenticate?: ((credentials: HttpCredentials) => ObservableInput<Identity | null>) | undefined
  /** The port to listen on; 0 takes a free port. Default 7420. */
  readonly port?: number | undefined
  /**
   * The host to listen on. Default `127.0.0.1`: this machine only. `''`, `0.0.0.0` and `::` are every address of the
   * machine.
   */
  readonly host?: string | undefined
  /**
   * An HTTP or HTTPS server to take upgrade requests from, instead of a port and host. Its owner calls its `listen` and
   * `close`. Other upgrade requests go to its other listeners; without any, the room server refuses them.
   */
  readonly server?: HttpServer | undefined
  /** Takes only upgrade requests for this path, without query. Default: every path. */
  readonly path?: string | undefined
  /**
   * The origins of pages that may connect, such as `https://example.com`; `'*'` allows every page. Clients that are not
   * browsers send no origin and may always connect. Default `'same-host'`: pages of the host name that they connect to,
   * whatever their port. A server that listens only on the loopback, without `proxies`, also requires a loopback name
   * or `host` in the request.
   */
  readonly origins?: Origins | undefined
  /**
   * The number of proxies in front of the server. The server trusts them to append the address of the client to
   * `X-Forwarded-For`; that address is the key for budgets, or that of the socket where there is none. Default 0: the
   * address of the socket.
   */
  readonly proxies?: number | undefined
  /**
   * The engine that stores the rooms. The server does not close an open engine, so that another server can continue
   * with its rooms; it opens one that must be opened first, as in `files({ directory })`, before it listens, and closes
   * it at the end. Default: memory.
   */
  readonly engine?: Engine | ResultStream<Engine> | undefined
  /**
   * The path of a health check, on a port of its own: the server answers `GET` with 200 while it is open, and with 503
   * while it drains, with its totals as JSON: readiness. The same path and `/live` answers 200 as long as the process
   * does: liveness. Default: none.
   */
  readonly health?: string | undefined
  /**
   * The path of the metrics in the text format of Prometheus, on a port of its own, or the path and its readers. Default:
   * none; with a path only, requests from this machine.
   */
  readonly metrics?: string | MetricsOptions | undefined
}

/** The path of the metrics, and who may read them. */
export interface MetricsOptions {
  readonly path: string
  /**
   * - `'loopback'`: requests from this machine that no proxy passes on. The default: the port is that of the clients, and the
   *   figures tell strangers how many users there are and which attacks have an effect.
   * - `{ token }`: requests with `Authorization: Bearer` and this token, of at least 16 characters.
   * - A function: those for which it returns true. One that throws lets nobody read, and is a fault.
   */
  readonly readers?: Readers | undefined
}

/** The argument of `authenticate` of a server over HTTP. */
export interface HttpCredentials extends Credentials {
  /** The request, with its headers, cookies, address and certificate. */
  readonly request: IncomingMessage
}

const origin: Check = {
  expected: "an origin as browsers send it, https://example.com, without path; origins: '*' lets in every page",
  is: (value) => typeof value === 'string' && isOrigin(value),
}

/** Returns true for a text that can be the `Origin` header of a browser. */
const isOrigin = (value: string): boolean => {
  if (value === 'null') return true
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#@\s*]+\/?$/i.test(value) && (!/^https?:/i.test(value) || URL.canParse(value))
}

const isOrigins = (value: unknown): boolean => value === '*' || value === 'same-host' || Array.isArray(value)

const path: Check = {
  expected: 'a path that starts with /, without query, fragment and dot segments',
  is: isPath,
}

const metricsToken = group({ token: required(secret(text('a text of at least 16 characters', 16))) })
const readers: Check = {
  expected: "'loopback', { token } or a function of the request",
  is: (value) => value === 'loopback' || typeof value === 'function' || isObject(value),
  within: (value: unknown, at) => (isObject(value) ? metricsToken.within?.(value as never, at) : undefined),
}
const metricsGroup = group({ path: required(path), readers })
const metrics: Check = {
  expected: `${path.expected}, or { path, readers }`,
  is: (value) => isPath(value) || isObject(value),
  within: (value: unknown, at) => (isObject(value) ? metricsGroup.within?.(value as never, at) : undefined),
}

export const serveChecks: Checks<keyof ServeOptions> = {
  ...roomServerChecks,
  ...waitChecks,
  health: path,
  metrics,
  limits: group({ ...limitChecks, messageBytes: whole(64 * 1024, 2 ** 30) }),
  engine: either(engine.expected, engine, observable),
  port: whole(0, 65_535),
  host: text('a host name or an address', 0),
  server: withMethods('an HTTP or HTTPS server of Node', 'on', 'off', 'address', 'close', 'listenerCount'),
  path,
  origins: {
    expected: "a list of origins, 'same-host' or '*'",
    is: isOrigins,
    within: (origins: unknown, path) => (Array.isArray(origins) ? faultOfEach(origins, origin, path) : undefined),
  },
  proxies: whole(0, 100),
}

/** Returns the first fault of the options, including that of a memory engine. */
export const serveFault = (options: unknown): ConfigError | undefined => {
  const fault = optionFault(options, serveChecks)
  if (fault) return encodable(fault, options as ServeOptions)
  return conflict(options as ServeOptions) ?? (options as { readonly engine?: Partial<Engine> }).engine?.fault
}

/** Adds the percent-encoded form to the remedy, where encoding makes the path valid. */
const encodable = (fault: ConfigError, options: ServeOptions): ConfigError => {
  const given = paths.get(fault.option)
  if (!given) return fault
  const encoded = encodedPath(given(options))
  return encoded === undefined ? fault : { ...fault, remedy: `Percent-encode it: write '${encoded}'.` }
}

/** The options that are paths, by name. */
const paths: ReadonlyMap<string, (options: ServeOptions) => unknown> = new Map([
  ['path', ({ path }) => path],
  ['health', ({ health }) => health],
  ['metrics', ({ metrics }) => metrics],
  ['metrics.path', ({ metrics }) => pathOfMetrics(metrics)],
])

const pathOfMetrics = (metrics: ServeOptions['metrics']): string | undefined =>
  typeof metrics === 'object' ? metrics.path : metrics

const conflict = ({ health, metrics, server }: ServeOptions): ConfigError | undefined => {
  if (server && health !== undefined) return invalid('health', 'health')
  if (server && metrics !== undefined) return invalid('metrics', 'metrics')
  const place = pathOfMetrics(metrics)
  const isSame = health !== undefined && place !== undefined && canonical(health) === canonical(place)
  return isSame ? invalid('metrics', 'paths') : undefined
}

/** Returns the options of every room server. */
export const roomOptions = (options: ServeOptions): Omit<RoomServerOptions, 'engine'> => {
  const {
    port,
    host,
    server,
    path,
    origins,
    proxies,
    engine: _,
    health,
    metrics,
    signal,
    withinMs,
    authenticate,
    ...shared
  } = options
  const memory = shared.budgets?.server?.memory ?? heapShare()
  const budgets = { ...shared.budgets, server: { ...shared.budgets?.server, memory } }
  // A server over HTTP passes each peer's request.
  return {
    ...shared,
    budgets,
    ...(authenticate && { authenticate: authenticate as NonNullable<RoomServerOptions['authenticate']> }),
  }
}
