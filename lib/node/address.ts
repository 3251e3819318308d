import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as E from '#fp/Either'
import { hasMethods } from '../core/shape.js'
import { guard } from '../core/guard.js'
import { isLoopback } from './origin.js'
import { canonical } from './path.js'

/** The address of a server on this machine. */
export interface Address {
  /**
   * The URL for the option `url` of a client on this machine: `ws://127.0.0.1:7420`, `wss://…` over TLS. On a Unix
   * socket or a named pipe `ws+unix:/run/app.sock:/rooms`, for clients in Node; `''` over TLS, or where the path of the
   * socket cannot be part of a URL: clients have no URL for those.
   */
  readonly url: string
  /** The port; 0 on a Unix socket or a named pipe. */
  readonly port: number
}

/** Returns the address of a listening server. `host` is the requested host, if any. */
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

/** Replaces a wildcard, which stands for every address of the machine: clients cannot connect to it. */
const reachable = (name: string): string => (name === '0.0.0.0' ? '127.0.0.1' : name === '::' ? '::1' : name)

/** Builds a URL for `ws`, which takes the text before the colon of the path as the file, without decoding. */
const unixUrl = (file: string, place: string): string => {
  const url = `ws+unix:${file}:${place}`
  const parsed = guard(() => new URL(url).pathname.split(':')[0])
  return E.isRight(parsed) && parsed.right === file ? url : ''
}

/** Returns true where the server listens on a loopback address: only this machine can connect. */
export const isOnLoopback = (http: HttpServer): boolean => {
  const bound = http.address()
  return bound !== null && typeof bound !== 'string' && isLoopback(bound.address)
}
