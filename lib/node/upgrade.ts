import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { excerpt } from '../core/error.js'
import { chance } from '../core/platform.js'
import type { Accept } from '../core/ports.js'
import { json } from '../protocol/json.js'
import { defaultLimits } from '../server/options.js'
import { closeCodes, refusal, type RefusalCode } from '../server/refusal.js'
import type { Door } from '../server/door.js'
import { isOnLoopback } from './address.js'
import { clientAddress } from './client-address.js'
import { addRoute, offeredBy } from './dispatch.js'
import type { ServeOptions } from './options.js'
import { mayConnect, nameOf, normalOrigin, type Origins } from './origin.js'
import { pathOf } from './path.js'
import { isForwarded, proxiesFault } from './proxies.js'
import { closeWithin, refuse } from './refuse.js'
import { attach } from './socket.js'
import { type Leaving, waiting } from './waiting.js'

/** The destination of accepted sockets. */
export interface Entrance {
  readonly accept: Accept
  readonly door: Door
}

/**
 * Takes the upgrade requests of an HTTP server. Returns a function that stops it, or `undefined` where another room
 * server has the path.
 */
export const takeUpgrades = (
  http: HttpServer,
  options: ServeOptions,
  { accept, door }: Entrance,
): (() => void) | undefined => {
  const { path, proxies = 0, limits, handshakeMs = 10_000, codecs = [json] } = options
  const subprotocols = codecs.map(({ subprotocol }) => subprotocol)
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits?.messageBytes ?? defaultLimits.messageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => subprotocols.find((subprotocol) => offered.has(subprotocol)) ?? false,
  })

  const origins: Origins = Array.isArray(options.origins)
    ? options.origins.map(normalOrigin)
    : (options.origins ?? 'same-host')
  /** The option `host` allows its name, even if it is a name of the loopback. */
  const isLocal = ({ headers: { host = '' } }: IncomingMessage): boolean =>
    proxies === 0 && isOnLoopback(http) && nameOf(host) !== options.host?.toLowerCase()
  const foreign = once((request: IncomingMessage) => {
    const { origin, host } = request.headers
    const proxied = proxies === 0 && isForwarded(request) ? ' If it came through a proxy of yours, set proxies: 1.' : ''
    door.fault({
      where: 'options',
      message: `A page of ${excerpt(origin)} was refused at ${excerpt(host)}. Give serve its origin: origins: ['https://…'].${proxied}`,
    })
  })
  const misfit = once((message: string) => {
    door.fault({ where: 'options', message })
  })
  const upgrades = waiting(handshakeMs, (raw, because) => {
    const { code, log, text } = leavings[because]
    door.refused(code, log)
    refuse(raw, '503 Service Unavailable', text, { 'retry-after': String(comeBackAfter(options)) })
  })

  const take = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    const offered = offeredBy(request)
    if (offered.length > 0 && !offered.some((subprotocol) => subprotocols.includes(subprotocol))) {
      door.log?.handshake('none of the subprotocols that it offers is spoken here (400)')
      refuse(raw, '400 Bad Request', `The subprotocols that are spoken here: ${subprotocols.join(', ')}.`)
      return
    }
    const fault = proxiesFault(request, proxies)
    if (fault !== undefined) misfit(fault)
    const address = clientAddress(request, proxies)
    const waitMs = door.knock(address)
    if (waitMs > 0) {
      door.refused('server/rate', 'its address or the server has too many of them (429)')
      const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)) }
      refuse(raw, '429 Too Many Requests', 'More connections in a short time than the server takes.', headers)
      return
    }
    upgrades.add(
      raw,
      (begin) => {
        door.queue(address, begin)
      },
      () => {
        open(request, raw, head, address)
      },
    )
  }
  const open = (request: IncomingMessage, raw: Duplex, head: Buffer, address: string | undefined): void => {
    if (raw.destroyed) return
    const handshake = { isValid: false }
    sockets.handleUpgrade(request, raw, head, (ws) => {
      handshake.isValid = true
      if (mayConnect(request, origins, isLocal(request))) attach({ ws, raw, request, address }, accept)
      else {
        door.refused(
          'server/origin',
          `the origin ${excerpt(request.headers.origin)} is not allowed (${closeCodes.forbidden})`,
        )
        foreign(request)
        turnAway(ws)
      }
    })
    if (!handshake.isValid) door.log?.handshake('it is no valid request for a WebSocket (400)')
  }
  const missed = (request: IncomingMessage): void => {
    door.log?.handshake(`no WebSocket is at the path ${excerpt(pathOf(request))} (404)`)
  }
  const removeRoute = addRoute(http, { path, subprotocols, unclaimedMs: handshakeMs, take, missed })
  return (
    removeRoute &&
    (() => {
      removeRoute()
      upgrades.close()
    })
  )
}

const leavings = {
  late: {
    code: 'server/busy',
    log: 'its turn did not come in time (503)',
    text: 'The server has too much to do at present.',
  },
  closed: {
    code: 'server/closed',
    log: 'the server was closed before its turn came (503)',
    text: 'The server was closed.',
  },
} as const satisfies Readonly<
  Record<Leaving, { readonly code: RefusalCode; readonly log: string; readonly text: string }>
>

/** Returns a client's retry delay in seconds, spread at random. */
const comeBackAfter = ({ busy, random = chance }: ServeOptions): number => {
  const { retryAfterMs = 1_000, spreadMs = 10_000 } = busy ?? {}
  return Math.ceil((retryAfterMs + random() * spreadMs) / 1_000)
}

/** Sends the reason over the WebSocket, because a page cannot see why a handshake failed. */
const turnAway = (ws: WebSocket): void => {
  const because = refusal('server/origin')
  ws.on('error', () => undefined)
  ws.send(json.encode({ t: 'refused', ...because }))
  ws.close(closeCodes.forbidden, because.code)
  closeWithin(ws, () => {
    ws.terminate()
  })
}

/** Calls at most once. */
const once = <T>(call: (value: T) => void): ((value: T) => void) => {
  let isCalled = false
  return (value) => {
    if (isCalled) return
    isCalled = true
    call(value)
  }
}
