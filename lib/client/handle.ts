import * as E from '#fp/Either'
import type { Observable } from 'rxjs'
import type { AnyContract } from '../contract/contract.js'
import type { Checks } from '../core/check.js'
import { dispose } from '../core/disposable.js'
import type { ResultStream } from '../core/result.js'
import { Stream } from '../core/stream.js'
import { waitChecks, type WaitOptions } from '../core/wait.js'
import { aborted, joinOverdue } from '../rooms/error.js'
import type { Membership, RoomInfo } from '../rooms/membership.js'
import type { RoomRecord } from '../rooms/record.js'
import { start } from './action.js'
import { everyEvent, listen, oneEvent } from './listening.js'
import type { Parts } from './parts.js'
import { port, type RoomPort } from './port.js'
import type { Outgoing, SendOptions } from './outgoing.js'
import type { JoinOptions, OnOptions, Room } from './room.js'
import { admissionCheck } from './strategy.js'
import { contractFault, nameFault } from './validate.js'
import { featured } from './with.js'

/** Makes a handle on a room: its own hold, the shared record. */
export const handle = <C extends AnyContract>(name: string, contract: C, parts: Parts): Room<C> => {
  const at: RoomPort = { parts, name, contract, fault: nameFault(name) ?? contractFault(contract) }
  const { join, leave } = holding(at)

  const sendAs =
    (isPosted: boolean) =>
    (event: string, data?: unknown, options?: SendOptions | null): Outgoing =>
      parts.sending.send(isPosted, at, event, data, options)
  const members = {
    name,
    on: (event: string, options?: OnOptions | null) => listen(at, oneEvent(contract, event), options),
    messages: (options?: OnOptions | null) => listen(at, everyEvent(contract), options),
    membership$: membershipOf(at),
    join,
    leave,
    send: sendAs(false),
    post: sendAs(true),
    [dispose]: () => {
      void leave()
    },
    [port]: () => at,
  }
  return featured(members) as unknown as Room<C>
}

const joinChecks: Checks<keyof JoinOptions> = {
  ...waitChecks,
  by: admissionCheck,
}

/** The one hold of a handle. */
const holding = (at: RoomPort) => {
  const { kernel, rooms } = at.parts
  let held: RoomRecord | undefined
  /** Joins of this handle that were not aborted. */
  let joins = 0

  const letGo = (): void => {
    if (held) rooms.members.release(held)
    held = undefined
    joins = 0
  }
  const join = (options?: JoinOptions | null): ResultStream<RoomInfo> => {
    let room: RoomRecord | undefined
    return start<RoomInfo, JoinOptions>(kernel, options, {
      checks: joinChecks,
      withinMs: ({ by }) => (by?.isPatient ? Infinity : kernel.config.deadlines.joinMs),
      cut: (cause, withinMs) => {
        if (cause === 'timeout') return joinOverdue(at.name, withinMs)
        // All joins of this handle share one hold.
        if (room && held === room && --joins === 0) letGo()
        return aborted(at.name)
      },
      begin: (settle, { by }) => {
        const wrong = at.parts.over() ?? at.fault
        if (wrong) {
          settle(E.left(wrong))
          return undefined
        }
        const asked = held ?? rooms.interest.of(at.name)
        rooms.members.join(asked, by?.begin(at.parts) ?? {}, settle)
        if (!held) rooms.interest.hold(asked)
        room = held = asked
        joins++
        return () => asked.extras?.waiters?.delete(settle)
      },
    })
  }
  const leave = (wait?: WaitOptions | null): ResultStream<{ readonly stillHeldBy: number }> =>
    start(kernel, wait, {
      cut: () => aborted(at.name),
      begin: (settle) => {
        const room = held ?? rooms.interest.known(at.name)
        letGo()
        settle(E.right({ stillHeldBy: room?.holds ?? 0 }))
      },
    })
  return { join, leave }
}

const membershipOf = (at: RoomPort): Observable<Membership> => {
  const { rooms } = at.parts
  return new Stream<Membership>(at.parts.kernel.diagnostics.threw, (to) => {
    const error = at.fault ?? at.parts.over()
    if (error) {
      to.next({ _tag: 'Refused', error })
      to.complete()
      return undefined
    }
    const room = rooms.interest.of(at.name)
    to.add(rooms.members.watch(room).changes$.subscribe(to))
    return () => {
      at.parts.kernel.turns.command(() => {
        rooms.members.unwatch(room)
      })
    }
  })
}
