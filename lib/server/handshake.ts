import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { PeerSocket } from '../core/ports.js'
import { ASKS, CALLS, type Hello, type Refusal, SIGNALS, TABLES, type Welcome } from '../protocol/frame.js'
import type { Arrivals } from './arrivals.js'
import type { Asker, Cancel } from './context.js'
import type { Granted } from './engine.js'
import type { Credentials, Identity, Settings } from './options.js'
import { closeCodes, refusal, type CloseCode, type RefusalCode } from './refusal.js'
import { authenticate } from './authenticate.js'

/** An admitted client and its session. */
export interface Guest {
  readonly identity: Identity
  readonly granted: Granted
  /** The start of the session, on the wall clock. */
  readonly since: number
}

/** The reason for turning a client away. */
export interface Rejection {
  readonly refusal: Refusal
  readonly closeCode: CloseCode
}

/** Returns the facts about a client that are known before the token check. */
export const credentialsOf = ({ address, request }: PeerSocket, instance: string): Omit<Credentials, 'token'> => ({
  instance,
  ...(address !== undefined && { address }),
  ...(request !== undefined && { request }),
})

/** Authenticates a client that says hello and claims its session. Calls `then` at most once, never after a cancel. */
export const greet = (
  { context, payer }: Asker,
  arrivals: Arrivals,
  { session, token }: Hello,
  credentials: Omit<Credentials, 'token'>,
  then: (answer: Either<Rejection, Guest>) => void,
): Cancel => {
  const { engine, wall } = context.settings
  const claim = (identity: Identity): Cancel => {
    const arrival = arrivals.expect(identity)
    const stop = context.engine(
      () => engine.claim({ ...session, user: identity.user }),
      (answer) => {
        arrival.cancel()
        if (E.isLeft(answer)) {
          context.fault({ where: 'engine', message: answer.left, user: identity.user }, () => [session.resume, token])
          then(E.left(rejections['server/unavailable']))
        } else if (answer.right._tag === 'Superseded') then(E.left(rejections['session/superseded']))
        else if (answer.right._tag === 'Revoked') then(E.left(rejections['session/revoked']))
        else {
          const granted = answer.right
          const present = arrival.arrive(granted.session)
          if (present) then(E.right({ identity: present, granted, since: granted.since ?? wall() }))
          else then(E.left(rejections['session/revoked']))
        }
      },
      payer,
    )
    return () => {
      arrival.cancel()
      stop()
    }
  }
  let cancel: Cancel | undefined
  const known = token === undefined ? credentials : { ...credentials, token }
  const asked = authenticate({ context, payer }, known, (answer) => {
    if (E.isLeft(answer)) then(E.left(rejections[answer.left]))
    else cancel = claim(answer.right)
  })
  return () => {
    asked()
    cancel?.()
  }
}

const rejection = (code: RefusalCode, closeCode: CloseCode): Rejection => ({ refusal: refusal(code), closeCode })

const rejections = {
  'auth/rejected': rejection('auth/rejected', closeCodes.auth),
  'auth/unavailable': rejection('auth/unavailable', closeCodes.busy),
  'server/unavailable': rejection('server/unavailable', closeCodes.busy),
  'session/superseded': rejection('session/superseded', closeCodes.superseded),
  'session/revoked': rejection('session/revoked', closeCodes.forbidden),
} as const

/** Builds the welcome frame for a guest. */
export const welcome = (
  { identity, granted, since }: Guest,
  { heartbeat, limits, engine, calls }: Settings,
): Welcome => {
  const { user, roles = [], data, expiresInMs } = identity
  const { session: id, resume, expiresInMs: sessionExpiresInMs, resumed } = granted
  const answer: Welcome = {
    t: 'welcome',
    can: ['seen', 'history', SIGNALS, ...(engine.tables ? [TABLES, ASKS] : []), ...(calls ? [CALLS] : [])],
    session: { id, resume, expiresInMs: sessionExpiresInMs },
    user,
    roles,
    ...(data && { data }),
    // Of a continued session whose engine keeps no start, the start is unknown.
    ...(resumed && granted.since === undefined ? {} : { since }),
    resumed,
    heartbeat,
    limits,
    durability: engine.durability,
  }
  const lanes = engine.lanes?.(user)
  return {
    ...answer,
    ...(expiresInMs === undefined ? {} : { tokenExpiresInMs: expiresInMs }),
    ...(lanes === undefined ? {} : { lanes }),
    ...(calls && engine.tables && engine.calls && { commands: engine.calls.name }),
  }
}
