import { jwtDecode, type JwtPayload } from 'jwt-decode'
import { map } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { read, type TokenSource, type TokenValue, valuesOf } from './source.js'

/**
 * Reads the lifetime of JSON Web Tokens for their renewal: `token: tokens(jwt(() => fetchToken()))`. For servers that do not
 * say how long they accept a token; the word of the server, and then of the source, comes first. The lifetime is
 * `exp − iat`, so that a wrong clock on this machine does not matter. Other tokens pass unchanged.
 */
export const jwt =
  (source: TokenSource): TokenSource =>
  (context) =>
    valuesOf(source, context).pipe(map(withLifetime))

const withLifetime = (given: TokenValue): TokenValue => {
  const { text, expiresInMs } = read(given)
  const lifetimeMs = text === undefined || expiresInMs !== undefined ? undefined : lifetimeOf(text)
  return text === undefined || lifetimeMs === undefined ? given : { value: text, expiresInMs: lifetimeMs }
}

const lifetimeOf = (token: string): number | undefined =>
  E.match(
    () => undefined,
    ({ exp, iat }: JwtPayload) =>
      typeof exp === 'number' && typeof iat === 'number' && exp > iat ? (exp - iat) * 1_000 : undefined,
  )(guard(() => jwtDecode(token)))
