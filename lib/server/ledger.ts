import type { From } from '../protocol/frame.js'
import type { Entry, Outcome } from './engine.js'
import { attach, type Follower, tell } from './feed.js'
import { decide as remember, type Draft, forget, judge, type Lanes, noLanes, sketch } from './lanes.js'
import { emptyLog, type Log, push, latestUser, trim, truncate } from './log.js'
import { losses, type Losses } from './forgotten-lanes.js'
import { append, linkedList, unlink } from './linked-list.js'
import { roomOwners } from './room-owners.js'
import type { Bounds, Surroundings } from './retention.js'
import { costOf, fresh, isBare, isQuiet, loose, type RoomState } from './room-state.js'

/** What becomes of an entry. Where it is not new the room stays as it is: decided before, or refused for now. */
export interface Decision {
  readonly entry: Entry
  readonly outcome: Outcome
  readonly isNew: boolean
}

/** Decisions on a room that are not recorded yet. */
export interface RoomDraft {
  head: number
  /** Who has published first. */
  maker: string | undefined
  readonly lanes: Draft
}

/** Rooms in memory, bounded in every direction. Has no timers: what is too old goes when its room is used. */
export interface Ledger {
  /** Rooms in which somebody has published. */
  readonly rooms: ReadonlyMap<string, RoomState>
  /** What all rooms cost together, in bytes of heap. */
  readonly bytes: () => number
  /** The names of what is remembered of lanes. */
  readonly losses: Losses
  /**
   * The epoch in which rooms begin. It is another one as soon as a room that began in it was forgotten: so no room has one
   * epoch twice, and who follows a room before its first message goes on in the same epoch.
   */
  readonly unborn: () => string
  /** Takes back such an epoch; without one there is a new one. */
  readonly renewUnborn: (epoch: string | undefined) => void
  /** The room without what is too old; one that nobody knows is unborn, and kept by those who follow or pin it. */
  readonly open: (name: string) => RoomState
  /** The room without what is too old, if somebody has published in it. */
  readonly find: (name: string) => RoomState | undefined
  /** Gives a room this log and these lanes, whatever it held. One that is not known is made by this user. */
  readonly replace: (name: string, log: Log, lanes: Lanes, maker?: string) => RoomState
  /** Counts a room as made by this user. */
  readonly assign: (room: RoomState, maker: string) => void
  /** Forgets a room. Who follows it is told that its log is another one. */
  readonly drop: (name: string) => void
  /** Keeps a room until what this returns is called. */
  readonly pin: (room: RoomState) => () => void
  /** What becomes of an entry after those of the draft, which alone changes. */
  readonly decide: (room: RoomState, entry: Entry, draft?: RoomDraft) => Decision
  /** Makes a decision part of the room. */
  readonly apply: (room: RoomState, decision: Decision) => void
  /** Changes a room's log and lanes in any way, and tells nobody. */
  readonly change: (room: RoomState, by: () => void) => void
  /** Tells who follows the room what is new; then what is beyond the bounds goes. */
  readonly settle: (room: RoomState) => void
  /** What is beyond the bounds goes: of the user that holds the most, what was used longest ago. */
  readonly evict: () => void
  /** Tells the base and what follows; what it returns ends that. */
  readonly follow: (room: RoomState, from: From | undefined, to: Follower['to']) => () => void
}

