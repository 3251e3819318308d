import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { longestTimerMs } from '../core/deadlines.js'
import { canonical, pathOf } from './path.js'
import { refuse } from './refuse.js'
import { readWithoutUpgrade } from './without-upgrade.js'

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
    // Without a listener an error of the socket ends the process. A socket may come again, with its next request.
    raw.off('error', ignore).on('error', ignore)
    const isShared = http.listenerCount('upgrade') > 1
    if (isShared && isClaimed(raw)) return
    const route = isWebSocket(request) ? routeOf(routes, request, isShared) : undefined
    if (route) route.take(request, raw, head)
    else if (isShared) leaveToOthers(routes, request, raw)
    else if (isWebSocket(request)) refuseUnclaimed(routes, request, raw)
    else readWithoutUpgrade(http, request, raw, head)
  }
  http.on('upgrade', upgrade)
  const askAsBefore = leaveOtherProtocols(http)
  const dispatcher: Dispatcher = {
    routes,
    stop: () => {
      http.off('upgrade', upgrade)
      askAsBefore()
    },
  }
  dispatchers.set(http, dispatcher)
  return dispatcher
}

const ignore = (): void => undefined

/** A newer Node asks the HTTP server if it wants an upgrade. */
interface Asking {
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean
}

/** Has Node itself ignore upgrades to other protocols that nobody listens for, where it asks. The returned function ends that. */
const leaveOtherProtocols = (http: HttpServer): (() => void) => {
  const asking = http as Asking
  const before = asking.shouldUpgradeCallback
  if (!before) return ignore
  const mine = (request: IncomingMessage): boolean =>
    before.call(http, request) && (isWebSocket(request) || http.listenerCount('upgrade') > 1)
  asking.shouldUpgradeCallback = mine
  return () => {
    if (asking.shouldUpgradeCallback === mine) asking.shouldUpgradeCallback = before
  }
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
    Math.min(longestTimerMs, Math.max(...[...routes].map(({ unclaimedMs }) => unclaimedMs))),
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
