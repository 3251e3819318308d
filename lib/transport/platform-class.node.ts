import { WebSocket } from 'ws'
import type { WebSocketConstructor } from './socket-like.js'

/** The class of `ws`, by its ES module: bundlers for servers warn of `isomorphic-ws`, which is CommonJS there. */
export const platformClass = (): WebSocketConstructor | null => WebSocket
