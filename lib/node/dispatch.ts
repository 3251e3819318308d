import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { longestTimerMs } from '../core/deadlines.js'
import { canonical, pathOf } from './path.js'
import { refuse } from './refuse.js'
import { readWithoutUpgrade } from './without-upgrade.js'

/** Takes WebSocket upgrade requests of an HTTP server. */
export interface Route {
  /** The path; `undefined` takes every path. */
  readonly path: string | undefined
  /** The subprotocols of this server. */
  readonly subprotocols: readonly string[]
  /** How long other listeners may take to answer a request that matches no route, in ms. */
  readonly unclaimedMs: number
  readonly take: (request: IncomingMessage, raw: Duplex, head: Buffer) => void
  /** Reports a refused request that matches no route. */
  readonly missed: (request: IncomingMessage) => void
}

interface Dispatcher {
  readonly routes: Set<Route>
  readonly stop: () => void
}

/** One listener for each HTTP server, however many room servers share it. */
const dispatchers = new WeakMap<HttpServer, Dispatcher>()

/** Adds a route. Returns a function that removes it, or `undefined` where another room server has the path. */
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
 * Dispatches upgrade requests to routes. Leaves other requests to the other `upgrade` listeners. Without such listeners
 * it refuses a WebSocket with 404 and ignores any other protocol (`h2c`): it handles the request like one without an
 * upgrade, as Node does without an `upgrade` listener.
 */
const dispatch = (http: HttpServer): Dispatcher => {
  const routes = new Set<Route>()
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    // Without a listener a socket error ends the process. A socket may come again, with its next request.
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

/** Newer versions of Node ask the HTTP server before an upgrade. */
interface Asking {
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean
}

/**
 * Makes Node itself ignore upgrades to other protocols without a listener, where it asks. Returns a function that
 * undoes it.
 */
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

/** Finds a request's route. Beside other listeners, a route without a path takes only requests with one of its subprotocols. */
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

/** Returns true for a socket that has ended or that another listener reads. */
const isClaimed = (raw: Duplex): boolean =>
  raw.destroyed ||
  raw.writableEnded ||
  raw.readableFlowing !== null ||
  raw.listenerCount('data') + raw.listenerCount('readable') > 0

/** Refuses the request unless another listener answers it in time. */
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
