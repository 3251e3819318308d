import Isomorphic from 'isomorphic-ws'
import type { WebSocketConstructor } from './socket-like.js'
import { isWs } from './ws-details.js'

/**
 * The platform's class: `ws` if available. In jest with jsdom, `ws` is a stub that throws, and jsdom has its own
 * sockets. Null if there is none.
 */
export const platformClass = (): WebSocketConstructor | null => {
  const given = Isomorphic as WebSocketConstructor | null
  const { WebSocket } = globalThis as { readonly WebSocket?: WebSocketConstructor }
  return isWs(given) ? given : (WebSocket ?? given)
}
