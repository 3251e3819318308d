import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { hasMethods } from '../core/shape.js'
import { destroyWithin, refuse } from './refuse.js'

/** A socket of Node's HTTP server refers to its current response. */
interface Answering {
  readonly _httpMessage?: ServerResponse | null
}

/**
 * Returns a request with an ignored upgrade to the HTTP server, which reads it again without the upgrade: with its
 * body, and with the later requests on the same connection.
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

/** Ends a request that arrived before the answer to an earlier one: Node no longer watches that answer. */
const endAfter = (current: ServerResponse, raw: Duplex): void => {
  destroyWithin(raw)
  current.once('close', () => {
    raw.destroy()
  })
}

/** Node's default maximum number of headers per request. */
const mostHeaders = 1_000

/** Returns true where Node dropped headers, so that the end of the body is unknown. */
const isCut = ({ maxHeadersCount }: HttpServer, { rawHeaders }: IncomingMessage): boolean => {
  const most = maxHeadersCount ?? mostHeaders
  return most > 0 && rawHeaders.length >= 2 * most
}

/** Headers of one connection that belong to the upgrade. */
const upgrading: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

/** Returns the head of a request as received, without the upgrade. */
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
