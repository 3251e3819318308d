import { Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { byteCount } from '../core/bytes.js'
import { callable, type Checks, given, time } from '../core/check.js'
import type { Data, Handshake, Socket, Transport, TransportEvent } from '../core/ports.js'
import { guard } from '../core/guard.js'
import { isObject } from '../core/shape.js'
import { ABNORMAL, closed, closeReason, exceeds, TOO_LARGE, tooLarge } from './closing.js'
import { platformClass } from './platform-class.js'
import type { ErrorLike, WebSocketConstructor, WebSocketLike } from './socket-like.js'
import { handshakeOf, isTooLarge, onMessage, onRefusal, socketOptions } from './ws-details.js'

export type { WebSocketConstructor, WebSocketLike } from './socket-like.js'

/** Options of `webSocket`. */
export interface WebSocketOptions {
  /** Headers of the upgrade request. `ws` and React Native can send them; browsers cannot. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * The class of sockets. Default: `ws` in Node, else `globalThis.WebSocket`, as in browsers, workers, jsdom, Deno and
   * React Native.
   */
  readonly WebSocket?: WebSocketConstructor | undefined
  /** Ends a handshake that takes longer, in ms, with `ws`. Default: none, as the client has its own deadline. */
  readonly handshakeTimeoutMs?: number | undefined
}

/**
 * Makes a transport of real sockets: the browser's, or those of `ws` in Node.
 *
 * Texts arrive as strings, all else as `Uint8Array`. A message over the limit is dropped: the socket is `Closed` with
 * 1009. After `close` the transport emits only `Closed`, and after unsubscribing nothing; unsubscribing destroys the
 * socket if the platform can, and otherwise closes it in the background. An invalid option closes the client, and
 * without a client the socket is `Closed` with 1006.
 */
export const webSocket = (raw?: WebSocketOptions): Transport => {
  const { fault, options } = given(raw, checks)
  const faulty = (): Observable<TransportEvent> =>
    of(closed(ABNORMAL, closeReason(`${fault?.message} ${fault?.remedy}`)))
  return Object.assign(fault ? faulty : open(options), { fault })
}

const checks: Checks<keyof WebSocketOptions> = {
  headers: { expected: 'headers', is: isObject, isSecret: true },
  WebSocket: callable,
  handshakeTimeoutMs: time,
}

const open =
  ({ headers, WebSocket, handshakeTimeoutMs }: WebSocketOptions): Transport =>
  ({ url, protocols, maxMessageBytes }) =>
    new Observable((to) => {
      const last = (event: TransportEvent): void => {
        to.next(event)
        to.complete()
      }
      const end = (code: number, reason: string, handshake?: Handshake): void => {
        last(closed(code, closeReason(reason), handshake))
      }
      const constructed = construct(WebSocket, url, protocols, (of) =>
        socketOptions(of, headers && { headers }, maxMessageBytes, handshakeTimeoutMs),
      )
      if (E.isLeft(constructed)) {
        end(ABNORMAL, constructed.left)
        return
      }
      const socket = constructed.right
      let farewell = NORMAL
      let trouble = ''
      let handshake: Handshake | undefined

      const refuse = (data?: Data): void => {
        farewell = TOO_LARGE
        last(tooLarge(maxMessageBytes, data))
      }
      socket.binaryType = 'arraybuffer'
      const deafen = onMessage(socket, (raw) => {
        const data = typeof raw === 'string' ? raw : new Uint8Array(raw)
        if (exceeds(data, maxMessageBytes)) refuse(data)
        else to.next(data)
      })
      socket.onopen = () => {
        socket.onerror = failed
        to.next({ _tag: 'Opened', socket: facade(socket, deafen) })
      }
      socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) => {
        end(code, reason || trouble, handshake)
      }
      const failed = (event: ErrorLike): void => {
        if (isTooLarge(event)) refuse()
        else trouble = event.message ?? ''
      }
      socket.onerror = (event: ErrorLike) => {
        handshake = handshakeOf(event) ?? handshake
        failed(event)
      }
      onRefusal(socket, (reason, refusal) => {
        end(ABNORMAL, reason, refusal)
      })
      return () => {
        deafen()
        leave(socket, farewell)
      }
    })

const OPEN = 1
const NORMAL = 1000

/** Makes `webSocket()` if this platform has sockets. */
export const platformWebSocket = (): Transport | undefined => (platformClass() ? open({}) : undefined)

/** Constructs a socket. `Left` gives the failure without the URL, which may hold secrets. */
const construct = (
  Given: WebSocketConstructor | undefined,
  url: string,
  protocols: readonly string[],
  optionsOf: (of: WebSocketConstructor) => object | undefined,
): Either<string, WebSocketLike> => {
  const Constructor = Given ?? platformClass()
  if (!Constructor) return E.left('there is no WebSocket here: give `webSocket` a constructor')
  const options = optionsOf(Constructor)
  const constructed = guard(() =>
    options ? new Constructor(url, [...protocols], options) : new Constructor(url, [...protocols]),
  )
  return E.isRight(constructed) ? constructed : E.left(constructed.left.replaceAll(url || ' ', 'the URL'))
}

const facade = (socket: WebSocketLike, deafen: () => void): Socket => ({
  protocol: socket.protocol,
  send: (data) =>
    socket.readyState === OPEN &&
    E.isRight(
      guard(() => {
        socket.send(data as never)
      }),
    ),
  buffered: () => byteCount(socket.bufferedAmount),
  close: (code, reason) => {
    deafen()
    close(socket, code, reason)
  },
})

/** Closes a socket. Browsers accept only 1000 and 3000 to 4999: other codes become 4000 plus the code modulo 1000. */
const close = (socket: WebSocketLike, code: number, reason: string): void => {
  const text = closeReason(reason)
  const attempt = (sayable: number): Either<string, void> =>
    guard(() => {
      socket.close(sayable, text)
    })
  if (E.isLeft(attempt(code))) attempt(4_000 + (code % 1_000))
}

const leave = (socket: WebSocketLike, code: number): void => {
  socket.onopen = null
  socket.onclose = null
  // `ws` ends the process over an unhandled error, and leaving a connecting socket emits one.
  socket.onerror = ignore
  if (socket.readyState === OPEN) close(socket, code, '')
  guard(() => {
    if (socket.terminate) socket.terminate()
    else socket.close()
  })
}

const ignore = (): void => undefined
