import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { WebSocketError } from '../core/error.js'
import type { Mailbox } from '../core/mailbox.js'
import type { Positions } from '../core/ports.js'
import type { Gap, Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { From, Joined } from '../protocol/frame.js'
import { catchUp } from './catch-up.js'
import type { CatchUp, CatchUpNeeds, Follower } from './follower.js'
import type { Consumer, Consumers } from './consumers.js'
import { gapError, offer } from './deliver.js'
import type { Message } from './message.js'
import type { Policy } from './policy.js'
import { positionOf, type RoomRecord } from './record.js'
import {
  type Interceptor,
  isSameSelector,
  isInternal,
  sink as newSink,
  type Sink,
  type EventSelector,
  withoutSink,
  withSink,
} from './sink.js'
import { observer } from '../store/calls.js'
import { isStored, type Start } from './start.js'

/** A subscriber of a room's messages. */
export type Listener = Subscriber<Result<Message<unknown>>>

/** The options of a subscription that is not plainly live. */
export interface Special {
  readonly start?: Exclude<Start, 'live'>
  readonly policy?: Policy
  /** The most messages that may be offered and not yet committed. */
  readonly window?: number
}

/** Subscribers of rooms: each gets its requested start, then live messages. Call in a turn. */
export interface Subscribers {
  readonly add: (room: RoomRecord, wish: EventSelector, to: Listener, special?: Special) => void
  readonly remove: (room: RoomRecord, to: Listener) => void
  /** The common start of all subscriptions that wait for the room's first join; undefined if they differ. */
  readonly start: (room: RoomRecord) => From | undefined
  /** The server answered a room's first join, which asked for `start`. */
  readonly seated: (room: RoomRecord, answer: Joined, start: From | undefined) => void
  readonly gap: (room: RoomRecord, missing: Gap, isFirst: boolean) => void
  readonly fail: (room: RoomRecord, because: WebSocketError) => void
  /** All sinks without a catch-up have the messages up to the room's position: these may arrive again. */
  readonly repeat: (room: RoomRecord) => void
}

export interface SubscribersNeeds extends CatchUpNeeds {
  readonly mailbox: Pick<Mailbox, 'enter' | 'publish' | 'route'>
  readonly positions: Positions
  readonly consumers: Consumers
  readonly policed: (room: RoomRecord, sink: Sink, policy: Policy) => Interceptor
}

/** A subscription that is still catching up. */
interface Waiting {
  readonly gate: CatchUp
  /** A start for the join after which the subscription needs no page. */
  readonly joinable: () => From | undefined
}

/** The start of a subscription, as input of its catch-up. */
interface Beginning extends Pick<Follower, 'start' | 'isNew'> {
  /** The offset of the log with this head up to which an earlier run may have offered messages. */
  readonly again: (epoch: string, head: number) => number
}

/** A sink whose only subscriber is tracked as a consumer of the room. */
interface Tracked {
  readonly consumer: Consumer
  /** The gate of the sink while it is caught up. */
  readonly gate: Interceptor
  /** An earlier run may have offered the messages up to here. Outlives each catch-up of the sink. */
  again: Position | undefined
}

export const subscribers = (needs: SubscribersNeeds): Subscribers => {
  const { mailbox, positions, consumers } = needs
  const waiting = new Map<Sink, Waiting>()
  const tracked = new Map<Sink, Tracked>()

  const publish = (room: RoomRecord, told: (sink: Sink) => void): void => {
    if (room.sinks.length > 0)
      mailbox.publish(() => {
        // The sinks at publication: a live subscription may have got a gate meanwhile.
        for (const sink of room.sinks) told(sink)
      })
  }
  const join = (room: RoomRecord, sink: Sink): void => {
    room.sinks = withSink(room.sinks, sink)
  }
  const drop = (room: RoomRecord, sink: Sink): void => {
    waiting.delete(sink)
    tracked.get(sink)?.consumer.close()
    tracked.delete(sink)
    sink.gate?.close()
    sink.gate = undefined
    room.sinks = withoutSink(room.sinks, sink)
  }
  const shared = (room: RoomRecord, wish: EventSelector, but?: Sink): Sink | undefined =>
    room.sinks.find((each) => each !== but && !each.gate && isSameSelector(each.wish, wish))
  /** Moves the subscribers of a caught-up sink to another sink with the same selector. */
  const merge = (room: RoomRecord, sink: Sink): void => {
    const other = sink.gate ? undefined : shared(room, sink.wish, sink)
    if (!other) return
    for (const to of sink.to.clear()) other.to.add(to)
    room.sinks = withoutSink(room.sinks, sink)
  }

  /** Puts a sink behind a gate until it has caught up. */
  const behind = (room: RoomRecord, sink: Sink, { start, again, isNew }: Beginning = fromHere): CatchUp => {
    const track = tracked.get(sink)
    const rest = track?.gate ?? sink.gate
    const gate = catchUp(room, needs, {
      start,
      recall: (epoch, head) => {
        const offset = again(epoch, head)
        if (track) track.again = { epoch, offset }
        return offset
      },
      isAgain: ({ epoch, frame }) => track?.again?.epoch === epoch && frame[2] <= track.again.offset,
      free: track?.consumer.free ?? unlimited,
      offer: (arrival) => {
        if (rest) rest.take(arrival)
        else offer(room.name, sink, arrival)
      },
      gap: (missing) => {
        if (rest) rest.gap(missing, false)
        else sink.to.next(E.left(gapError(missing)))
      },
      fail: (because) => {
        sink.to.next(E.left(because))
      },
      isNew,
      save: (then) => {
        positions.save().subscribe(
          observer(() => {
            mailbox.enter(then)
          }),
        )
      },
      moved: (to) => {
        track?.consumer.passed(to, false)
      },
      caughtUp: () => {
        waiting.delete(sink)
        sink.gate = rest
        // Deferred: the room may be notifying its sinks now.
        mailbox.route(() => {
          if (room.sinks.includes(sink)) merge(room, sink)
        })
      },
    })
    sink.gate = gate
    waiting.set(sink, { gate, joinable: start })
    return gate
  }

  /** Tracks a sink as a consumer: each message offered to it counts, and a full window makes it read the rest later. */
  const track = (room: RoomRecord, sink: Sink, { start, window = Infinity }: Special): void => {
    const policy = sink.gate
    const stored = start && isStored(start) ? start.commit : undefined
    const consumer = consumers.add(room.name, { stored, window }, () => {
      waiting.get(sink)?.gate.resume()
    })
    const at = (offset: number): Position => ({ epoch: room.epoch, offset })
    const gate: Interceptor = {
      take: (arrival) => {
        if (consumer.free() <= 0) {
          behind(room, sink).pause(consumer.at() ?? at(arrival.frame[2] - 1))
          return
        }
        if (policy) policy.take(arrival)
        consumer.passed(at(arrival.frame[2]), policy ? false : offer(room.name, sink, arrival))
      },
      gap: (missing, isFirst) => {
        if (policy) policy.gap(missing, isFirst)
        else sink.to.next(E.left(gapError(missing)))
        consumer.passed(missing.to, false)
      },
      close: () => policy?.close(),
    }
    tracked.set(sink, { consumer, gate, again: undefined })
  }
  /** The stored position of a room, and the offset up to which an earlier run may have offered its messages. */
  const resume = (room: RoomRecord): Beginning => ({
    start: () => positions.get(room.name)?.position,
    isNew: () => positions.get(room.name) === undefined,
    again: (epoch: string, head: number): number => {
      const known = positions.get(room.name)
      if (!known) return 0
      const isSame = known.position.epoch === epoch
      if (known.offered < Infinity) return isSame ? Math.min(known.offered, head) : 0
      if (isSame) positions.offered(room.name, { epoch, offset: head })
      return head
    },
  })

  /** Returns a sink of this room alone with the same subscribers: many rooms may share one sink. */
  const apart = (room: RoomRecord, sink: Sink): Sink => {
    if (tracked.has(sink)) return sink
    const own: Sink = { ...sink }
    room.sinks = room.sinks.map((each) => (each === sink ? own : each))
    return own
  }

  return {
    add: (room, wish, to, special = plain) => {
      const { start, policy } = special
      const isTracked = special.window !== undefined || (start !== undefined && isStored(start))
      const known = start === undefined && !policy && !isTracked ? shared(room, wish) : undefined
      if (known) {
        known.to.add(to)
        return
      }
      const sink = newSink(wish)
      sink.to.add(to)
      join(room, sink)
      if (policy) sink.gate = needs.policed(room, sink, policy)
      if (isTracked) track(room, sink, special)
      else if (start === undefined) return
      const gate = behind(room, sink, start && isStored(start) ? resume(room) : { ...fromHere, start: () => start })
      if (positionOf(room)) gate.begin()
    },
    remove: (room, to) => {
      const sink = room.sinks.find((each) => each.to.remove(to))
      if (sink && !sink.to.observed) drop(room, sink)
    },
    start: ({ sinks }) => {
      const [first, ...others] = sinks.filter((sink) => !isInternal(sink)).map((sink) => waiting.get(sink)?.joinable())
      return first && others.every((other) => other && sameStart(first, other)) ? first : undefined
    },
    seated: (room, { head }, start) => {
      const all = room.sinks.map((sink) => ({
        sink,
        gate: waiting.get(sink)?.gate,
        from: waiting.get(sink)?.joinable(),
      }))
      for (const { sink, gate, from } of all) {
        if (gate) gate.seated(head, start !== undefined && from !== undefined && sameStart(start, from))
        else if (start !== undefined && !isInternal(sink)) behind(room, apart(room, sink)).seated(head, false)
      }
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
    repeat: (room) => {
      for (const sink of room.sinks) {
        if (!waiting.has(sink) && !isInternal(sink)) behind(room, apart(room, sink)).repeat()
      }
    },
  }
}

const plain: Special = {}
const fromHere: Beginning = { start: () => undefined, again: () => 0, isNew: () => false }
const unlimited = (): number => Infinity

const sameStart = (a: From, b: From): boolean =>
  'last' in a ? 'last' in b && a.last === b.last : 'epoch' in b && a.epoch === b.epoch && a.offset === b.offset
