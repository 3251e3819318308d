import type { Handshake } from '../core/ports.js'
import { onMessage as onMessageEvent } from './message-event.js'
import type { ErrorLike, WebSocketConstructor, WebSocketLike } from './socket-like.js'

/** The response to a handshake, in Node's form. */
interface HandshakeResponse {
  readonly statusCode?: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** A socket of `ws`: emits `unexpected-response` if the response to the handshake is not a WebSocket upgrade. */
interface WsSocket extends WebSocketLike {
  on?(event: 'unexpected-response', listener: (request: unknown, response: HandshakeResponse) => void): unknown
  on?(event: 'message', listener: WsListener): unknown
  off?(event: 'message', listener: WsListener): unknown
}

/** Gets binary data in the form of `binaryType`, and a text as its bytes. */
type WsListener = (data: unknown, isBinary: boolean) => void

/** A `Buffer`. */
interface TextBytes {
  readonly toString: (encoding: 'utf8') => string
}

/** True for the class of `ws`, which has a method beyond the standard. */
export const isWs = (made: WebSocketConstructor | null): boolean =>
  typeof (made?.prototype as Partial<WebSocketLike> | undefined)?.terminate === 'function'

/** The options of a socket: those of `ws` for its class alone, as React Native warns of unknown ones. */
export const socketOptions = (
  of: WebSocketConstructor,
  headers: object | undefined,
  maxPayload: number,
  handshakeTimeout: number | undefined,
): object | undefined =>
  isWs(of)
    ? { maxPayload, perMessageDeflate: false, ...(handshakeTimeout !== undefined && { handshakeTimeout }), ...headers }
    : headers

/**
 * Calls back for each message until the returned function is called. `ws` makes an event object for `onmessage`, which
 * takes 0.4 µs; its own events have none.
 */
export const onMessage = (socket: WsSocket, taken: (data: string | ArrayBuffer) => void): (() => void) => {
  if (!socket.on) return onMessageEvent(socket, taken)
  const heard: WsListener = (data, isBinary) => {
    taken(isBinary ? (data as ArrayBuffer) : (data as TextBytes).toString('utf8'))
  }
  socket.on('message', heard)
  return () => {
    socket.off?.('message', heard)
  }
}

/** Calls back if a server answers the handshake with something else than an upgrade. */
export const onRefusal = (socket: WsSocket, refused: (reason: string, handshake: Handshake) => void): void => {
  socket.on?.('unexpected-response', (_, { statusCode, headers }) => {
    const { 'retry-after': retryAfter, date } = headers
    refused(`Unexpected server response: ${statusCode}`, {
      ...(statusCode !== undefined && { status: statusCode }),
      ...(typeof retryAfter === 'string' && { retryAfter }),
      ...(typeof date === 'string' && { date }),
    })
  })
}

/** The detail of an error before the socket is open, if the platform gives one. */
export const handshakeOf = ({ error }: ErrorLike): Handshake | undefined =>
  typeof error?.code === 'string' ? { errno: error.code } : undefined

/** True for the error of a message above the limit. `ws` closes such a socket itself. */
export const isTooLarge = ({ error }: ErrorLike): boolean => error?.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
