import type { IncomingMessage } from 'node:http'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'

/** Returns the path of a URL in its transmitted form: percent-encoded, with upper-case escapes and without dot segments. */
export const canonical = (path: string): string =>
  new URL(`http://x${path}`).pathname.replace(/%[\da-f]{2}/gi, (escape) => escape.toUpperCase())

/** Returns the canonical path of a request, without its query. */
export const pathOf = ({ url = '' }: IncomingMessage): string => {
  const [path = ''] = url.split('?')
  return path.startsWith('/') ? canonical(path) : path
}

/** Returns true for a possible path of a request: no query, no fragment, and no segment that a URL drops. */
export const isPath = (value: unknown): boolean => {
  if (typeof value !== 'string' || !value.startsWith('/') || /[?#\\\s]/.test(value)) return false
  const decoded = guard(() => value.split('/').map(decodeURIComponent))
  return E.isRight(decoded) && !decoded.right.some((segment) => segment === '.' || segment === '..')
}

/** Returns the encoded form of a path that lacks only percent-encoding. */
export const encodedPath = (path: unknown): string | undefined => {
  if (typeof path !== 'string' || !path.startsWith('/') || /[?#\\]/.test(path)) return undefined
  const encoded = guard(() => canonical(path))
  // Encoding drops dot segments.
  const isWhole = E.isRight(encoded) && encoded.right.split('/').length === path.split('/').length
  return isWhole && isPath(encoded.right) ? encoded.right : undefined
}
