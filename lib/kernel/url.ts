import * as E from '#fp/Either'
import { invalid } from '../core/check.js'
import { type ConfigError, excerpt } from '../core/error.js'
import { guard } from '../core/guard.js'
import { maskUrls } from '../core/redact.js'

/** Returns the fault of a url, if it has one. */
export const urlFault = (text: unknown): ConfigError | undefined => {
  const parsed = guard(() => new URL(String(text)))
  if (typeof text !== 'string' || E.isLeft(parsed)) return invalid('url', 'url', { actual: excerpt(shown(text)) })
  const { protocol, hasFragment, parameters } = partsOf(text)
  // `ws` accepts the last one, for Unix sockets and named pipes.
  if (!['ws:', 'wss:', 'ws+unix:'].includes(protocol)) return invalid('url', 'url-scheme', { scheme: protocol })
  if (hasFragment) return invalid('url', 'url-fragment')
  for (const name of parameters) {
    if (/(^|[-_.])(access)?(token|jwt|auth|authorization|password|secret|api[-_]?key)$/i.test(name))
      return invalid('url', 'url-secret', { name })
  }
  return undefined
}

/** The parts of a URL to check, read from its text: older React Natives have a `URL` whose getters throw. */
const partsOf = (url: string) => {
  const [address = '', ...fragments] = url.split('#')
  const names = address
    .split('?')
    .slice(1)
    .join('?')
    .split('&')
    .map((pair) => pair.split('=')[0] ?? '')
  return {
    protocol: address
      .slice(0, address.indexOf(':') + 1)
      .trim()
      .toLowerCase(),
    hasFragment: fragments.some((text) => text !== ''),
    parameters: names.map((name) => E.getOrElse(() => name)(guard(() => decodeURIComponent(name)))),
  }
}

/** Hides possible secrets: the user, the values, and texts too long for a word. */
const shown = (url: unknown): unknown =>
  typeof url === 'string'
    ? maskUrls(url.slice(0, 2_048).replace(/^([^/@]*\/\/)?[^]*@/, '$1***@')).replace(/[\w~+-]{24,}|\?[^=]+$/g, '***')
    : url
