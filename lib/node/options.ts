import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { ObservableInput } from 'rxjs'
import {
  type Check,
  type Checks,
  either,
  group,
  invalid,
  observable,
  optionFault,
  text,
  whole,
  withMethods,
} from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import { waitChecks } from '../core/wait.js'
import type { ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { engine, limitChecks, roomServerChecks } from '../server/checks.js'
import type { Engine } from '../server/engine.js'
import type { Credentials, Identity, RoomServerOptions } from '../server/options.js'
import type { Origins } from './origin.js'
import { heapShare } from './heap.js'
import { encodedPath, isPath } from './path.js'

/** Options for `serve`, beside those of every room server. */
export interface ServeOptions extends Omit<RoomServerOptions, 'engine' | 'authenticate'>, WaitOptions {
  /** As in every room server, with the HTTP request that opened the WebSocket. */
  readonly authenticate?: ((credentials: HttpCredentials) => ObservableInput<Identity | null>) | undefined
  /** Where to listen; 0 takes a free port. Default 7420. */
  readonly port?: number | undefined
  /** Default `127.0.0.1`: this machine only. `''`, `0.0.0.0` and `::` are every address of the machine. */
  readonly host?: string | undefined
  /**
   * An HTTP or HTTPS server to take upgrade requests from, instead of a port and host. Its owner calls its `listen` and `close`.
   * Other upgrade requests are left to its other listeners, and refused where there are none.
   */
  readonly server?: HttpServer | undefined
  /** Only upgrade requests for this path, without query. Default every path. */
  readonly path?: string | undefined
  /**
   * The origins of pages that may connect, such as `https://example.com`; `'*'` lets in every page. Clients that are not
   * browsers send no origin and are always allowed. Default `'same-host'`: pages of the host name that they connect to,
   * whatever their port. A server that listens on the loopback alone, without `proxies`, also has to be asked for by a
   * name of the loopback or by `host`.
   */
  readonly origins?: Origins | undefined
  /**
   * How many proxies stand in front of the server. They are trusted to append the address of the client to
   * `X-Forwarded-For`; budgets are counted by it, and by the address of the socket where there is none. Default 0: the
   * address of the socket.
   */
  readonly proxies?: number | undefined
  /**
   * Where rooms live. An engine is not closed with the server, so that another server can go on with its rooms; one that
   * has to be opened first, as in `files({ directory })`, is opened before the server listens and closed with it. Default
   * memory.
   */
  readonly engine?: Engine | ResultStream<Engine> | undefined
  /**
   * The path of a health check, on a port of its own: `GET` is answered with 200 while the server is open, and with 503 while it
   * drains, with its totals as JSON. Default none.
   */
  readonly health?: string | undefined
}

/** The argument of `authenticate` of a server over HTTP. */
export interface HttpCredentials extends Credentials {
  /** Its headers, cookies, address and certificate. */
  readonly request: IncomingMessage
}

const origin: Check = {
  expected: "an origin as browsers send it, https://example.com, without path; origins: '*' lets in every page",
  is: (value) => typeof value === 'string' && isOrigin(value),
}

/** Only what has this form can be the `Origin` header of a browser. */
const isOrigin = (value: string): boolean => {
  if (value === 'null') return true
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#@\s*]+\/?$/i.test(value) && (!/^https?:/i.test(value) || URL.canParse(value))
}

const isOrigins = (value: unknown): boolean => value === '*' || value === 'same-host' || Array.isArray(value)

const path: Check = {
  expected: 'a path that starts with /, without query, fragment and dot segments',
  is: isPath,
}

export const serveChecks: Checks<keyof ServeOptions> = {
  ...roomServerChecks,
  ...waitChecks,
  health: path,
  limits: group({ ...limitChecks, messageBytes: whole(64 * 1024, 2 ** 30) }),
  engine: either(engine.expected, engine, observable),
  port: whole(0, 65_535),
  host: text('a host name or an address', 0),
  server: withMethods('an HTTP or HTTPS server of Node', 'on', 'off', 'address', 'close', 'listenerCount'),
  path,
  origins: { expected: "a list of origins, 'same-host' or '*'", is: isOrigins, each: origin },
  proxies: whole(0, 100),
}

/** The first fault of the options, that of a memory engine included. */
export const serveFault = (options: unknown): ConfigError | undefined => {
  const fault = optionFault(options, serveChecks)
  if (fault) return encodable(fault, options as ServeOptions)
  return conflict(options as ServeOptions) ?? (options as { readonly engine?: Partial<Engine> }).engine?.fault
}

/** Says how to write a path that is a path once it is percent-encoded. */
const encodable = (fault: ConfigError, options: ServeOptions): ConfigError => {
  if (fault.option !== 'path' && fault.option !== 'health') return fault
  const encoded = encodedPath(options[fault.option])
  return encoded === undefined ? fault : { ...fault, remedy: `Percent-encode it: write '${encoded}'.` }
}

const conflict = ({ health, server }: ServeOptions): ConfigError | undefined =>
  health !== undefined && server !== undefined
    ? invalid(
        'health',
        'health is given with an HTTP server of the application, whose handler answers requests.',
        'Leave it out, and answer in that handler: 200 while status() is open, else 503.',
      )
    : undefined

/** The options that are those of every room server. */
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
    signal,
    withinMs,
    authenticate,
    ...shared
  } = options
  const memory = shared.budgets?.server?.memory ?? heapShare()
  const budgets = { ...shared.budgets, server: { ...shared.budgets?.server, memory } }
  // A server over HTTP gives each peer its request.
  return {
    ...shared,
    budgets,
    ...(authenticate && { authenticate: authenticate as NonNullable<RoomServerOptions['authenticate']> }),
  }
}
