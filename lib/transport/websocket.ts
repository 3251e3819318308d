import Isomorphic from 'isomorphic-ws'
import { Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { byteCount } from '../core/bytes.js'
import { callable, type Checks, given, time } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import type { Data, Handshake, Socket, Transport, TransportEvent } from '../core/ports.js'
import { guard } from '../core/guard.js'
import { ABNORMAL, closed, closeReason, exceeds, TOO_LARGE, tooLarge } from './closing.js'

/** A WebSocket as far as it is used here. Browsers, `ws` and undici have it. */
export interface WebSocketLike {
  readonly readyState: number
  readonly protocol: string
  /** 0 where the platform does not say, as in React Native. */
  readonly bufferedAmount?: number | undefined
  binaryType: string
  onopen: unknown
  onmessage: unknown
  onclose: unknown
  onerror: unknown
  /** Takes texts and bytes; platforms differ in what else. */
  send(data: never): void
  close(code?: number, reason?: string): void
  terminate?(): void
  /** `ws` only: emits `unexpected-response` where the answer to the handshake is another than a WebSocket. */
  on?(event: 'unexpected-response', listener: (request: unknown, response: HandshakeResponse) => void): unknown
}

/** The answer to a handshake, as Node has it. */
interface HandshakeResponse {
  readonly statusCode?: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** The class of such sockets; one that does not know the third argument ignores it. */
export type WebSocketConstructor = new (url: string, protocols: string[], options?: object) => WebSocketLike

/** What `webSocket` can be told. */
export interface WebSocketOptions {
  /** Sent with the upgrade request. `ws` and React Native can; browsers cannot. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default: `ws` in Node, else `globalThis.WebSocket`, as in browsers, workers, jsdom, Deno and React Native. */
  readonly WebSocket?: WebSocketConstructor | undefined
  /** Ends a handshake that takes longer, in `ws`. Default: none, for the client has its own deadline. */
  readonly handshakeTimeoutMs?: number | undefined
}

/**
 * Real sockets: the browser's, or those of `ws` in Node.
 *
 * Texts arrive as strings, all else as `Uint8Array`. A message over the limit is not heard: the socket is `Closed` with
 * 1009. After `close` only `Closed` is heard, and after unsubscribing nothing; a socket that is unsubscribed is destroyed
 * where the platform can, and is closed behind the scenes where it cannot. With an invalid option the client is closed
 * with it, and whoever opens a socket without a client gets `Closed` with 1006.
 */
export const webSocket = (raw?: WebSocketOptions): Transport => {
  const { fault, options } = given(raw, checks)
  return Object.assign(open(options, fault), { fault })
}

const checks: Checks<keyof WebSocketOptions> = {
  headers: { expected: 'an object of headers', is: (value) => typeof value === 'object' && value !== null },
  WebSocket: callable,
  handshakeTimeoutMs: time,
}

const open =
  ({ headers, WebSocket, handshakeTimeoutMs }: WebSocketOptions, fault: ConfigError | undefined): Transport =>
  ({ url, protocols, maxMessageBytes }) =>
    new Observable((to) => {
      const last = (event: TransportEvent): void => {
        to.next(event)
        to.complete()
      }
      const end = (code: number, reason: string, handshake?: Handshake): void => {
        last(closed(code, closeReason(reason), handshake))
      }
      if (fault) {
        end(ABNORMAL, `${fault.message} ${fault.remedy}`)
        return
      }
      const constructed = construct(WebSocket, url, protocols, headers && { headers }, {
        maxPayload: maxMessageBytes,
        perMessageDeflate: false,
        ...(handshakeTimeoutMs !== undefined && { handshakeTimeout: handshakeTimeoutMs }),
      })
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
      socket.onopen = () => {
        socket.onerror = failed
        to.next({ _tag: 'Opened', socket: facade(socket) })
      }
      socket.onmessage = ({ data: raw }: { readonly data: string | ArrayBuffer }) => {
        const data = typeof raw === 'string' ? raw : new Uint8Array(raw)
        if (exceeds(data, maxMessageBytes)) refuse(data)
        else to.next(data)
      }
      socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) => {
        end(code, reason || trouble, handshake)
      }
      const failed = ({ error, message = '' }: ErrorLike): void => {
        if (error?.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') refuse()
        else trouble = message
      }
      socket.onerror = (event: ErrorLike) => {
        if (typeof event.error?.code === 'string') handshake = { errno: event.error.code }
        failed(event)
      }
      socket.on?.('unexpected-response', (_, response) => {
        end(ABNORMAL, `Unexpected server response: ${response.statusCode}`, answerOf(response))
      })
      return () => {
        leave(socket, farewell)
      }
    })

const answerOf = ({ statusCode, headers }: HandshakeResponse): Handshake => {
  const { 'retry-after': retryAfter, date } = headers
  return {
    ...(statusCode !== undefined && { status: statusCode }),
    ...(typeof retryAfter === 'string' && { retryAfter }),
    ...(typeof date === 'string' && { date }),
  }
}

const OPEN = 1
const NORMAL = 1000

/** What an error event holds: nothing in browsers, what happened in `ws`. `Closed` follows in both. */
interface ErrorLike {
  readonly error?: { readonly code?: unknown }
  readonly message?: string
}

/** The class of `ws` has what the standard does not know. */
const isWs = (made: WebSocketConstructor | null): boolean =>
  typeof (made?.prototype as Partial<WebSocketLike> | undefined)?.terminate === 'function'

/**
 * `ws` where it can be had. In jest with jsdom, `ws` is a stub that throws, and jsdom has sockets of its own. Null where there
 * are none.
 */
const platform = (): WebSocketConstructor | null => {
  const given = Isomorphic as WebSocketConstructor | null
  const { WebSocket } = globalThis as { readonly WebSocket?: WebSocketConstructor }
  return isWs(given) ? given : (WebSocket ?? given)
}

/** `webSocket()` where this platform has sockets. */
export const platformWebSocket = (): Transport | undefined => (platform() ? webSocket() : undefined)

/** `Left` says why there is no socket, without the URL, which may hold secrets. */
const construct = (
  Given: WebSocketConstructor | undefined,
  url: string,
  protocols: readonly string[],
  headers: object | undefined,
  ofWs: object,
): Either<string, WebSocketLike> => {
  const Constructor = Given ?? platform()
  if (!Constructor) return E.left('there is no WebSocket here: give `webSocket` a constructor')
  // React Native warns of options that it does not know.
  const options = isWs(Constructor) ? { ...ofWs, ...headers } : headers
  const constructed = guard(() =>
    options ? new Constructor(url, [...protocols], options) : new Constructor(url, [...protocols]),
  )
  return E.isRight(constructed) ? constructed : E.left(constructed.left.replaceAll(url || ' ', 'the URL'))
}

const facade = (socket: WebSocketLike): Socket => ({
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
    socket.onmessage = null
    close(socket, code, reason)
  },
})

/** Browsers say 1000 and 3000 to 4999 only: the others are told as 4000 and what follows the thousand. */
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
  socket.onmessage = null
  socket.onclose = null
  // `ws` ends the process over an error that nobody listens to, and leaving a socket that is connecting is one.
  socket.onerror = ignore
  if (socket.readyState === OPEN) close(socket, code, '')
  guard(() => {
    if (socket.terminate) socket.terminate()
    else socket.close()
  })
}

const ignore = (): void => undefined
