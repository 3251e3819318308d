import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Deadline } from '../core/deadlines.js'
import { hiding } from '../core/secret.js'
import { isName } from '../protocol/field.js'
import { type Auth, bounds } from '../protocol/frame.js'
import type { Cancel, Context } from './context.js'
import type { Credentials, Identity } from './options.js'
import { refusal, type RefusalCode } from './refusal.js'
import type { Writer } from './writer.js'

/** The identity of everybody where no `authenticate` was given. */
export const anonymous: Identity = { user: 'anonymous' }

/** What an application's answer can be refused with. */
export type AuthRefusal = 'auth/rejected' | 'auth/unavailable'

/** Asks the application who this is. `Left` is the refusal. */
export const authenticate = (
  context: Context,
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
      if (E.isRight(answer) && answer.right === null) then(E.left('auth/rejected'))
      else if (E.isRight(answer) && isIdentity(answer.right)) then(E.right(whole(answer.right)))
      else {
        const message = E.isLeft(answer) ? answer.left : 'it answered something else than an identity'
        context.fault({ where: 'hook', message: `authenticate: ${hiding(message, credentials.token)}` })
        then(E.left('auth/unavailable'))
      }
    },
  )
}

const isIdentity = (value: Identity | null): value is Identity => {
  if (typeof value !== 'object' || value === null) return false
  const { user, roles, expiresInMs } = value as Partial<Record<keyof Identity, unknown>>
  return (
    isName(user, bounds.userBytes) &&
    (roles === undefined || (Array.isArray(roles) && roles.every((role) => typeof role === 'string'))) &&
    (expiresInMs === undefined || (typeof expiresInMs === 'number' && expiresInMs >= 0))
  )
}

/** The wire takes whole milliseconds; a token that never ends has no lifetime to tell. */
const whole = ({ expiresInMs, ...rest }: Identity): Identity =>
  expiresInMs === undefined || expiresInMs > Number.MAX_SAFE_INTEGER
    ? rest
    : { ...rest, expiresInMs: Math.floor(expiresInMs) }

/** The lifetime of one session's token, and its renewal on the live link. */
export interface Renewal {
  readonly auth: (frame: Auth) => void
  /** Whether a token is being checked. */
  readonly isPending: () => boolean
  readonly close: () => void
}

/** What a renewal tells. */
export interface RenewalParts {
  readonly identity: Identity
  readonly credentials: Omit<Credentials, 'token'>
  readonly writer: Writer
  readonly renewed: (identity: Identity) => void
  readonly expired: () => void
}

export const renewal = (context: Context, parts: RenewalParts): Renewal => {
  const { writer, identity } = parts
  let expiry: Deadline | undefined
  let pending: { readonly ref: number; cancel: Cancel } | undefined

  const refuse = (ref: number, code: RefusalCode): void => {
    context.count.refusals++
    writer.control({ t: 'refused', ref, ...refusal(code) })
  }
  const arm = ({ expiresInMs }: Identity): void => {
    expiry?.cancel()
    expiry = expiresInMs === undefined ? undefined : context.time.after(expiresInMs, parts.expired)
  }
  const settle = (ref: number, answer: Either<AuthRefusal, Identity>): void => {
    pending = undefined
    if (E.isLeft(answer)) refuse(ref, answer.left)
    else if (answer.right.user !== identity.user) refuse(ref, 'auth/subject')
    else {
      const { expiresInMs } = answer.right
      arm(answer.right)
      writer.control(expiresInMs === undefined ? { t: 'auth.ok', ref } : { t: 'auth.ok', ref, expiresInMs })
      parts.renewed(answer.right)
    }
  }
  arm(identity)

  return {
    auth: ({ ref, token }) => {
      if (pending) {
        pending.cancel()
        refuse(pending.ref, 'auth/superseded')
      }
      const asked = { ref, cancel: (): void => undefined }
      pending = asked
      asked.cancel = authenticate(context, { ...parts.credentials, token }, (answer) => {
        settle(ref, answer)
      })
    },
    isPending: () => pending !== undefined,
    close: () => {
      expiry?.cancel()
      pending?.cancel()
    },
  }
}
