import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { excerpt } from '../core/error.js'
import type { Accept } from '../core/ports.js'
import { json } from '../protocol/json.js'
import { defaultLimits } from '../server/options.js'
import { closeCodes, refusal } from '../server/refusal.js'
import type { Door } from '../server/server.js'
import { addRoute, offeredBy } from './dispatch.js'
import { clientAddress } from './client-address.js'
import type { ServeOptions } from './options.js'
import { isLoopback, mayConnect, normalOrigin, type Origins } from './origin.js'
import { pathOf } from './path.js'
import { closeWithin, refuse } from './refuse.js'
import { attach } from './socket.js'

/** Where accepted sockets go. */
export interface Entrance {
  readonly accept: Accept
  readonly door: Door
}

/**
 * Takes the upgrade requests of an HTTP server from now on, until the returned function is called. `undefined` where another
 * room server takes those of the path.
 */
export const takeUpgrades = (
  http: HttpServer,
  options: ServeOptions,
  { accept, door }: Entrance,
): (() => void) | undefined => {
  const { path, proxies = 0, limits, greetingMs = 10_000, codecs = [json] } = options
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
  const isLocal = options.server === undefined && proxies === 0 && isLoopback(options.host ?? '127.0.0.1')
  const foreign = once(({ headers: { origin, host } }: IncomingMessage) => {
    door.fault({
      where: 'options',
      message: `A page of ${excerpt(origin)} was refused at ${excerpt(host)}. Give serve its origin: origins: ['https://…'].`,
    })
  })

  const take = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    const offered = offeredBy(request)
    if (offered.length > 0 && !offered.some((subprotocol) => subprotocols.includes(subprotocol))) {
      door.log?.handshake('none of the subprotocols that it offers is spoken here (400)')
      refuse(raw, '400 Bad Request', `The subprotocols that are spoken here: ${subprotocols.join(', ')}.`)
      return
    }
    const address = clientAddress(request, proxies)
    const waitMs = door.knock(address)
    if (waitMs > 0) {
      door.refused('server/rate', 'its address or the server has too many of them (429)')
      const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)) }
      refuse(raw, '429 Too Many Requests', 'More connections in a short time than the server takes.', headers)
      return
    }
    door.queue(address, () => {
      open(request, raw, head, address)
    })
  }
  const open = (request: IncomingMessage, raw: Duplex, head: Buffer, address: string | undefined): void => {
    if (raw.destroyed) return
    const handshake = { isValid: false }
    sockets.handleUpgrade(request, raw, head, (ws) => {
      handshake.isValid = true
      if (mayConnect(request, origins, isLocal)) attach({ ws, raw, request, address }, accept)
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
  return addRoute(http, { path, subprotocols, unclaimedMs: greetingMs, take, missed })
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
