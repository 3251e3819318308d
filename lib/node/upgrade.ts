import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Accept } from '../core/ports.js'
import { json } from '../protocol/json.js'
import { defaultLimits } from '../server/options.js'
import { closeCodes, refusal } from '../server/refusal.js'
import type { ServeOptions } from './options.js'
import { attach } from './socket.js'

/** How long a refused client may take to close. */
const closingMs = 2_000

/** Takes the upgrade requests of an HTTP server from now on. What it returns stops that. */
export const takeUpgrades = (http: HttpServer, options: ServeOptions, accept: Accept): (() => void) => {
  const { path, origins, server, limits, codecs = [json] } = options
  const spoken = codecs.map(({ subprotocol }) => subprotocol)
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits?.messageBytes ?? defaultLimits.messageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => spoken.find((subprotocol) => offered.has(subprotocol)) ?? false,
  })

  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    const offered = offeredBy(request)
    if (path !== undefined && pathOf(request) !== path) {
      if (!server) abort(raw, '404 Not Found', `There is no WebSocket here but at ${path}.`)
    } else if (offered.length > 0 && !offered.some((subprotocol) => spoken.includes(subprotocol))) {
      abort(raw, '400 Bad Request', `The subprotocols that are spoken here: ${spoken.join(', ')}.`)
    } else {
      sockets.handleUpgrade(request, raw, head, (ws) => {
        const { origin } = request.headers
        if (origin === undefined || !origins || origins.includes(origin)) attach(ws, raw, request, accept)
        else turnAway(ws)
      })
    }
  }
  http.on('upgrade', upgrade)
  return () => {
    http.off('upgrade', upgrade)
  }
}

/** Says why in band, for a page cannot see why a handshake failed. */
const turnAway = (ws: WebSocket): void => {
  const because = refusal('server/origin')
  ws.on('error', () => undefined)
  ws.send(json.encode({ t: 'refused', ...because }))
  ws.close(closeCodes.forbidden, because.code)
  const late = setTimeout(() => {
    ws.terminate()
  }, closingMs)
  ws.on('close', () => {
    clearTimeout(late)
  })
}

const abort = (raw: Duplex, status: string, text: string): void => {
  raw.on('error', () => undefined)
  raw.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  )
}

const offeredBy = ({ headers }: IncomingMessage): readonly string[] =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((subprotocol) => subprotocol.trim())
    .filter((subprotocol) => subprotocol !== '')

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?')[0] ?? ''
