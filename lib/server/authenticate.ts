import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { guard } from '../core/guard.js'
import { readLength } from '../core/redact.js'
import { isName } from '../protocol/field.js'
import { bounds } from '../protocol/frame.js'
import { isReserved } from '../protocol/reserved.js'
import type { Asker, Cancel } from './context.js'
import type { Credentials, Identity } from './options.js'
import { secretsOf } from './secrets.js'
import { rolesIn, userDataIn } from './user-data.js'

/** The identity of every client without `authenticate`. */
export const anonymous: Identity = { user: 'anonymous' }

/** Codes of a refusal after an application's answer. */
export type AuthRefusal = 'auth/rejected' | 'auth/unavailable'

/** Asks the application for the client's identity. `Left` is the refusal. */
export const authenticate = (
  { context, payer }: Asker,
  credentials: Credentials,
  then: (identity: Either<AuthRefusal, Identity>) => void,
): Cancel => {
  const hook = context.settings.authenticate
  if (!hook) {
    then(E.right(anonymous))
    return () => undefined
  }
  return context.ask(
    () => hook(credentials),
    (answer) => {
      // Reading an identity may throw.
      const read = E.isLeft(answer)
        ? answer
        : guard(() => (answer.right === null ? null : identityIn(answer.right)), readLength)
      if (E.isRight(read) && read.right === null) then(E.left('auth/rejected'))
      else if (E.isRight(read) && read.right) then(E.right(read.right))
      else {
        const message = E.isLeft(read) ? read.left : `it answered something else than an identity: ${expected}`
        context.fault({ where: 'hook', message: `authenticate: ${message}` }, () => secretsOf(credentials))
        then(E.left('auth/unavailable'))
      }
    },
    payer,
  )
}

const expected =
  'a user of 1 to 256 bytes that does not begin with @, roles as texts, expiresInMs as a number from 0, ' +
  `and data as a plain object of at most ${bounds.userDataBytes} bytes of JSON`

/** Copies an application's answer; returns `undefined` if it is no identity. Names that begin with `@` are the server's. */
const identityIn = (value: Identity): Identity | undefined => {
  const { user, roles, expiresInMs, data } = Object(value) as Partial<Record<keyof Identity, unknown>>
  if (!isName(user, bounds.userBytes) || isReserved(user)) return undefined
  if (expiresInMs !== undefined && !(typeof expiresInMs === 'number' && expiresInMs >= 0)) return undefined
  const [list, about] = [rolesIn(roles), userDataIn(data)]
  if ((roles !== undefined && !list) || (data !== undefined && !about)) return undefined
  // The protocol takes whole milliseconds; an unlimited token has no lifetime to announce.
  const isEndless = expiresInMs === undefined || expiresInMs > Number.MAX_SAFE_INTEGER
  return {
    user,
    ...(list && { roles: list }),
    ...(about && { data: about }),
    ...(!isEndless && { expiresInMs: Math.floor(expiresInMs) }),
  }
}
