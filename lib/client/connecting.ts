import { map, Observable, of, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import type { ConnectionState } from '../connection/model.js'
import { type Checks, withMethods } from '../core/check.js'
import { connectionError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { unhandled } from '../core/stream.js'
import { type AbortSignalLike, waitChecks, type WaitOptions } from '../core/wait.js'
import { closedByUser, type Kernel } from '../kernel/kernel.js'
import type { Session } from '../kernel/session.js'
import type { RoomInfo } from '../rooms/membership.js'
import { start } from './action.js'
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

const connectChecks: Checks<keyof ConnectOptions> = {
  ...waitChecks,
  room: /*#__PURE__*/ withMethods('room', 'join'),
}

const disconnected = connectionError({ ...told('connection/disconnected'), kind: 'terminal' })

/** Emits the result of the first state that has one, after the routed work. Subscribe in a turn. */
export const decided = <T>(
  { turns, state }: Kernel,
  decide: (state: ConnectionState) => Result<T> | undefined,
): ResultStream<T> =>
  new Observable((to) => {
    turns.route(() => {
      to.add(
        state.watch((now) => {
          const result = decide(now)
          if (!result) return
          to.next(result)
          to.complete()
        }),
      )
    })
  })

/** The calls that begin and end a connection. */
export interface Connecting {
  readonly connect: (options?: ConnectOptions | null) => ResultStream<Session>
  readonly disconnect: (options?: WaitOptions | null) => ResultStream<void>
}

export const connecting = (kernel: Kernel): Connecting => {
  const online$ = decided<Session>(kernel, (now) => {
    const current = kernel.session.value()
    if (now._tag === 'Online' && current._tag === 'Active') {
      const { _tag, ...active } = current
      return E.right(active)
    }
    if (now._tag === 'Stopped') return E.left(now.because)
    if (now._tag === 'Closed') return E.left(now.because ?? closedByUser)
    return now._tag === 'Idle' ? E.left(disconnected) : undefined
  })
  const offline$ = decided<undefined>(kernel, ({ _tag }) =>
    _tag === 'Idle' || _tag === 'Closed' ? E.right(undefined) : undefined,
  )
  return {
    connect: (options) =>
      start<Session, ConnectOptions>(kernel, options, {
        checks: connectChecks,
        begin: (settle, { room, signal }) => {
          kernel.send({ _tag: 'Connect' })
          const both$ = switchMap((active: Result<Session>) =>
            room && E.isRight(active)
              ? room.join({ signal }).pipe(map((joined) => (E.isLeft(joined) ? joined : active)))
              : of(active),
          )
          return online$.pipe(both$).subscribe({ next: settle, error: unhandled })
        },
      }),
    disconnect: (options) =>
      start(kernel, options, {
        begin: (settle) => {
          kernel.send({ _tag: 'Disconnect' })
          return offline$.subscribe({ next: settle, error: unhandled })
        },
      }),
  }
}
