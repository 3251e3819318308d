import * as E from '#fp/Either'
import type { Observable } from 'rxjs'
import { encoderOf } from '../contract/compile.js'
import type { AnyContract } from '../contract/contract.js'
import type { Position } from '../core/position.js'
import type { ResultStream } from '../core/result.js'
import { type Report, Stream } from '../core/stream.js'
import type { WaitOptions } from '../core/wait.js'
import { aborted, joinOverdue } from '../rooms/error.js'
import { given } from '../core/check.js'
import { type Membership, out, type RoomInfo } from '../rooms/membership.js'
import type { RoomRecord } from '../rooms/record.js'
import { start } from './action.js'
import { commitOf } from './commit.js'
import { contractFault, joinChecks, nameFault, passwordFault, roomChecks, sendChecks } from './validate.js'
import { historyOf } from './history.js'
import { dispose } from '../core/disposable.js'
import { type Entrance, everyEvent, listen, oneEvent, type Shared } from './listening.js'
import type { HistoryOptions, JoinOptions, OnOptions, Placed, Room, RoomOptions, SendOptions } from './room.js'
import { listenToSignals, signal } from './signalling.js'
import { reportThrow } from './kernel.js'

/** Makes a handle on a room: its own hold, the shared record. */
export const handle = <C extends AnyContract>(
  name: string,
  contract: C,
  shared: Shared,
  options?: RoomOptions | null,
): Room<C> => {
  const { kernel, sending } = shared
  const { turns, rooms, config } = kernel
  const report: Report = reportThrow(kernel)
  const commit = commitOf(shared)
  const { fault: misfit, options: { cache = 0 } } = given(options, roomChecks) // prettier-ignore
  const fault = nameFault(name) ?? contractFault(contract) ?? misfit
  const entrance: Entrance = { fault, cache }
  let held: RoomRecord | undefined
  /** Joins of this handle that were not aborted. */
  let joins = 0

  const address = (event: string, raw?: SendOptions | null) => {
    const encode = encoderOf(contract, event)
    if (!raw) return { room: name, event, encode, misfit: fault }
    const { fault: misfit, options } = given(raw, sendChecks)
    return { room: name, event, encode, misfit: fault ?? misfit, options }
  }

  const join = (options?: JoinOptions | null) =>
    start<RoomInfo, JoinOptions>(kernel, options, {
      checks: joinChecks,
      withinMs: config.deadlines.joinMs,
      aborted: () => aborted(name),
      begin: (settle, { mustExist, password, withinMs = 0 }) => {
        const over = shared.over() ?? fault ?? passwordFault(password)
        if (over) {
          settle(E.left(over))
          return undefined
        }
        const room = held ?? rooms.interest.of(name)
        const ask = {
          ...(mustExist === undefined ? {} : { mustExist }),
          ...(password === undefined ? {} : { password }),
        }
        rooms.join(room, ask, settle)
        if (!held) rooms.interest.hold(room)
        if (cache > 0) rooms.keep(room, cache)
        held = room
        joins++
        return (cause) => {
          room.extras?.waiters?.delete(settle)
          if (cause === 'timeout') return joinOverdue(name, withinMs)
          // All joins of this handle share one hold.
          if (held === room && --joins === 0) letGo()
          return aborted(name)
        }
      },
    })
  const letGo = (): void => {
    if (held) rooms.release(held)
    held = undefined
    joins = 0
  }

  const leave = (wait?: WaitOptions | null): ResultStream<{ readonly stillHeldBy: number }> =>
    start(kernel, wait, {
      aborted: () => aborted(name),
      begin: (settle) => {
        const room = held ?? rooms.interest.known(name)
        letGo()
        settle(E.right({ stillHeldBy: room?.holds ?? 0 }))
        return undefined
      },
    })

  const membership$ = new Stream<Membership>(report, (to) => {
    if (fault || shared.over()) {
      const error = fault ?? shared.over()
      to.next(error ? { _tag: 'Refused', error } : out)
      to.complete()
      return undefined
    }
    const room = rooms.interest.of(name)
    to.add(rooms.watch(room).changes$.subscribe(to))
    return () => {
      turns.command(() => {
        rooms.unwatch(room)
      })
    }
  })

  const made = {
    name,
    on: (event: string, options?: OnOptions | null) =>
      listen(shared, name, oneEvent(contract, event), options, entrance),
    messages: (options?: OnOptions | null) => listen(shared, name, everyEvent(contract), options, entrance),
    history: (options?: HistoryOptions | null) => historyOf(shared, name, contract, options, fault),
    membership$: membership$ as Observable<Membership>,
    join,
    leave,
    commit: (of: Position | Placed, wait?: WaitOptions | null) => commit(of, wait, name, fault),
    [dispose]: () => {
      void leave()
    },
    send: (event: string, data?: unknown, options?: SendOptions | null) => sending.send(address(event, options), data),
    post: (event: string, data?: unknown, options?: SendOptions | null) => sending.post(address(event, options), data),
    signal: (event: string, data?: unknown) => signal(shared, address(event), data),
    signals: (event: string) => listenToSignals(shared, name, oneEvent(contract, event), fault),
  }
  return Object.freeze(made) as unknown as Room<C>
}
