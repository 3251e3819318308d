import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { WebSocketError } from '../core/error.js'
import type { Mailbox } from '../core/mailbox.js'
import type { Positions } from '../core/ports.js'
import type { Gap } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { From, Joined } from '../protocol/frame.js'
import { type CatchUp, catchUp, type CatchUpNeeds } from './catch-up.js'
import { holed, offer } from './deliver.js'
import type { Message } from './message.js'
import type { Policy } from './policy.js'
import { positionOf, type RoomRecord } from './record.js'
import {
  type Gate,
  isSameWish,
  isService,
  service,
  sink as newSink,
  type Sink,
  type Wish,
  withoutSink,
  withSink,
} from './sink.js'

/** Who is told of a room's messages. */
export type Listener = Subscriber<Result<Message<unknown>>>

/** What a subscription asks for beyond what comes next. */
export interface Special {
  readonly start?: From | 'stored'
  readonly policy?: Policy
}

/** Subscribers of rooms: each gets what it asked for, then what comes next. To be called in a turn. */
export interface Subscribers {
  readonly add: (room: RoomRecord, wish: Wish, to: Listener, special?: Special) => void
  readonly remove: (room: RoomRecord, to: Listener) => void
  /** Where all that wait for the room's first join want to begin, if that is one place. */
  readonly start: (room: RoomRecord) => From | undefined
  /** The first join of a room was answered; it asked for `start`. */
  readonly seated: (room: RoomRecord, answer: Joined, start: From | undefined) => void
  readonly gap: (room: RoomRecord, missing: Gap, isFirst: boolean) => void
  readonly fail: (room: RoomRecord, because: WebSocketError) => void
  /** All but those behind gates have what comes up to the room's position: it may come again. */
  readonly repeat: (room: RoomRecord) => void
}

export interface SubscribersNeeds extends CatchUpNeeds {
  readonly mailbox: Pick<Mailbox, 'publish' | 'route'>
  readonly positions: Positions
  readonly policed: (room: RoomRecord, sink: Sink, policy: Policy) => Gate
}

/** A subscription that is not yet abreast of its room. */
interface Waiting {
  readonly gate: CatchUp
  readonly start: () => From | undefined
}

