import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Deadline } from '../core/deadlines.js'
import type { Auth } from '../protocol/frame.js'
import { authenticate, type AuthRefusal } from './authenticate.js'
import type { Cancel } from './context.js'
import type { Identity } from './options.js'
import { refusal, type RefusalCode } from './refusal.js'
import { refuseFrame } from './refuse-frame.js'
import type { SessionRecord } from './session-record.js'

/** The lifetime of one session's token, and its renewal on the open connection. */
export interface Renewal {
  readonly auth: (frame: Auth) => void
  /** Returns true during a token check. */
  readonly isPending: () => boolean
  readonly close: () => void
}

export const renewal = (session: SessionRecord, identity: Identity): Renewal => {
  const { writer, meter, connection, shared } = session
  const { context } = shared
  let expiry: Deadline | undefined
  let pending: { readonly ref: number; cancel: Cancel } | undefined

  const refuse = (ref: number, code: RefusalCode, more: { readonly retryAfterMs?: number } = {}): void => {
    refuseFrame(session, ref, refusal(code, more))
  }
  const expire = (): void => {
    connection.endSession('auth/expired')
  }
  const arm = ({ expiresInMs }: Identity): void => {
    expiry?.cancel()
    expiry = expiresInMs === undefined ? undefined : context.time.after(expiresInMs, expire)
  }
  const settle = (ref: number, answer: Either<AuthRefusal, Identity>): void => {
    pending = undefined
    if (E.isLeft(answer)) refuse(ref, answer.left)
    else if (answer.right.user !== identity.user) refuse(ref, 'auth/subject')
    else {
      const { expiresInMs } = answer.right
      arm(answer.right)
      writer.control(expiresInMs === undefined ? { t: 'auth.ok', ref } : { t: 'auth.ok', ref, expiresInMs })
      session.renewed(answer.right)
    }
  }
  arm(identity)

  return {
    auth: ({ ref, token }) => {
      const retryAfterMs = meter.user().take('renewals')
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
      asked.cancel = authenticate(
        { context, payer: meter },
        { ...connection.credentials(session.instance), token },
        (answer) => {
          settle(ref, answer)
        },
      )
    },
    isPending: () => pending !== undefined,
    close: () => {
      expiry?.cancel()
      pending?.cancel()
    },
  }
}
