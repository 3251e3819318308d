import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as E from '#fp/Either'
import { hasMethods } from '../core/check.js'
import { guard } from '../core/guard.js'
import { isLoopback } from './origin.js'
import { canonical } from './path.js'

/** Where a server can be reached from this machine. */
export interface Address {
  /**
   * For the option `url` of a client on this machine: `ws://127.0.0.1:7420`, `wss://…` over TLS. On a Unix socket or a named
   * pipe `ws+unix:/run/app.sock:/rooms`, for clients in Node; `''` over TLS, or where the path of
   * the socket cannot be part of a URL: clients have none for those.
   */
  readonly url: string
  /** 0 where it listens on a Unix socket or a named pipe. */
  readonly port: number
}

/** The address of a server that listens. `host` is the host that was asked for, if any. */
export const addressOf = (http: HttpServer, host: string | undefined, path: string | undefined): Address => {
  const isSecure = hasMethods(http, 'setSecureContext')
  const place = path === undefined ? '' : canonical(path)
  const address = http.address() as AddressInfo | string
  if (typeof address === 'string') return { url: isSecure ? '' : unixUrl(address, place || '/'), port: 0 }
  const name = reachable(host === undefined || isWildcard(host) ? address.address : host)
  const scheme = isSecure ? 'wss' : 'ws'
  return { url: `${scheme}://${name.includes(':') ? `[${name}]` : name}:${address.port}${place}`, port: address.port }
}

const isWildcard = (host: string): boolean => host === '' || reachable(host) !== host

/** Nobody can connect to a wildcard: it stands for every address of the machine. */
const reachable = (name: string): string => (name === '0.0.0.0' ? '127.0.0.1' : name === '::' ? '::1' : name)

/** `ws` takes what is before the colon of the path as the file, as it stands. */
const unixUrl = (file: string, place: string): string => {
  const url = `ws+unix:${file}:${place}`
  const parsed = guard(() => new URL(url).pathname.split(':')[0])
  return E.isRight(parsed) && parsed.right === file ? url : ''
}

/** Only this machine can connect to the server, by an address of the loopback. */
export const isOnLoopback = (http: HttpServer): boolean => {
  const bound = http.address()
  return bound !== null && typeof bound !== 'string' && isLoopback(bound.address)
}
