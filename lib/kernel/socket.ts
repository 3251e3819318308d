import { defer, Observable } from 'rxjs'
import * as E from '#fp/Either'
import { closed } from '../connection/close-code.js'
import { handshakeFailed } from '../connection/handshake.js'
import { type Link, link as linkOver } from '../connection/link.js'
import type { Input } from '../connection/model.js'
import { byteCount, isBytes } from '../core/bytes.js'
import { configError, connectionError, type WebSocketError } from '../core/error.js'
import { guard, thrownText } from '../core/guard.js'
import type { Data, Socket, TransportEvent } from '../core/ports.js'
import { readLength, type Redactor } from '../core/redact.js'
import { clientJson } from '../protocol/client-json.js'
import type { KernelConfig } from './config.js'
import { urlFault } from './url.js'
import { told } from '#texts'

/** Callbacks for a socket's events. */
export interface SocketEvents {
  readonly opened: (link: Link) => void
  readonly received: (link: Link, data: Data) => void
  /** The socket closed; `isOwn`: this side closed it over a too large message. Returns the expected end, if there is one. */
  readonly closed: (link: Link | undefined, code: number, isOwn: boolean) => Input | undefined
}

type Config = Pick<KernelConfig, 'url' | 'transport' | 'messageBytes' | 'scheduler' | 'wall'>

type Closed = Extract<TransportEvent, { readonly _tag: 'Closed' }>

/** Opens sockets by number; the only place that opens them. Every input carries the number. */
export const sockets =
  (config: Config, events: SocketEvents, secrets: Redactor) =>
  (generation: number): Observable<Input> => {
    const lost = (because: WebSocketError): Input => ({ _tag: 'Lost', generation, because })
    const open = (url: string): Observable<TransportEvent> =>
      defer(() => config.transport({ url, protocols: [clientJson.subprotocol], maxMessageBytes: config.messageBytes }))

    return new Observable<Input>((to) => {
      const url = addressOf(config.url, secrets)
      if (E.isLeft(url)) {
        to.next(lost(url.left))
        return undefined
      }
      let link: Link | undefined
      const heard = (event: TransportEvent): void => {
        if (typeof event === 'string' || isBytes(event)) {
          if (link) events.received(link, event)
        } else if (event._tag === 'Closed') {
          to.next(events.closed(link, event.code, event.own === true) ?? lost(lossOf(event, url.right)))
        } else if (event.socket.protocol === clientJson.subprotocol) {
          link = linkOver(generation, writable(event.socket), clientJson, config.scheduler.now())
          events.opened(link)
          to.next({ _tag: 'Opened', generation })
        } else to.next(lost(stranger(secrets.hide(event.socket.protocol))))
      }
      const lossOf = ({ code, reason, handshake }: Closed, address: string): WebSocketError => {
        const shown = secrets.hide(reason)
        const failed = handshake && { ...handshake, url: address, reason: shown, now: config.wall() }
        return (failed && handshakeFailed(failed)) ?? closed(code, shown)
      }
      const gone = (reason: string): void => {
        heard({ _tag: 'Closed', code: 1006, reason })
      }
      /** Treats a socket that throws on write as closed. */
      const writable = (socket: Socket): Socket => ({
        protocol: socket.protocol,
        buffered: () => byteCount(socket.buffered()),
        close: (code, reason) => {
          socket.close(code, reason)
        },
        send: (data) => {
          const sent = guard(() => socket.send(data), readLength)
          if (E.isLeft(sent)) gone(`writing failed: ${sent.left}`)
          return E.isRight(sent) && sent.right
        },
      })
      return open(url.right).subscribe({
        next: (event) => {
          const taken = guard(() => {
            heard(event)
          }, readLength)
          if (E.isLeft(taken)) gone(`the transport says nonsense: ${taken.left}`)
        },
        error: (thrown: unknown) => {
          gone(thrownText(thrown, readLength))
        },
        complete: () => {
          gone('')
        },
      })
    })
  }

const addressOf = (url: Config['url'], secrets: Redactor): E.Either<WebSocketError, string> => {
  const given = typeof url === 'string' ? E.right(url) : guard(url, readLength)
  if (E.isLeft(given)) return E.left(addressFailed(secrets.hide(given.left).slice(0, 200)))
  const fault = urlFault(given.right)
  if (fault) return E.left(fault)
  for (const secret of secretsOf(given.right)) secrets.note(secret, 'url')
  return given
}

/** The user and the values of a URL, both raw and decoded. Short ones are plain words. */
const secretsOf = (url: string): readonly string[] =>
  [...url.matchAll(/\/\/([^/?#]*)@|[?&][^=&#]*=([^&#]+)/g)]
    .flatMap(([, user = '', value = '']) => [value, ...user.split(':')])
    .flatMap((text) => [text, E.getOrElse(() => text)(guard(() => decodeURIComponent(text)))])
    .filter(({ length }) => length > 3)

const addressFailed = (said: string): WebSocketError =>
  configError({ ...told('config/url-failed', { said }), kind: 'retry', option: 'url' })

const stranger = (protocol: string): WebSocketError =>
  connectionError({
    ...told('protocol/unsupported', { protocol: protocol.slice(0, 64), own: clientJson.subprotocol }),
    kind: 'terminal',
  })
