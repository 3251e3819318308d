import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { excerpt } from '../core/error.js'
import type { Accept } from '../core/ports.js'
import { json } from '../protocol/json.js'
import { defaultLimits } from '../server/options.js'
import type { Log } from '../server/logging.js'
import { closeCodes, refusal } from '../server/refusal.js'
import { addRoute, closeWithin, offeredBy, refuse } from './dispatch.js'
import type { ServeOptions } from './options.js'
import { pathOf } from './path.js'
import { attach } from './socket.js'

/**
 * Takes the upgrade requests of an HTTP server from now on, until the returned function is called. `undefined` where another
 * room server takes those of the path.
 */
export const takeUpgrades = (
  http: HttpServer,
  options: ServeOptions,
  accept: Accept,
  log?: Log,
): (() => void) | undefined => {
  const { path, origins, limits, greetingMs = 10_000, codecs = [json] } = options
  const subprotocols = codecs.map(({ subprotocol }) => subprotocol)
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits?.messageBytes ?? defaultLimits.messageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => subprotocols.find((subprotocol) => offered.has(subprotocol)) ?? false,
  })

  const take = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    const offered = offeredBy(request)
    if (offered.length > 0 && !offered.some((subprotocol) => subprotocols.includes(subprotocol))) {
      log?.handshake('none of the subprotocols that it offers is spoken here (400)')
      refuse(raw, '400 Bad Request', `The subprotocols that are spoken here: ${subprotocols.join(', ')}.`)
      return
    }
    const handshake = { isValid: false }
    sockets.handleUpgrade(request, raw, head, (ws) => {
      handshake.isValid = true
      const { origin } = request.headers
      if (origin === undefined || !origins || origins.includes(origin)) attach(ws, raw, request, accept)
      else {
        log?.handshake(`the origin ${excerpt(origin)} is not allowed (${closeCodes.forbidden})`)
        turnAway(ws)
      }
    })
    if (!handshake.isValid) log?.handshake('it is no valid request for a WebSocket (400)')
  }
  const missed = (request: IncomingMessage): void => {
    log?.handshake(`no WebSocket is at the path ${excerpt(pathOf(request))} (404)`)
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
