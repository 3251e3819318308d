import type { Parts } from '../../client/parts.js'
import type { Positions } from '../../core/ports.js'
import type { Extension, Remaining } from '../../kernel/extension.js'
import { fault } from '../../kernel/fault.js'
import type { From } from '../../protocol/frame.js'
import { positionOf, type RoomRecord } from '../../rooms/record.js'
import { isInternal } from '../../rooms/sink.js'
import type { Subscribed } from '../../rooms/sinks.js'
import { type Consumers, consumers as consumersOf, type Consumption } from './consumers.js'
import type { CatchUpNeeds } from './follower.js'
import { gates, type Origin } from './gates.js'
import { requests } from './requests.js'
import { unstoredPositions } from './unstored-positions.js'

/** The place where a subscription begins, and how it consumes its room. */
export interface Beginning extends Consumption {
  /** The start of a subscription that does not begin at the stored position; `undefined`: with the next message. */
  readonly from: From | undefined
}

/** Subscriptions that begin with earlier messages, or that are read in portions. Call in a turn. */
export interface Followers extends Extension {
  readonly follow: (to: Subscribed, beginning: Beginning) => void
  readonly consumers: Consumers
  readonly positions: Positions
  /** True while a subscription of the room has not caught up, or waits for room in its window. */
  readonly isBehind: (room: RoomRecord) => boolean
  /** Sets the lookup of cached messages. */
  readonly useCache: (cached: CatchUpNeeds['cached']) => void
  readonly remaining: Remaining
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
  const { behind, track, of, apart, repeat } = gates(parts, needs, positions, consumers)

  rooms.use({
    start: ({ sinks }) => {
      const [first, ...others] = sinks.filter((sink) => !isInternal(sink)).map((sink) => of(sink)?.joinable())
      return first && others.every((other) => other && sameStart(first, other)) ? first : undefined
    },
    joined: (room, { head }, start) => {
      const all = room.sinks.map((sink) => ({ sink, waits: of(sink), from: of(sink)?.joinable() }))
      for (const { sink, waits, from } of all) {
        if (waits) waits.gate.seated(head, start !== undefined && from !== undefined && sameStart(start, from))
        else if (start !== undefined && !isInternal(sink)) behind(room, apart(room, sink)).seated(head, false)
      }
    },
  })

  return {
    consumers,
    positions,
    isBehind: ({ sinks }) => sinks.some((sink) => of(sink) !== undefined),
    follow: (to, beginning) => {
      const { stored, from, window } = beginning
      if (stored !== undefined || window < Infinity) track(to, beginning)
      const origin = stored === undefined ? beginningAt(from) : resumption(positions, to.room)
      const gate = behind(to.room, to.sink, origin)
      if (positionOf(to.room)) gate.begin()
    },
    useCache: (lookup) => {
      cached = lookup
    },
    remaining: { whenDone: consumers.whenCommitted, uncommitted: consumers.uncommitted },
  }
}

/** A start that no earlier run has to do with. */
const beginningAt = (from: From | undefined): Origin => ({ start: () => from, again: () => 0, isNew: () => false })

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

const sameStart = (a: From, b: From): boolean =>
  'last' in a ? 'last' in b && a.last === b.last : 'epoch' in b && a.epoch === b.epoch && a.offset === b.offset

const contestedBy = (room: string): string =>
  `Two subscriptions commit ${room}: a commit covers all messages of the room. Use messages() for several events.`
