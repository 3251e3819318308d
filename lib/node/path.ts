import type { IncomingMessage } from 'node:http'

/** The path of a URL as it travels: percent-encoded, with upper-case escapes and without dot segments. */
export const canonical = (path: string): string =>
  // Two leading slashes would begin a host.
  new URL(`http://x${path.startsWith('/') ? '' : '/'}${path}`).pathname.replace(/%[\da-f]{2}/gi, (escape) =>
    escape.toUpperCase(),
  )

/** The canonical path of a request, without its query. */
export const pathOf = ({ url = '' }: IncomingMessage): string => {
  const [path = ''] = url.split('?')
  return path.startsWith('/') ? canonical(path) : path
}
