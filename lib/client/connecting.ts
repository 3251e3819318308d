import { map, of, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import { type Checks, given, withMethods } from '../core/check.js'
import { connectionError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import { type AbortSignalLike, waitChecks, type WaitOptions } from '../core/wait.js'
import { closedByUser, type Kernel } from '../kernel/kernel.js'
import type { Session } from '../kernel/session.js'
import type { RoomInfo } from '../rooms/membership.js'
import { start } from './action.js'
import { cut, decided, rethrow } from './deciding.js'
import { told } from '#texts'

/** Options of `connect`. All are optional. */
export interface ConnectOptions extends WaitOptions {
  /** A room to join as well. */
  readonly room?: Joinable | undefined
}

/** A room handle with any contract. */
export interface Joinable {
  readonly join: (options?: { readonly signal?: AbortSignalLike | undefined }) => ResultStream<RoomInfo>
}

export const connectChecks: Checks<keyof ConnectOptions> = {
  ...waitChecks,
  room: /*#__PURE__*/ withMethods('room', 'join'),
}

const disconnected = connectionError({ ...told('connection/disconnected'), kind: 'terminal' })

/** The calls that begin and end a connection. */
export interface Connecting {
  readonly connect: (options?: ConnectOptions | null) => ResultStream<Session>
  readonly disconnect: (options?: WaitOptions | null) => ResultStream<void>
}

export const connecting = (kernel: Kernel): Connecting => {
  const { send, session } = kernel
  const online = (wait?: ConnectOptions | null): ResultStream<Session> =>
    decided(kernel, wait, {
      checks: connectChecks,
      begin: () => {
        send({ _tag: 'Connect' })
      },
      decide: (now) => {
        const current = session.value()
        if (now._tag === 'Online' && current._tag === 'Active') {
          const { _tag, ...active } = current
          return E.right(active)
        }
        if (now._tag === 'Stopped') return E.left(now.because)
        if (now._tag === 'Closed') return E.left(now.because ?? closedByUser)
        return now._tag === 'Idle' ? E.left(disconnected) : undefined
      },
    })
  const withRoom = ({ join }: Joinable, wait: ConnectOptions | null | undefined): ResultStream<Session> =>
    start<Session>(kernel, wait, {
      aborted: cut.aborted,
      checks: connectChecks,
      begin: (settle, { signal }) => {
        const waiting = online()
          .pipe(
            switchMap((active) =>
              E.isLeft(active)
                ? of(active)
                : join({ signal }).pipe(map((joined) => (E.isLeft(joined) ? joined : active))),
            ),
          )
          .subscribe({ next: settle, error: rethrow })
        return (cause) => {
          waiting.unsubscribe()
          return cut[cause]()
        }
      },
    })
  return {
    connect: (wait) => {
      const { room } = given(wait, connectChecks).options
      return room ? withRoom(room, wait) : online(wait)
    },
    disconnect: (wait) =>
      decided<undefined>(kernel, wait, {
        begin: () => {
          send({ _tag: 'Disconnect' })
        },
        decide: (now) => (now._tag === 'Idle' || now._tag === 'Closed' ? E.right(undefined) : undefined),
      }),
  }
}
