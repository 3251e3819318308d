import * as E from '#fp/Either'
import { AsyncSubject, type Observable } from 'rxjs'
import { encoderOf } from '../contract/compile.js'
import type { AnyContract } from '../contract/contract.js'
import type { Result, ResultStream } from '../core/result.js'
import { type Report, stream, Stream } from '../core/stream.js'
import { joinOverdue } from '../rooms/error.js'
import { type Membership, out, type RoomInfo } from '../rooms/membership.js'
import type { RoomRecord } from '../rooms/record.js'
import { cacheMisfit, joinMisfit, nameFault, withinMisfit } from './fit.js'
import { historyOf } from './history.js'
import { dispose } from './disposable.js'
import { answer, everyEvent, listen, oneEvent, type Shared } from './listening.js'
import type { HistoryOptions, JoinOptions, OnOptions, Room, RoomOptions, SendOptions } from './room.js'
import { listenToSignals, signal } from './signalling.js'
import { blame } from './wire.js'

/** A handle on a room: its own hold, the shared record. */
export const handle = <C extends AnyContract>(
  name: string,
  contract: C,
  shared: Shared,
  { cache = 0 }: RoomOptions = {},
): Room<C> => {
  const { wired, sending } = shared
  const { turns, rooms, config, deadlines } = wired
  const report: Report = blame(wired)
  const fault = nameFault(name) ?? cacheMisfit(cache)
  let held: RoomRecord | undefined

  const address = (event: string, options?: SendOptions) => ({
    room: name,
    event,
    encode: encoderOf(contract, event),
    withinMs: options?.withinMs,
    misfit: fault ?? withinMisfit(options?.withinMs),
  })

  const join = ({ mustExist, password }: JoinOptions = {}): ResultStream<RoomInfo> => {
    const ask: JoinOptions = {
      ...(mustExist === undefined ? {} : { mustExist }),
      ...(password === undefined ? {} : { password }),
    }
    return new Stream(report, (to) => {
      turns.command(() => {
        if (to.closed) return
        const told = (result: Result<RoomInfo>): void => {
          turns.publish(() => {
            answer(to, result)
          })
        }
        const over = shared.over() ?? fault ?? joinMisfit(name, { ask })
        if (over) {
          told(E.left(over))
          return
        }
        const room = held ?? rooms.interest.of(name)
        const { joinMs } = config.deadlines
        const overdue = deadlines.after(joinMs, () => {
          turns.enter(() => {
            told(E.left(joinOverdue(name, joinMs)))
          })
        })
        to.add(() => {
          overdue.cancel()
          room.more?.waiters?.delete(told)
        })
        rooms.join(room, ask, told)
        if (!held) rooms.interest.hold(room)
        if (cache > 0) rooms.keep(room, cache)
        held = room
      })
    })
  }

  const leave = (): ResultStream<{ readonly stillHeldBy: number }> => {
    const result$ = new AsyncSubject<Result<{ readonly stillHeldBy: number }>>()
    turns.command(() => {
      const room = held ?? rooms.interest.known(name)
      if (held) rooms.release(held)
      held = undefined
      const stillHeldBy = room?.holds ?? 0
      turns.publish(() => {
        result$.next(E.right({ stillHeldBy }))
        result$.complete()
      })
    })
    return stream(report, result$)
  }

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
    on: (event: string, options?: OnOptions) => listen(shared, name, oneEvent(contract, event), options, cache),
    messages: (options?: OnOptions) => listen(shared, name, everyEvent(contract), options, cache),
    history: (options: HistoryOptions) => historyOf(shared, name, contract, options),
    membership$: membership$ as Observable<Membership>,
    join,
    leave,
    [dispose]: () => {
      void leave()
    },
    send: (event: string, data?: unknown, options?: SendOptions) => sending.send(address(event, options), data),
    post: (event: string, data?: unknown) => sending.post(address(event), data),
    signal: (event: string, data?: unknown) => signal(shared, address(event), data),
    signals: (event: string) => listenToSignals(shared, name, oneEvent(contract, event)),
  }
  return Object.freeze(made) as unknown as Room<C>
}
