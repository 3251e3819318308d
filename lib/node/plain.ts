import type { RequestListener } from 'node:http'
import type { RoomServer } from '../server/server.js'
import { canonical, pathOf } from './path.js'

/** Answers requests other than WebSockets: the health check, and a hint for all others. */
export const plainAnswer = (
  { status, metrics }: Pick<RoomServer, 'status' | 'metrics'>,
  health: string | undefined,
): RequestListener => {
  const healthPath = health === undefined ? undefined : canonical(health)
  return (request, response) => {
    if (pathOf(request) !== healthPath) {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'upgrade' })
      response.end('Rooms are served here over WebSockets.\n')
      return
    }
    const { links, sessions, rooms, members } = metrics()
    response.writeHead(status() === 'open' ? 200 : 503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    response.end(JSON.stringify({ status: status(), links, sessions, rooms, members }))
  }
}
