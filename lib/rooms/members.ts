import * as E from '#fp/Either'
import { type Cell, cell } from '../core/cell.js'
import type { WebSocketError } from '../core/error.js'
import type { Mailbox } from '../core/mailbox.js'
import type { Result } from '../core/result.js'
import { released } from './error.js'
import type { Interest } from './interest.js'
import type { Joins } from './joins.js'
import type { Membership, RoomInfo } from './membership.js'
import { extrasOf, type JoinAsk, membershipOf, type RoomRecord, waitersOf } from './record.js'

/** The memberships of a client, and the calls that wait for them. Call in a turn. */
export interface Members {
  /** Joins a room and answers once; a room that is in already answers at once. */
  readonly join: (room: RoomRecord, ask: JoinAsk, answered: (to: Result<RoomInfo>) => void) => void
  /** Gives one hold back. */
  readonly release: (room: RoomRecord) => void
  readonly watch: (room: RoomRecord) => Cell<Membership>
  readonly unwatch: (room: RoomRecord) => void
  /** Retries refused rooms with a new token. */
  readonly again: () => void
}

/** The part of the memberships that the rooms themselves use. */
export interface MembersOwner extends Members {
  /** Shows the membership of a room. */
  readonly changed: (room: RoomRecord) => void
  /** The connection has stopped: answers waiting joins, and shows the reason in held rooms; `undefined`: it goes on. */
  readonly halt: (because: WebSocketError | undefined) => void
  /** The client is closed. */
  readonly close: (because: WebSocketError) => void
}

export const members = (mailbox: Mailbox, interest: Interest, joins: Pick<Joins, 'want' | 'again'>): MembersOwner => {
  let halted: WebSocketError | undefined

  const changed = (room: RoomRecord): void => {
    room.extras?.membership?.set(membershipOf(room, halted))
  }
  const answer = (room: RoomRecord, because: WebSocketError): void => {
    for (const answered of waitersOf(room)) answered(E.left(because))
  }
  const answerAll = (because: WebSocketError): void => {
    for (const room of interest.all()) answer(room, because)
  }
  return {
    changed,
    join: (room, ask, answered) => {
      const details = extrasOf(room)
      const { mustExist: _once, ...kept } = details.ask ?? {}
      details.ask = { ...kept, ...ask }
      if (room.granted) {
        answered(E.right(room.granted))
        return
      }
      if (halted) answered(E.left(halted))
      else (details.waiters ??= new Set()).add(answered)
      joins.want(room)
    },
    release: (room) => {
      interest.release(room)
      if (room.holds === 0) answer(room, released(room.name))
    },
    watch: (room) => {
      const details = extrasOf(room)
      details.watchers++
      return (details.membership ??= cell(membershipOf(room, halted), mailbox))
    },
    unwatch: (room) => {
      const details = extrasOf(room)
      details.watchers--
      if (details.watchers === 0) details.membership = undefined
      interest.forget(room)
    },
    again: () => {
      joins.again(interest.all())
    },
    halt: (because) => {
      if (because === halted) return
      halted = because
      for (const room of interest.all()) changed(room)
      if (because) answerAll(because)
    },
    close: (because) => {
      answerAll(because)
      for (const { extras } of interest.all()) {
        extras?.membership?.set({ _tag: 'Refused', error: because })
        extras?.membership?.complete()
      }
    },
  }
}
