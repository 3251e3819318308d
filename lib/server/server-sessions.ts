import { AsyncSubject, of } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Checks, optionFault, thrown } from '../core/check.js'
import { connectionError, type ConfigError } from '../core/error.js'
import { guard } from '../core/guard.js'
import { limited } from '../core/limited.js'
import type { Result, ResultStream } from '../core/result.js'
import { isPlain } from '../core/plain.js'
import type { WaitOptions } from '../core/wait.js'
import { kickChecks, sessionChecks, userChangeChecks, userChecks } from './checks.js'
import type { Session, Shared } from './connections.js'
import type { UserChange } from './identity.js'
import type { Kicked, KickOptions } from './go-away.js'
import type { SessionInfo } from './session-info.js'
import { rolesIn, userDataIn } from './user-data.js'

/** A user, for all of the user's sessions, or one session of a user. */
export type SessionTarget = string | { readonly user: string; readonly session: string }

/** The sessions of the connected clients of a server. All calls act at the call, emit one result and replay it. */
export interface ServerSessions {
  /** Returns the sessions of a user, the oldest first. */
  readonly of: (user: string, options?: WaitOptions) => ResultStream<readonly SessionInfo[]>
  /**
   * Changes the roles and the data of live sessions. Clients see the change in `session$`, and the permissions in their
   * rooms follow. It holds until the client authenticates again: `authenticate` decides then, so change the
   * application's own record of the user first.
   */
  readonly update: (target: SessionTarget, change: UserChange, options?: WaitOptions) => ResultStream<Kicked>
  /**
   * Ends sessions for good, also those of clients that are offline: they hear `session/revoked` and stop. A client whose
   * user calls `connect()` afterwards authenticates for another session, so withdraw the credentials first.
   */
  readonly revoke: (target: SessionTarget, options?: KickOptions) => ResultStream<Kicked>
}

interface Target {
  readonly user: string
  readonly session: string | undefined
}

/** Reads a target once. */
const targetIn = (given: SessionTarget): Either<ConfigError, Target> => {
  if (typeof given === 'string') {
    const fault = optionFault({ user: given }, userChecks)
    return fault ? E.left(fault) : E.right({ user: given, session: undefined })
  }
  return checked(given, sessionChecks)
}

/** Copies an object and checks the copy. */
const checked = <T extends object>(given: T, checks: Checks): Either<ConfigError, T> => {
  const copied = guard(() => (isPlain(given) ? { ...given } : given))
  if (E.isLeft(copied)) return E.left(thrown(copied.left))
  const fault = optionFault(copied.right, checks)
  return fault ? E.left(fault) : E.right(copied.right)
}

export const serverSessions = ({ context, sessions, arrivals, tables, attendance }: Shared): ServerSessions => {
  const { box, time, settings } = context
  const { engine } = settings

  const found = ({ user, session }: Target): readonly Session[] =>
    [...(sessions.get(user) ?? [])].filter(({ session: id }) => session === undefined || session === id)
  const act = <T>(does: (settle: (result: Result<T>) => void) => void): ResultStream<T> => {
    const result = new AsyncSubject<Result<T>>()
    box.enter(() => {
      does((answer) => {
        result.next(answer)
        result.complete()
      })
    })
    return result.asObservable()
  }
  return {
    of: (given, options) => {
      const target = targetIn(given)
      if (E.isLeft(target)) return of(target)
      return limited({ name: 'sessions.of', options, deadlines: time }, () =>
        act((settle) => {
          const all = found(target.right).map((session) => session.info())
          settle(E.right(all.sort((a, b) => a.since - b.since)))
        }),
      )
    },
    update: (given, change, options) => {
      const target = targetIn(given)
      if (E.isLeft(target)) return of(target)
      const wish = checked(change, userChangeChecks)
      if (E.isLeft(wish)) return of(wish)
      const { user, session } = target.right
      const [roles, data] = [rolesIn(wish.right.roles), userDataIn(wish.right.data)]
      const copied: UserChange = { ...(roles && { roles }), ...(data && { data }) }
      return limited({ name: 'sessions.update', options, deadlines: time }, () =>
        act((settle) => {
          const all = found({ user, session })
          arrivals.order(user, session, copied)
          for (const each of all) each.revise(copied)
          settle(E.right({ sessions: all.length }))
        }),
      )
    },
    revoke: (given, options) => {
      const target = targetIn(given)
      if (E.isLeft(target)) return of(target)
      const { user, session } = target.right
      return limited({ name: 'sessions.revoke', options, checks: kickChecks, deadlines: time }, () =>
        act((settle) => {
          const all = found({ user, session })
          arrivals.order(user, session, 'revoked')
          for (const each of all) each.end('session/revoked', options?.message)
          // A client whose connection is lost has no session here, but others see its memberships.
          tables?.end({ user, session }, 'left')
          attendance?.end({ user, session }, 'left')
          const done = E.right({ sessions: all.length })
          if (!engine.revoke) settle(done)
          else
            context.engine(
              () => engine.revoke?.(user, session) ?? of(E.right(undefined)),
              (answer) => {
                settle(E.isLeft(answer) ? E.left(notRevoked(answer.left)) : done)
              },
            )
        }),
      )
    },
  }
}

const notRevoked = (said: string) =>
  connectionError({
    code: 'server/unavailable',
    message: `The connections were ended, but the engine did not record it: ${said}`,
    remedy: 'Revoke again: until then a client that was offline may continue its session.',
    kind: 'retry',
  })
