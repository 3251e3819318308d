import type { IncomingMessage } from 'node:http'
import { isIPv4 } from 'node:net'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'

/** Origins of pages that may connect: those of the requested host, those of a list, or all. */
export type Origins = 'same-host' | '*' | readonly string[]

/** Returns an origin as browsers send it: scheme and host in lower case, without a default port and a slash. */
export const normalOrigin = (origin: string): string => {
  const parsed = guard(() => new URL(origin))
  if (E.isLeft(parsed) || parsed.right.origin === 'null') return origin.toLowerCase()
  return parsed.right.origin
}

/**
 * Returns true where a page may connect. Requests without an `Origin` come from programs, which can claim any origin,
 * and may connect. `isLocal`: the server listens only on the loopback, so a page with another host name got there
 * through a name server that lies.
 */
export const mayConnect = (
  { headers: { origin, host = '' } }: Pick<IncomingMessage, 'headers'>,
  origins: Origins,
  isLocal: boolean,
): boolean => {
  if (origin === undefined || origins === '*') return true
  const normal = normalOrigin(origin)
  if (origins !== 'same-host') return origins.includes(normal)
  if (isLocal && !isLoopback(nameOf(host))) return false
  const parsed = guard(() => new URL(normal))
  return E.isRight(parsed) && isSameHost(parsed.right.hostname, nameOf(host))
}

/** Ignores ports, as cookies do: a page of a development server may connect to a server beside it. */
const isSameHost = (page: string, asked: string): boolean =>
  page !== '' && (page === asked || (isLoopback(page) && isLoopback(asked)))

/** Returns the name in a `Host` header. */
export const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, '')

export const isLoopback = (name: string): boolean =>
  name === 'localhost' ||
  name.endsWith('.localhost') ||
  name === '[::1]' ||
  name === '::1' ||
  isLoopbackIPv4(name.replace(/^::ffff:/, ''))

const isLoopbackIPv4 = (name: string): boolean => isIPv4(name) && name.startsWith('127.')
