import * as E from '#fp/Either'
import type { Parts } from '../../client/parts.js'
import type { Positions } from '../../core/ports.js'
import type { Position } from '../../core/position.js'
import type { From } from '../../protocol/frame.js'
import { gapError, offer } from '../../rooms/deliver.js'
import type { RoomRecord } from '../../rooms/record.js'
import { type Interceptor, isInternal, type Sink } from '../../rooms/sink.js'
import type { Subscribed } from '../../rooms/sinks.js'
import { observer } from '../../store/calls.js'
import { catchUp } from './catch-up.js'
import type { Consumer, Consumers, Consumption } from './consumers.js'
import type { CatchUp, CatchUpNeeds, Follower } from './follower.js'

/** The gates before sinks whose subscriptions catch up, or are read in portions. Call in a turn. */
export interface Gates {
  /** Puts a sink behind a gate until it has caught up; without an origin, from where it is. */
  readonly behind: (room: RoomRecord, sink: Sink, origin?: Origin) => CatchUp
  /** Tracks a sink as a consumer: each message offered to it counts, and a full window makes it read the rest later. */
  readonly track: (to: Subscribed, how: Consumption) => void
  /** The catch-up of a sink, if it has one. */
  readonly of: (sink: Sink) => Waiting | undefined
  /** Returns a sink of this room alone with the same subscribers: many rooms may share one sink. */
  readonly apart: (room: RoomRecord, sink: Sink) => Sink
  /** All sinks without a catch-up have the messages up to the room's position: these may arrive again. */
  readonly repeat: (room: RoomRecord) => void
}

/** A subscription that is still catching up. */
export interface Waiting {
  readonly gate: CatchUp
  /** A start for the join after which the subscription needs no page. */
  readonly joinable: () => From | undefined
}

/** The start of a catch-up. */
export interface Origin extends Pick<Follower, 'start' | 'isNew'> {
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

export const gates = (parts: Parts, needs: CatchUpNeeds, positions: Positions, consumers: Consumers): Gates => {
  const { turns } = parts.kernel
  const waiting = new Map<Sink, Waiting>()
  const tracked = new Map<Sink, Tracked>()

  /** Puts a sink behind a gate until it has caught up. */
  const behind = (room: RoomRecord, sink: Sink, { start, again, isNew }: Origin = fromHere): CatchUp => {
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
            turns.enter(then)
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
        turns.route(() => {
          parts.rooms.sinks.merge(room, sink)
        })
      },
    })
    sink.gate = {
      ...gate,
      close: () => {
        waiting.delete(sink)
        gate.close()
        rest?.close()
      },
    }
    waiting.set(sink, { gate, joinable: start })
    return gate
  }
  /** Returns a sink of this room alone with the same subscribers: many rooms may share one sink. */
  const apart = (room: RoomRecord, sink: Sink): Sink => {
    if (tracked.has(sink)) return sink
    const own: Sink = { ...sink }
    room.sinks = room.sinks.map((each) => (each === sink ? own : each))
    return own
  }
  /** All sinks without a catch-up have the messages up to the room's position: these may arrive again. */
  const repeat = (room: RoomRecord): void => {
    for (const sink of room.sinks) {
      if (!waiting.has(sink) && !isInternal(sink)) behind(room, apart(room, sink)).repeat()
    }
  }
  /** Tracks a sink as a consumer: each message offered to it counts, and a full window makes it read the rest later. */
  const track = ({ room, sink }: Subscribed, how: Consumption): void => {
    const policy = sink.gate
    const consumer = consumers.add(room.name, how, () => {
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
      close: () => {
        tracked.delete(sink)
        consumer.close()
        policy?.close()
      },
    }
    tracked.set(sink, { consumer, gate, again: undefined })
  }

  return { behind, track, of: (sink) => waiting.get(sink), apart, repeat }
}

const fromHere: Origin = { start: () => undefined, again: () => 0, isNew: () => false }
const unlimited = (): number => Infinity
