import { type IncomingMessage, type Server as HttpServer, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { canonical, pathOf } from './path.js'

/** Takes WebSocket upgrade requests of an HTTP server. */
export interface Route {
  /** `undefined` takes every path. */
  readonly path: string | undefined
  /** The subprotocols of this server. */
  readonly subprotocols: readonly string[]
  /** How long other listeners may take to answer a request that is not for this server, in ms. */
  readonly unclaimedMs: number
  readonly take: (request: IncomingMessage, raw: Duplex, head: Buffer) => void
  /** A request that is for no route was refused. */
  readonly missed: (request: IncomingMessage) => void
}

/** How long a refused client may take to close, in ms. */
export const closingMs = 2_000

interface Dispatcher {
  readonly routes: Set<Route>
  readonly stop: () => void
}

/** One listener for each HTTP server, however many room servers share it. */
const dispatchers = new WeakMap<HttpServer, Dispatcher>()

/** Adds a route until the returned function is called; `undefined` where the path is taken by another room server. */
export const addRoute = (http: HttpServer, given: Route): (() => void) | undefined => {
  const route = { ...given, path: given.path === undefined ? undefined : canonical(given.path) }
  const dispatcher = dispatchers.get(http) ?? dispatch(http)
  const { routes } = dispatcher
  if ([...routes].some(({ path }) => path === route.path)) return undefined
  routes.add(route)
  return () => {
    routes.delete(route)
    if (routes.size > 0) return
    dispatcher.stop()
    dispatchers.delete(http)
  }
}

/**
 * Requests that are for nobody here go to the other `upgrade` listeners. Where there are none, a WebSocket is refused with
 * 404, and any other protocol (`h2c`) is ignored: its request is handled like one without an upgrade, as Node does where
 * nobody listens for upgrades.
 */
const dispatch = (http: HttpServer): Dispatcher => {
  const routes = new Set<Route>()
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    // Without a listener an error of the socket ends the process.
    raw.on('error', () => undefined)
    const isShared = http.listenerCount('upgrade') > 1
    if (isShared && isClaimed(raw)) return
    const route = isWebSocket(request) ? routeOf(routes, request, isShared) : undefined
    if (route) route.take(request, raw, head)
    else if (isShared) leaveToOthers(routes, request, raw)
    else if (isWebSocket(request)) refuseUnclaimed(routes, request, raw)
    else handlePlainly(http, request, raw)
  }
  http.on('upgrade', upgrade)
  const dispatcher: Dispatcher = {
    routes,
    stop: () => {
      http.off('upgrade', upgrade)
    },
  }
  dispatchers.set(http, dispatcher)
  return dispatcher
}

/** Where other listeners exist, a server without a path takes only requests that offer one of its subprotocols. */
const routeOf = (routes: ReadonlySet<Route>, request: IncomingMessage, isShared: boolean): Route | undefined => {
  const path = pathOf(request)
  const offered = offeredBy(request)
  const all = [...routes]
  return (
    all.find((route) => route.path === path) ??
    all.find(
      (route) =>
        route.path === undefined &&
        (!isShared || offered.some((subprotocol) => route.subprotocols.includes(subprotocol))),
    )
  )
}

export const offeredBy = ({ headers }: IncomingMessage): readonly string[] =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((subprotocol) => subprotocol.trim())
    .filter((subprotocol) => subprotocol !== '')

const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket'

/** Tells a socket that another listener reads or has ended. */
const isClaimed = (raw: Duplex): boolean =>
  raw.destroyed ||
  raw.writableEnded ||
  raw.readableFlowing !== null ||
  raw.listenerCount('data') + raw.listenerCount('readable') > 0

/** Refuses the request where no other listener answers it in time. */
const leaveToOthers = (routes: ReadonlySet<Route>, request: IncomingMessage, raw: Duplex): void => {
  const writtenBefore = written(raw)
  const late = setTimeout(
    () => {
      if (!isClaimed(raw) && written(raw) === writtenBefore) refuseUnclaimed(routes, request, raw)
    },
    Math.max(...[...routes].map(({ unclaimedMs }) => unclaimedMs)),
  )
  late.unref()
  raw.on('close', () => {
    clearTimeout(late)
  })
}

const written = (raw: Duplex): number => (raw as { readonly bytesWritten?: number }).bytesWritten ?? 0

const refuseUnclaimed = (routes: ReadonlySet<Route>, request: IncomingMessage, raw: Duplex): void => {
  refuse(raw, '404 Not Found', nothingHere(routes))
  for (const { missed } of routes) missed(request)
}

const nothingHere = (routes: ReadonlySet<Route>): string => {
  const paths = [...routes].flatMap(({ path }) => path ?? [])
  return `There is no WebSocket at this path.${paths.length > 0 ? ` Rooms are at ${paths.join(', ')}.` : ''}`
}

/** Answers an upgrade request over HTTP and closes the connection, also where the client does not. */
export const refuse = (
  raw: Duplex,
  status: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void => {
  closeWithin(raw, () => {
    raw.destroy()
  })
  raw.once('finish', () => {
    raw.destroy()
  })
  raw.end(
    [
      `HTTP/1.1 ${status}`,
      'connection: close',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      'content-type: text/plain; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  )
}

/** Calls `end` where what emits `close` has not closed in time. */
export const closeWithin = (
  closing: { on: (event: 'close', listener: () => void) => unknown },
  end: () => void,
): void => {
  const late = setTimeout(end, closingMs)
  closing.on('close', () => {
    clearTimeout(late)
  })
}

/** A response over any stream; the types of Node ask for a `net.Socket`. */
interface PlainResponse {
  assignSocket(raw: Duplex): void
  detachSocket(raw: Duplex): void
}

/** Gives the request to the application's handler, on a connection that closes after the answer. */
const handlePlainly = (http: HttpServer, request: IncomingMessage, raw: Duplex): void => {
  const response = new ServerResponse(request)
  const plain: PlainResponse = response
  response.shouldKeepAlive = false
  const assigned = guard(() => {
    plain.assignSocket(raw)
  })
  response.once('finish', () => {
    plain.detachSocket(raw)
    raw.end(() => {
      raw.destroy()
    })
  })
  if (E.isLeft(assigned) || !http.emit('request', request, response)) {
    refuse(raw, '400 Bad Request', 'This protocol is not spoken here.')
  }
}
