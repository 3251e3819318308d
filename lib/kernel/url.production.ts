import * as E from '#fp/Either'
import { invalid } from '../core/check.js'
import { type ConfigError, excerpt } from '../core/error.js'
import { guard } from '../core/guard.js'

/** Returns the fault of a url that cannot work; a url that should not be written is found in development. */
export const urlFault = (text: unknown): ConfigError | undefined => {
  const isUrl = E.isRight(guard(() => new URL(String(text))))
  return typeof text === 'string' && isUrl && /^\s*wss?(\+unix)?:[^#]*#*$/i.test(text)
    ? undefined
    : invalid('url', 'url', { actual: excerpt(typeof text === 'string' ? '***' : text) })
}
