import { jwtDecode, type JwtPayload } from 'jwt-decode'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'

/**
 * Returns the lifetime of a JSON Web Token at its issue, in ms: `exp − iat`, so that a wrong clock on this machine does
 * not matter. `undefined` for anything else.
 */
export const lifetimeOf = (token: string): number | undefined =>
  E.match(
    () => undefined,
    ({ exp, iat }: JwtPayload) =>
      typeof exp === 'number' && typeof iat === 'number' && exp > iat ? (exp - iat) * 1_000 : undefined,
  )(guard(() => jwtDecode(token)))
