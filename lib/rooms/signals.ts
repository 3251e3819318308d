import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { Fanout } from '../core/fanout.js'
import { frozen } from '../core/frozen.js'
import type { Result } from '../core/result.js'
import type { Signalled } from '../protocol/frame.js'
import { unreadable } from './error.js'
import type { RoomRecord } from './record.js'
import { isSameSelector, type EventSelector } from './sink.js'

/** A signal in the listeners' form: it has no place in the room's log, and is never delivered later. */
export interface Signal<T> {
  readonly room: string
  readonly event: string
  readonly from: { readonly user: string; readonly session: string }
  readonly data: T
}

/** The listeners of signals. Call in a turn. */
export interface Signals {
  readonly add: (room: RoomRecord, wish: EventSelector, to: Subscriber<Result<Signal<unknown>>>) => void
  readonly remove: (room: RoomRecord, wish: EventSelector, to: Subscriber<Result<Signal<unknown>>>) => void
  /** Notifies the listeners in that room; decodes once per distinct selector. */
  readonly take: (room: RoomRecord, frame: Signalled, payload: (raw: unknown) => unknown) => void
  readonly close: () => void
}

type Ears = Map<EventSelector, Fanout<Result<Signal<unknown>>>>

/** Returns the registered equivalent of a selector, or the selector itself. */
const keyOf = (ears: Ears, wish: EventSelector): EventSelector => {
  for (const known of ears.keys()) if (isSameSelector(known, wish)) return known
  return wish
}

export const signals = (publish: (task: () => void) => void): Signals => {
  const rooms = new Map<RoomRecord, Ears>()
  return {
    add: (room, wish, to) => {
      const ears: Ears = rooms.get(room) ?? new Map<EventSelector, Fanout<Result<Signal<unknown>>>>()
      const heard = keyOf(ears, wish)
      const fanout = ears.get(heard) ?? new Fanout()
      rooms.set(room, ears.set(heard, fanout))
      fanout.add(to)
    },
    remove: (room, wish, to) => {
      const ears = rooms.get(room)
      if (!ears) return
      const heard = keyOf(ears, wish)
      const fanout = ears.get(heard)
      fanout?.remove(to)
      if (!fanout?.observed) ears.delete(heard)
      if (ears.size === 0) rooms.delete(room)
    },
    take: (room, [, , event, raw, [user, session]], payload) => {
      const ears = rooms.get(room)
      const shared = ears !== undefined && ears.size > 1
      for (const [wish, to] of ears ?? []) {
        const decode = wish(event)
        if (!decode) continue
        const data = decode(payload(raw))
        const signal = E.isLeft(data)
          ? E.left(unreadable(room.name, event, data.left))
          : E.right({ room: room.name, event, from: { user, session }, data: data.right })
        to.next(shared || to.shared ? frozen(signal) : signal)
      }
    },
    close: () => {
      publish(() => {
        for (const ears of [...rooms.values()]) for (const to of [...ears.values()]) to.complete()
      })
    },
  }
}
