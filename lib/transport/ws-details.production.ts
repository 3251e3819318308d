import type { WebSocketConstructor } from './socket-like.js'

export { onMessage } from './message-event.js'

/** The options of a socket. */
export const socketOptions = (_: WebSocketConstructor, headers: object | undefined): object | undefined => headers

/** Pages get no details of a handshake. */
export const onRefusal = (): void => undefined
export const handshakeOf = (): undefined => undefined

/** Pages do not close sockets over large messages. */
export const isTooLarge = (): boolean => false
