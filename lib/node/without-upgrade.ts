import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { hasMethods } from '../core/check.js'
import { destroyWithin, refuse } from './refuse.js'

/** A socket of Node's HTTP server knows the response that is written to it. */
interface Answering {
  readonly _httpMessage?: ServerResponse | null
}

/**
 * Gives a request with an upgrade that is ignored back to the HTTP server, which reads it again without the upgrade: with its
 * body, and with what follows on the same connection.
 */
export const readWithoutUpgrade = (http: HttpServer, request: IncomingMessage, raw: Duplex, head: Buffer): void => {
  const { _httpMessage: current } = raw as Answering
  if (current) endAfter(current, raw)
  else if (http.listenerCount('request') === 0) refuse(raw, '400 Bad Request', 'This protocol is not spoken here.')
  else if (isCut(http, request)) refuse(raw, '431 Request Header Fields Too Large', 'Too many headers.')
  else {
    raw.unshift(Buffer.concat([Buffer.from(headWithoutUpgrade(request), 'latin1'), head]))
    http.emit(hasMethods(http, 'setSecureContext') ? 'secureConnection' : 'connection', raw)
  }
}

/** A request that was sent before the answer to an earlier one was written: Node does not watch over that answer any more. */
const endAfter = (current: ServerResponse, raw: Duplex): void => {
  destroyWithin(raw)
  current.once('close', () => {
    raw.destroy()
  })
}

/** How many headers Node keeps of a request unless told otherwise. */
const mostHeaders = 1_000

/** Without the headers that Node dropped nobody knows where the body ends. */
const isCut = ({ maxHeadersCount }: HttpServer, { rawHeaders }: IncomingMessage): boolean => {
  const most = maxHeadersCount ?? mostHeaders
  return most > 0 && rawHeaders.length >= 2 * most
}

/** Headers of one connection that belong to the upgrade. */
const upgrading: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

/** The head of a request as it came, but for the upgrade. */
const headWithoutUpgrade = ({ method = 'GET', url = '/', httpVersion, rawHeaders }: IncomingMessage): string => {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const value = valueWithoutUpgrade(name.toLowerCase(), (rawHeaders[at + 1] ?? '').replace(/[\r\n]+/g, ' '))
    if (value !== undefined) lines.push(`${name}: ${value}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

const valueWithoutUpgrade = (name: string, value: string): string | undefined => {
  if (upgrading.has(name)) return undefined
  if (name !== 'connection') return value
  const kept = value.split(',').filter((token) => !upgrading.has(token.trim().toLowerCase()))
  return kept.length === 0 ? undefined : kept.join(',').trim()
}