export const subscribers = (needs: SubscribersNeeds): Subscribers => {
  const { mailbox, positions } = needs
  const waiting = new Map<Sink, Waiting>()
  /** Those that consume a room from where they were, and are abreast of it. */
  const recorded = new Set<Listener>()
  /** What notes how far rooms have got that are consumed from where they were. */
  const recorders = new Map<RoomRecord, { readonly sink: Sink; holds: number }>()

  const publish = (room: RoomRecord, told: (sink: Sink) => void): void => {
    if (room.sinks.length > 0)
      mailbox.publish(() => {
        // As they are by then: who came for what comes next may have got a gate meanwhile.
        for (const sink of room.sinks) told(sink)
      })
  }
  const join = (room: RoomRecord, sink: Sink): void => {
    room.sinks = withSink(room.sinks, sink)
  }
  const drop = (room: RoomRecord, sink: Sink): void => {
    waiting.delete(sink)
    sink.gate?.close()
    sink.gate = undefined
    room.sinks = withoutSink(room.sinks, sink)
  }
  const shared = (room: RoomRecord, wish: Wish, but?: Sink): Sink | undefined =>
    room.sinks.find((each) => each !== but && !each.gate && isSameWish(each.wish, wish))
  /** Those who want the same share a sink once they are abreast. */
  const merge = (room: RoomRecord, sink: Sink): void => {
    const other = sink.gate ? undefined : shared(room, sink.wish, sink)
    if (!other) return
    for (const to of sink.to.clear()) other.to.add(to)
    room.sinks = withoutSink(room.sinks, sink)
  }

  const record = (room: RoomRecord): void => {
    const known = recorders.get(room)
    if (known) {
      known.holds++
      return
    }
    const sink = service({
      take: ({ frame }) => {
        positions.moved(room.name, { epoch: room.epoch, offset: frame[2] })
      },
      gap: ({ to }) => {
        positions.moved(room.name, to)
      },
      close: () => undefined,
    })
    recorders.set(room, { sink, holds: 1 })
    join(room, sink)
  }
  const forget = (room: RoomRecord): void => {
    const known = recorders.get(room)
    if (!known) return
    known.holds--
    if (known.holds > 0) return
    recorders.delete(room)
    drop(room, known.sink)
  }

  /** Puts a sink behind a gate until it is abreast; `stored` consumes the room from where it was. */
  const behind = (room: RoomRecord, sink: Sink, start = live, stored?: Listener): CatchUp => {
    const policy = sink.gate
    const gate = catchUp(room, start, stored !== undefined, needs, {
      offer: (arrival) => {
        if (policy) policy.take(arrival)
        else offer(room.name, sink, arrival)
      },
      gap: (missing) => {
        if (policy) policy.gap(missing, false)
        else sink.to.next(E.left(holed(missing)))
      },
      fail: (because) => {
        sink.to.next(E.left(because))
      },
      moved: (to) => {
        if (stored) positions.moved(room.name, to)
      },
      abreast: () => {
        waiting.delete(sink)
        sink.gate = policy
        const at = positionOf(room)
        if (stored && at) positions.moved(room.name, at)
        // Not now: the room may be telling its sinks something.
        mailbox.route(() => {
          if (!room.sinks.includes(sink)) return
          if (stored) {
            recorded.add(stored)
            record(room)
          }
          merge(room, sink)
        })
      },
    })
    sink.gate = gate
    waiting.set(sink, { gate, start })
    return gate
  }

  /** A sink of this room alone with the same subscribers: one may be shared by many rooms. */
  const apart = (room: RoomRecord, sink: Sink): Sink => {
    const own: Sink = { ...sink }
    room.sinks = room.sinks.map((each) => (each === sink ? own : each))
    return own
  }

  return {
    add: (room, wish, to, { start, policy } = {}) => {
      const known = start === undefined && !policy ? shared(room, wish) : undefined
      if (known) {
        known.to.add(to)
        return
      }
      const sink = newSink(wish)
      sink.to.add(to)
      join(room, sink)
      if (policy) sink.gate = needs.policed(room, sink, policy)
      if (start === undefined) return
      // What is stored is known once there is a link.
      const from = (): From | undefined => (start === 'stored' ? positions.get(room.name) : start)
      const gate = behind(room, sink, from, start === 'stored' ? to : undefined)
      if (positionOf(room)) gate.begin()
    },
    remove: (room, to) => {
      if (recorded.delete(to)) forget(room)
      const sink = room.sinks.find((each) => each.to.remove(to))
      if (sink && !sink.to.observed) drop(room, sink)
    },
    start: ({ sinks }) => {
      const [first, ...others] = sinks.filter((sink) => !isService(sink)).map((sink) => waiting.get(sink)?.start())
      return first && others.every((other) => other && sameStart(first, other)) ? first : undefined
    },
    seated: (room, { head }, start) => {
      const all = room.sinks.map((sink) => ({ sink, gate: waiting.get(sink)?.gate, from: waiting.get(sink)?.start() }))
      for (const { sink, gate, from } of all) {
        if (gate) gate.seated(head, start !== undefined && from !== undefined && sameStart(start, from))
        else if (start !== undefined && !isService(sink)) behind(room, apart(room, sink)).seated(head, false)
      }
    },
    gap: (room, missing, isFirst) => {
      publish(room, (sink) => {
        if (sink.gate) sink.gate.gap(missing, isFirst)
        else sink.to.next(E.left(holed(missing)))
      })
    },
    fail: (room, because) => {
      publish(room, ({ to }) => {
        to.next(E.left(because))
      })
    },
    repeat: (room) => {
      for (const sink of room.sinks) {
        if (!waiting.has(sink) && !isService(sink)) behind(room, apart(room, sink)).repeat()
      }
    },
  }
}

const live = (): From | undefined => undefined

const sameStart = (a: From, b: From): boolean =>
  'last' in a ? 'last' in b && a.last === b.last : 'epoch' in b && a.epoch === b.epoch && a.offset === b.offset
