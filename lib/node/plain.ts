import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Door } from '../server/door.js'
import { prometheus, prometheusType } from '../server/prometheus.js'
import type { RoomServer } from '../server/server.js'
import type { ServeOptions } from './options.js'
import { canonical, pathOf } from './path.js'
import { reading } from './reading.js'

type Rooms = Pick<RoomServer, 'status' | 'metrics'>

/** An answer to `GET`. */
type Page = (request: IncomingMessage, response: ServerResponse) => void

/** Answers requests other than WebSockets: health checks, metrics, and a hint for all others. */
export const plainAnswer = (
  rooms: Rooms,
  { fault }: Pick<Door, 'fault'>,
  { health, metrics }: Pick<ServeOptions, 'health' | 'metrics'>,
): RequestListener => {
  const pages = new Map<string, Page>()
  if (health !== undefined) {
    const path = canonical(health)
    pages.set(
      path,
      healthPage(rooms, () => rooms.status() === 'open'),
    )
    pages.set(
      `${path.replace(/\/$/, '')}/live`,
      healthPage(rooms, () => true),
    )
  }
  if (metrics !== undefined) {
    const { path, readers = 'loopback' } = typeof metrics === 'string' ? { path: metrics } : metrics
    const mayRead = reading(readers, (said) => {
      fault({ where: 'hook', message: `metrics: ${said}` })
    })
    pages.set(canonical(path), (request, response) => {
      const status = mayRead(request)
      if (status === undefined) say(response, 200, prometheusType, prometheus(rooms.metrics()))
      else {
        if (status === 401) response.setHeader('www-authenticate', 'Bearer')
        say(response, status, 'text/plain', 'The metrics are not for this request.\n')
      }
    })
  }
  return (request, response) => {
    const page = pages.get(pathOf(request))
    if (!page) {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'upgrade' })
      response.end('Rooms are served here over WebSockets.\n')
    } else if (request.method === 'GET' || request.method === 'HEAD') page(request, response)
    else {
      response.setHeader('allow', 'GET, HEAD')
      say(response, 405, 'text/plain', 'Use GET.\n')
    }
  }
}

const healthPage =
  ({ status, metrics }: Rooms, isWell: () => boolean): Page =>
  (_, response) => {
    const { links, sessions, rooms, members } = metrics()
    const body = JSON.stringify({ status: status(), links, sessions, rooms, members })
    say(response, isWell() ? 200 : 503, 'application/json', body)
  }

const say = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}
