import type { WebSocketConstructor } from './socket-like.js'

/** The class of the page. */
export const platformClass = (): WebSocketConstructor | null =>
  (globalThis as { readonly WebSocket?: WebSocketConstructor }).WebSocket ?? null
