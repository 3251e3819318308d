import * as E from '#fp/Either'
import { invalid } from '../core/check.js'
import { type ConfigError, excerpt } from '../core/error.js'
import { guard } from '../core/guard.js'

const secret = /[?&]([^=&]*[-_.])?(access)?(token|jwt|auth|authorization|password|secret|api[-_]?key)=/i

/** Returns the fault of a url, if it has one. The reason is told in development. */
export const urlFault = (text: unknown): ConfigError | undefined => {
  const isUrl = E.isRight(guard(() => new URL(String(text))))
  return typeof text === 'string' && isUrl && /^\s*wss?(\+unix)?:[^#]*#*$/i.test(text) && !secret.test(text)
    ? undefined
    : invalid('url', 'url', { actual: excerpt(typeof text === 'string' ? '***' : text) })
}
