import * as E from '#fp/Either'
import type { Parts } from '../../client/parts.js'
import type { Positions } from '../../core/ports.js'
import type { Position } from '../../core/position.js'
import type { Extension, Remaining } from '../../kernel/extension.js'
import { fault } from '../../kernel/fault.js'
import type { From } from '../../protocol/frame.js'
import { gapError, offer } from '../../rooms/deliver.js'
import { positionOf, type RoomRecord } from '../../rooms/record.js'
import { type Interceptor, isInternal, type Sink } from '../../rooms/sink.js'
import type { Subscribed } from '../../rooms/sinks.js'
import { observer } from '../../store/calls.js'
import { catchUp } from './catch-up.js'
import { type Consumer, type Consumers, consumers as consumersOf } from './consumers.js'
import type { CatchUp, CatchUpNeeds, Follower } from './follower.js'
import { requests } from './requests.js'
import { unstoredPositions } from './unstored-positions.js'

/** The place where a subscription begins, and its limit. */
export interface Beginning {
  /** The commit mode of the room's stored position; `undefined`: it neither starts there nor moves it. */
  readonly stored: 'auto' | 'manual' | undefined
  /** The start of a subscription that does not begin at the stored position; `undefined`: with the next message. */
  readonly from: From | undefined
  /** The most messages that may be offered and not yet committed. */
  readonly window: number
}

/** Subscriptions that begin with earlier messages, or that are read in portions. Call in a turn. */
export interface Followers extends Extension {
  readonly follow: (to: Subscribed, beginning: Beginning) => void
  readonly consumers: Consumers
  readonly positions: Positions
  /** Sets the lookup of cached messages. */
  readonly useCache: (cached: CatchUpNeeds['cached']) => void
  readonly remaining: Remaining
}

/** A subscription that is still catching up. */
interface Waiting {
  readonly gate: CatchUp
  /** A start for the join after which the subscription needs no page. */
  readonly joinable: () => From | undefined
}

/** The start of a catch-up. */
interface Origin extends Pick<Follower, 'start' | 'isNew'> {
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

/** Delay, in ms, before the next request to a log that lags behind live messages. */
const lagMs = 100

export const followers = (parts: Parts): Followers => {
  const { kernel, rooms } = parts
  const { turns, deadlines, diagnostics } = kernel
  const { counters, log, report } = diagnostics
  const asking = parts.get(requests)
  const positions = parts.stored?.positions ?? unstoredPositions(report)
  const consumers = consumersOf(positions, (room) => {
    report(fault('Misuse', contestedBy(room)))
  })
  const waiting = new Map<Sink, Waiting>()
  const tracked = new Map<Sink, Tracked>()
  let cached: CatchUpNeeds['cached'] = () => undefined

  const rewind: CatchUpNeeds['rewind'] = (room, to, then) => {
    // Deferred: the room is notifying its sinks now.
    turns.route(() => {
      // Another subscription may have moved it further back already.
      if (room.offset > to.offset) {
        counters.overflows++
        repeat(room)
        room.offset = to.offset
        rooms.joins.rejoin(room)
      }
      then()
    })
  }
  const needs: CatchUpNeeds = {
    ask: asking.follow,
    limits: asking.limits,
    own: rooms.own,
    cached: (room, after) => cached(room, after),
    rewind,
    later: (then) => {
      const alarm = deadlines.after(lagMs, () => {
        turns.enter(then)
      })
      return { giveUp: alarm.cancel }
    },
    noted: log?.room,
  }

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
          rooms.sinks.merge(room, sink)
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
  const track = ({ room, sink }: Subscribed, { stored, window }: Beginning): void => {
    const policy = sink.gate
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
      close: () => {
        tracked.delete(sink)
        consumer.close()
        policy?.close()
      },
    }
    tracked.set(sink, { consumer, gate, again: undefined })
  }
  rooms.use({
    start: ({ sinks }) => {
      const [first, ...others] = sinks.filter((sink) => !isInternal(sink)).map((sink) => waiting.get(sink)?.joinable())
      return first && others.every((other) => other && sameStart(first, other)) ? first : undefined
    },
    joined: (room, { head }, start) => {
      const all = room.sinks.map((sink) => ({ sink, waits: waiting.get(sink), from: waiting.get(sink)?.joinable() }))
      for (const { sink, waits, from } of all) {
        if (waits) waits.gate.seated(head, start !== undefined && from !== undefined && sameStart(start, from))
        else if (start !== undefined && !isInternal(sink)) behind(room, apart(room, sink)).seated(head, false)
      }
    },
  })

  return {
    consumers,
    positions,
    follow: (to, beginning) => {
      const { stored, from, window } = beginning
      if (stored !== undefined || window < Infinity) track(to, beginning)
      const origin = stored === undefined ? { ...fromHere, start: () => from } : resumption(positions, to.room)
      const gate = behind(to.room, to.sink, origin)
      if (positionOf(to.room)) gate.begin()
    },
    useCache: (lookup) => {
      cached = lookup
    },
    remaining: { whenDone: consumers.whenCommitted, uncommitted: consumers.uncommitted },
  }
}

/** The stored position of a room, and the offset up to which an earlier run may have offered its messages. */
const resumption = (positions: Positions, { name }: RoomRecord): Origin => ({
  start: () => positions.get(name)?.position,
  isNew: () => positions.get(name) === undefined,
  again: (epoch, head) => {
    const known = positions.get(name)
    if (!known) return 0
    const isSame = known.position.epoch === epoch
    if (known.offered < Infinity) return isSame ? Math.min(known.offered, head) : 0
    if (isSame) positions.offered(name, { epoch, offset: head })
    return head
  },
})

const fromHere: Origin = { start: () => undefined, again: () => 0, isNew: () => false }
const unlimited = (): number => Infinity

const sameStart = (a: From, b: From): boolean =>
  'last' in a ? 'last' in b && a.last === b.last : 'epoch' in b && a.epoch === b.epoch && a.offset === b.offset

const contestedBy = (room: string): string =>
  `Two subscriptions commit ${room}: a commit covers all messages of the room. Use messages() for several events.`
