import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { WebSocketError } from '../core/error.js'
import type { Mailbox } from '../core/mailbox.js'
import type { Gap } from '../core/position.js'
import type { Result } from '../core/result.js'
import { gapError } from './deliver.js'
import type { Message } from './message.js'
import type { RoomRecord } from './record.js'
import { type EventSelector, isSameSelector, sink as newSink, type Sink, withoutSink, withSink } from './sink.js'

/** A subscriber of a room's messages. */
export type Listener = Subscriber<Result<Message<unknown>>>

/** A subscription with a sink of its own, whose gate a strategy may set. */
export interface Subscribed {
  readonly room: RoomRecord
  readonly sink: Sink
}

/** The sinks of rooms, and their subscribers. Call in a turn. */
export interface Sinks {
  /** Adds a subscriber. With `intercept` it gets a sink of its own, before which the call may put a gate. */
  readonly add: (room: RoomRecord, wish: EventSelector, to: Listener, intercept?: (to: Subscribed) => void) => void
  readonly remove: (room: RoomRecord, to: Listener) => void
  /** Moves the subscribers of a sink without a gate to another one with the same selector, if there is one. */
  readonly merge: (room: RoomRecord, sink: Sink) => void
  readonly gap: (room: RoomRecord, missing: Gap, isFirst: boolean) => void
  readonly fail: (room: RoomRecord, because: WebSocketError) => void
  /** Completes the streams of a room. */
  readonly complete: (room: RoomRecord) => void
}

export const roomSinks = (mailbox: Pick<Mailbox, 'publish'>): Sinks => {
  const publish = (room: RoomRecord, told: (sink: Sink) => void): void => {
    if (room.sinks.length > 0)
      mailbox.publish(() => {
        // The sinks at publication: a live subscription may have got a gate meanwhile.
        for (const sink of room.sinks) told(sink)
      })
  }
  const shared = (room: RoomRecord, wish: EventSelector, but?: Sink): Sink | undefined =>
    room.sinks.find((each) => each !== but && !each.gate && isSameSelector(each.wish, wish))

  return {
    add: (room, wish, to, intercept) => {
      const known = intercept ? undefined : shared(room, wish)
      if (known) {
        known.to.add(to)
        return
      }
      const sink = newSink(wish)
      sink.to.add(to)
      room.sinks = withSink(room.sinks, sink)
      intercept?.({ room, sink })
    },
    remove: (room, to) => {
      const sink = room.sinks.find((each) => each.to.remove(to))
      if (!sink || sink.to.observed) return
      sink.gate?.close()
      sink.gate = undefined
      room.sinks = withoutSink(room.sinks, sink)
    },
    merge: (room, sink) => {
      const other = sink.gate || !room.sinks.includes(sink) ? undefined : shared(room, sink.wish, sink)
      if (!other) return
      for (const to of sink.to.clear()) other.to.add(to)
      room.sinks = withoutSink(room.sinks, sink)
    },
    gap: (room, missing, isFirst) => {
      publish(room, (sink) => {
        if (sink.gate) sink.gate.gap(missing, isFirst)
        else sink.to.next(E.left(gapError(missing)))
      })
    },
    fail: (room, because) => {
      publish(room, ({ to }) => {
        to.next(E.left(because))
      })
    },
    complete: ({ sinks }) => {
      mailbox.publish(() => {
        for (const { gate } of sinks) gate?.close()
        for (const { to } of sinks) to.complete()
      })
    },
  }
}