/** `dropped` is told of each room that is forgotten. */
export const ledger = (
  bounds: Bounds,
  { scheduler, wall, ids, epochs }: Required<Surroundings>,
  dropped: (name: string) => void = () => undefined,
): Ledger => {
  const rooms = new Map<string, RoomState>()
  const unborn = new Map<string, RoomState>()
  const holders = roomOwners<RoomState>()
  const lost = losses(ids)
  const laneBounds = { ...bounds, since: scheduler.now() }
  /** Rooms that hold something, the one written longest ago first. */
  const heavy = linkedList<RoomState>()
  let unbornEpoch: string | undefined

  const unbornNow = (): string => (unbornEpoch ??= epochs())
  const weighed = (room: RoomState, change: () => void): void => {
    const before = costOf(room)
    change()
    if (room.maker) holders.weigh(room.maker, costOf(room) - before)
    if (isBare(room)) unlink(room.filled)
  }
  /** The room was written. */
  const renew = (room: RoomState): void => {
    if (!room.maker) return
    append(room.maker.rooms, room.written, room)
    if (!isBare(room)) append(heavy, room.filled, room)
  }
  const change = (room: RoomState, by: () => void): void => {
    weighed(room, by)
    renew(room)
  }
  const age = (room: RoomState): void => {
    weighed(room, () => {
      trim(room.log, bounds, scheduler.now())
      forget(room.lanes, laneBounds, scheduler.now(), lost.lose)
    })
  }
  const find = (name: string): RoomState | undefined => {
    const room = rooms.get(name)
    if (room) age(room)
    if (room?.maker && isQuiet(room)) append(room.maker.quiet, room.used, room)
    return room
  }
  const open = (name: string): RoomState => find(name) ?? unborn.get(name) ?? fresh(name, emptyLog(unbornNow()))
  const assign = (room: RoomState, user: string): void => {
    const cost = costOf(room)
    if (room.maker) {
      holders.weigh(room.maker, -cost)
      holders.remove(room, room.maker)
    }
    room.maker = holders.add(room, user)
    holders.weigh(room.maker, costOf(room))
    if (isQuiet(room)) append(room.maker.quiet, room.used, room)
  }
  const bear = (room: RoomState, user: string): void => {
    unborn.delete(room.name)
    rooms.set(room.name, room)
    assign(room, user)
  }
  const loseLanes = (room: RoomState): void => {
    for (const user of room.lanes.holders.keys()) lost.lose(user)
    room.lanes = noLanes()
  }
  const empty = (room: RoomState): void => {
    change(room, () => {
      truncate(room.log)
      loseLanes(room)
    })
  }
  const drop = (room: RoomState): void => {
    const { name, maker, log } = room
    if (!maker) return
    holders.weigh(maker, -costOf(room))
    holders.remove(room, maker)
    loseLanes(room)
    unlink(room.filled)
    rooms.delete(name)
    if (log.epoch === unbornEpoch) unbornEpoch = undefined
    room.maker = undefined
    room.log = emptyLog(unbornNow())
    if (!isQuiet(room)) unborn.set(name, room)
    dropped(name)
    tell(room)
  }
  /** Beyond the bounds, one that writes in a room of somebody else pushes out what that room holds, and no other room. */
  const shed = (room: RoomState): void => {
    const excess = holders.bytes() - bounds.totalBytes
    const { log, maker } = room
    if (excess <= 0 || !maker || latestUser(log) === maker.user) return
    weighed(room, () => {
      trim(log, { ...bounds, bytes: Math.max(0, log.bytes - excess) }, scheduler.now())
    })
  }
  const evict = (): void => {
    if (heavy.first?.item) age(heavy.first.item)
    while (holders.bytes() > bounds.totalBytes) {
      const room = loose(holders.heaviest()?.rooms)
      if (!room) break
      // Who follows it has been told what it held.
      if (isQuiet(room) || isBare(room)) drop(room)
      else empty(room)
    }
    while (rooms.size > bounds.rooms) {
      const maker = holders.largest()
      const room = loose(maker?.quiet) ?? loose(maker?.rooms)
      if (!room) break
      drop(room)
    }
  }
  const needed = (room: RoomState, need: () => () => void): (() => void) => {
    if (!room.maker) unborn.set(room.name, room)
    // Whoever is told meanwhile may publish, and what that evicts must not be this room.
    room.pins++
    const release = need()
    room.pins--
    unlink(room.used)
    return () => {
      release()
      if (!isQuiet(room)) return
      if (room.maker) append(room.maker.quiet, room.used, room)
      else if (unborn.get(room.name) === room) unborn.delete(room.name)
    }
  }

  return {
    rooms,
    bytes: holders.bytes,
    losses: lost,
    unborn: unbornNow,
    renewUnborn: (epoch) => {
      unbornEpoch = epoch
    },
    open,
    find,
    replace: (name, log, lanes, maker = '') => {
      const room = rooms.get(name) ?? fresh(name, log)
      if (!room.maker) bear(room, maker)
      change(room, () => {
        room.log = log
        room.lanes = lanes
      })
      return room
    },
    assign,
    drop: (name) => {
      const room = rooms.get(name)
      if (room) drop(room)
    },
    pin: (room) =>
      needed(room, () => {
        renew(room)
        room.pins++
        return () => room.pins--
      }),
    decide: (room, entry, draft) => decide(room, entry, draft, lost, wall),
    apply: (room, { entry, outcome, isNew }) => {
      if (!isNew) return
      if (!room.maker) bear(room, entry.user)
      const time = scheduler.now()
      const { id, event, from, data } = entry
      weighed(room, () => {
        if (outcome._tag === 'Accepted')
          push(room.log, { offset: outcome.offset, id, event, from, at: outcome.at, data }, time)
        remember(room.lanes, entry, outcome, time)
      })
    },
    change,
    settle: (room) => {
      renew(room)
      tell(room)
      age(room)
      shed(room)
      evict()
    },
    evict,
    follow: (room, from, to) =>
      needed(room, () => {
        const follower = attach(room, to, from)
        return () => room.followers.delete(follower)
      }),
  }
}

const decide = (
  { log, lanes }: RoomState,
  entry: Entry,
  draft: RoomDraft | undefined,
  lost: Losses,
  wall: () => number,
): Decision => {
  const isSame = entry.lanes !== undefined && entry.lanes === lost.name(entry.user)
  const known = judge(lanes, isSame ? { ...entry, retry: false } : entry, draft?.lanes)
  if (known) return { entry, outcome: known, isNew: false }
  const { epoch } = log
  const outcome: Outcome = entry.refusal
    ? { _tag: 'Refused', refusal: entry.refusal }
    : { _tag: 'Accepted', epoch, offset: (draft?.head ?? log.head) + 1, at: wall(), repeated: false }
  if (draft) {
    sketch(draft.lanes, entry, outcome)
    draft.maker ??= entry.user
    if (outcome._tag === 'Accepted') draft.head = outcome.offset
  }
  return { entry, outcome, isNew: true }
}
