import type { Server as HttpServer } from 'node:http'
import { type Check, type Checks, either, observable, optionFault, text, whole, withMethods } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import { engine, roomServerChecks } from '../server/checks.js'
import type { Engine } from '../server/engine.js'
import type { RoomServerOptions } from '../server/options.js'
import { isPath } from './path.js'

/** Options for `serve`, beside those of every room server. */
export interface ServeOptions extends Omit<RoomServerOptions, 'engine'> {
  /** Where to listen; 0 takes a free port. Default 7420. */
  readonly port?: number
  /** Default `127.0.0.1`: this machine only. `''`, `0.0.0.0` and `::` are every address of the machine. */
  readonly host?: string
  /**
   * An HTTP or HTTPS server to take upgrade requests from, instead of a port and host. Its owner calls its `listen` and `close`.
   * Other upgrade requests are left to its other listeners, and refused where there are none.
   */
  readonly server?: HttpServer
  /** Only upgrade requests for this path, without query. Default every path. */
  readonly path?: string
  /**
   * The origins of pages that may connect, as browsers send them: `https://example.com`. Clients that are not browsers send no
   * origin and are always allowed. Default all.
   */
  readonly origins?: readonly string[]
  /**
   * Where rooms live. An engine is not closed with the server, so that another server can go on with its rooms; one that
   * has to be opened first, as in `files({ directory })`, is opened before the server listens and closed with it. Default
   * memory.
   */
  readonly engine?: Engine | ResultStream<Engine>
}

const origin: Check = {
  expected:
    'an origin as browsers send it, https://example.com, without path or slash at the end; leave origins out to let in every page',
  is: (value) => typeof value === 'string' && isOrigin(value),
}

/** Only a text in this form can be equal to the `Origin` header of a browser. */
const isOrigin = (value: string): boolean => {
  if (value === 'null') return true
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@\s*]+$/.test(value)) return false
  return !/^https?:/.test(value) || (URL.canParse(value) && new URL(value).origin === value)
}

const checks: Checks<keyof ServeOptions> = {
  ...roomServerChecks,
  engine: either(engine.expected, engine, observable),
  port: whole(0, 65_535),
  host: text('a host name or an address', 0),
  server: withMethods('an HTTP or HTTPS server of Node', 'on', 'off', 'address', 'close', 'listenerCount'),
  path: { expected: 'a path that starts with /, without query, fragment and dot segments', is: isPath },
  origins: { expected: 'a list of origins', is: Array.isArray, each: origin },
}

/** The first fault of the options, that of a memory engine included. */
export const serveFault = (options: unknown): ConfigError | undefined =>
  optionFault(options, checks) ?? (options as { readonly engine?: Partial<Engine> }).engine?.fault
