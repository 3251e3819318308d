import { defer, Observable } from 'rxjs'
import * as E from '#fp/Either'
import { lossOf } from '../connection/handshake.js'
import { type Link, link as linkOver } from '../connection/link.js'
import type { Input } from '../connection/model.js'
import { byteCount, isBytes } from '../core/bytes.js'
import { configError, connectionError, type WebSocketError } from '../core/error.js'
import { guard, thrownText } from '../core/guard.js'
import type { Data, Socket, TransportEvent } from '../core/ports.js'
import { readLength, type Redactor } from '../core/redact.js'
import type { Open, Url } from './addresses.js'
import type { Kernel } from './kernel.js'
import type { LinkOwner } from './present-link.js'
import { urlFault } from './url.js'
import { told } from '#texts'

/** Opens sockets; the only place that opens them. */
export const sockets =
  (
    kernel: Kernel,
    present: LinkOwner,
    read: (link: Link, data: Data) => void,
    expected: (generation: number) => Input | undefined,
  ): Open =>
  (generation, address) =>
    new Observable<Input>((to) => {
      const { secrets } = kernel.diagnostics
      const { codec } = kernel.config
      let link: Link | undefined
      const lost = (because: WebSocketError): void => {
        to.next({ _tag: 'Lost', generation, because })
      }
      const url = addressOf(address, secrets)
      if (E.isLeft(url)) {
        lost(url.left)
        return undefined
      }
      const gone = (reason: string): void => {
        changed({ _tag: 'Closed', code: 1006, reason })
      }
      const open = (socket: Socket): void => {
        const send = (data: Data): boolean => {
          const sent = guard(() => socket.send(data), readLength)
          if (E.isLeft(sent)) gone(`writing failed: ${sent.left}`)
          return E.isRight(sent) && sent.right
        }
        const buffered = (): number => byteCount(socket.buffered())
        link = linkOver(generation, { send, buffered }, codec, kernel.deadlines.now())
        present.opened(link)
        to.next({ _tag: 'Opened', generation })
      }
      const changed = (event: Exclude<TransportEvent, Data>): void => {
        if (event._tag === 'Closed') {
          if (link) present.closed(link, event.code, event.own === true)
          const end = expected(generation)
          if (end) to.next(end)
          else lost(lossOf({ ...event, reason: secrets.hide(event.reason) }, url.right, kernel.config.wall()))
        } else if (event.socket.protocol === codec.subprotocol) open(event.socket)
        else lost(stranger(secrets.hide(event.socket.protocol), codec.subprotocol))
      }
      const request = {
        url: url.right,
        protocols: [codec.subprotocol],
        maxMessageBytes: kernel.config.messageBytes,
      }
      return defer(() => kernel.config.transport(request)).subscribe({
        next: (event) => {
          if (typeof event === 'string' || isBytes(event)) {
            const from = link
            if (from)
              kernel.turns.command(() => {
                read(from, event)
              })
            return
          }
          const taken = guard(() => {
            changed(event)
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

const addressOf = (url: Url, secrets: Redactor): E.Either<WebSocketError, string> => {
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

const stranger = (protocol: string, own: string): WebSocketError =>
  connectionError({
    ...told('protocol/unsupported', { protocol: protocol.slice(0, 64), own }),
    kind: 'terminal',
  })
