import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { Fanout } from '../../core/fanout.js'
import { frozen } from '../../core/frozen.js'
import type { Result } from '../../core/result.js'
import type { Signalled } from '../../protocol/frame.js'
import { unreadable } from '../../rooms/error.js'
import type { RoomRecord } from '../../rooms/record.js'
import type { Parts } from '../../client/parts.js'
import type { Extension } from '../../kernel/extension.js'
import type { Codec } from '../../protocol/codec.js'
import { isSameSelector, type EventSelector } from '../../rooms/sink.js'

/** A signal in the listeners' form: it has no place in the room's log, and is never delivered later. */
export interface Signal<T> {
  readonly room: string
  readonly event: string
  readonly from: { readonly user: string; readonly session: string }
  readonly data: T
}

/** The listeners of a client's signals. Call in a turn. */
export interface SignalExtension extends Extension {
  readonly add: (room: RoomRecord, wish: EventSelector, to: Subscriber<Result<Signal<unknown>>>) => void
  readonly remove: (room: RoomRecord, wish: EventSelector, to: Subscriber<Result<Signal<unknown>>>) => void
}

type Listeners = Map<EventSelector, Fanout<Result<Signal<unknown>>>>

/** Returns the registered equivalent of a selector, or the selector itself. */
const keyOf = (listeners: Listeners, wish: EventSelector): EventSelector => {
  for (const known of listeners.keys()) if (isSameSelector(known, wish)) return known
  return wish
}

export const listeners = ({ kernel, rooms }: Parts): SignalExtension => {
  const { turns, diagnostics } = kernel
  const all = new Map<RoomRecord, Listeners>()

  /** Notifies the listeners in a room; decodes once per distinct selector. */
  const take = (room: RoomRecord, [, , event, raw, [user, session]]: Signalled, payload: Codec['payload']): void => {
    const known = all.get(room)
    const shared = known !== undefined && known.size > 1
    for (const [wish, to] of known ?? []) {
      const decode = wish(event)
      if (!decode) continue
      const data = decode(payload(raw))
      const signal = E.isLeft(data)
        ? E.left(unreadable(room.name, event, data.left))
        : E.right({ room: room.name, event, from: { user, session }, data: data.right })
      to.next(shared || to.shared ? frozen(signal) : signal)
    }
  }
  return {
    add: (room, wish, to) => {
      const known: Listeners = all.get(room) ?? new Map<EventSelector, Fanout<Result<Signal<unknown>>>>()
      const key = keyOf(known, wish)
      const fanout = known.get(key) ?? new Fanout()
      all.set(room, known.set(key, fanout))
      fanout.add(to)
    },
    remove: (room, wish, to) => {
      const known = all.get(room)
      if (!known) return
      const key = keyOf(known, wish)
      const fanout = known.get(key)
      fanout?.remove(to)
      if (!fanout?.observed) known.delete(key)
      if (known.size === 0) all.delete(room)
    },
    frames: {
      s: (frame, link) => {
        const room = rooms.joins.at(frame[1])
        if (room) take(room, frame, link.codec.payload)
        else diagnostics.counters.stale++
      },
    },
    close: () => {
      turns.publish(() => {
        for (const known of [...all.values()]) for (const to of [...known.values()]) to.complete()
      })
    },
  }
}
