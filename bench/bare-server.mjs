// The socket and the welcome of the servers without a library in these benches.
import { WebSocketServer } from 'ws'

/** A server on a free port that takes the first subprotocol that is offered. */
export const bareServer = () =>
  new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered][0] ?? false,
  })

/** A welcome with these limits, beside those that no bench reaches. */
export const welcomeOf = (limits) => ({
  t: 'welcome',
  can: [],
  user: 'bench',
  roles: [],
  limits: { rooms: 1e6, publishesPerSecond: 1e6, ...limits },
  durability: 'memory',
  session: { id: 's-1', resume: 'r-1', expiresInMs: 60_000 },
  heartbeat: { intervalMs: 600_000, graceMs: 600_000 },
})

/** The numbers of the joins of a frame: of a hello, a `join` or a `joins`. */
export const joinsOf = ({ t, ch, rooms }) => {
  if (t === 'hello') return rooms.flatMap(joinsOf)
  if (t === 'joins') return rooms.map((_, at) => ch + at)
  return t === 'join' ? [ch] : []
}
