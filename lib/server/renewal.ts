import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Deadline } from '../core/deadlines.js'
import { guard } from '../core/guard.js'
import { readLength } from '../core/redact.js'
import { isName } from '../protocol/field.js'
import { type Auth, bounds } from '../protocol/frame.js'
import type { Cancel, Context } from './context.js'
import type { Credentials, Identity } from './options.js'
import type { Meter } from './meter.js'
import { refusal, type RefusalCode } from './refusal.js'
import { isReserved } from './permissions.js'
import { secretsOf } from './secrets.js'
import type { Writer } from './writer.js'

/** The identity of every client without `authenticate`. */
export const anonymous: Identity = { user: 'anonymous' }

/** Codes of a refusal after an application's answer. */
export type AuthRefusal = 'auth/rejected' | 'auth/unavailable'

/** Asks the application for the client's identity. `Left` is the refusal. */
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
  )
}

const expected =
  'a user of 1 to 256 bytes that does not begin with @, roles as texts, and expiresInMs as a number from 0'

/** Copies an application's answer; returns `undefined` if it is no identity. Names that begin with `@` are the server's. */
const identityIn = (value: Identity): Identity | undefined => {
  const { user, roles, expiresInMs } = Object(value) as Partial<Record<keyof Identity, unknown>>
  if (!isName(user, bounds.userBytes) || isReserved(user)) return undefined
  if (expiresInMs !== undefined && !(typeof expiresInMs === 'number' && expiresInMs >= 0)) return undefined
  const list = roles === undefined ? undefined : rolesIn(roles)
  if (roles !== undefined && !list) return undefined
  // The protocol takes whole milliseconds; an unlimited token has no lifetime to announce.
  const isEndless = expiresInMs === undefined || expiresInMs > Number.MAX_SAFE_INTEGER
  return { user, ...(list && { roles: list }), ...(!isEndless && { expiresInMs: Math.floor(expiresInMs) }) }
}

const rolesIn = (value: unknown): readonly string[] | undefined => {
  const roles: readonly unknown[] = Array.isArray(value) ? [...(value as readonly unknown[])] : [undefined]
  return roles.every((role): role is string => typeof role === 'string') ? roles : undefined
}

/** The lifetime of one session's token, and its renewal on the open connection. */
export interface Renewal {
  readonly auth: (frame: Auth) => void
  /** Returns true during a token check. */
  readonly isPending: () => boolean
  readonly close: () => void
}

/** Dependencies and callbacks of a renewal. */
export interface RenewalParts {
  readonly identity: Identity
  readonly credentials: Omit<Credentials, 'token'>
  readonly writer: Writer
  readonly budget: Meter
  readonly renewed: (identity: Identity) => void
  readonly expired: () => void
}

export const renewal = (context: Context, parts: RenewalParts): Renewal => {
  const { writer, identity } = parts
  let expiry: Deadline | undefined
  let pending: { readonly ref: number; cancel: Cancel } | undefined

  const refuse = (ref: number, code: RefusalCode, more: { readonly retryAfterMs?: number } = {}): void => {
    parts.budget.refused(code)
    writer.control({ t: 'refused', ref, ...refusal(code, more) })
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
      const retryAfterMs = parts.budget.user().take('renewals')
      if (retryAfterMs > 0) {
        refuse(ref, 'auth/rate', { retryAfterMs })
        return
      }
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
