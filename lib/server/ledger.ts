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

/** The decision on an entry. An entry that is not new, decided before or refused for now, leaves the room unchanged. */
export interface Decision {
  readonly entry: Entry
  readonly outcome: Outcome
  readonly isNew: boolean
}

/** Decisions on a room that are not yet recorded. */
export interface RoomDraft {
  head: number
  /** The first publisher. */
  maker: string | undefined
  readonly lanes: Draft
}

/** Rooms in memory, bounded in every direction. Has no timers: old content goes when its room is used. */
export interface Ledger {
  /** Rooms with at least one publish. */
  readonly rooms: ReadonlyMap<string, RoomState>
  /** Returns the heap bytes of all rooms together. */
  readonly bytes: () => number
  /** The names of the remembered lanes. */
  readonly losses: Losses
  /**
   * Returns the epoch in which new rooms begin. It changes once a room that began in it was forgotten, so no room has
   * one epoch twice, and a follower from before the first message stays in the same epoch.
   */
  readonly unborn: () => string
  /** Restores such an epoch; `undefined` draws a new one. */
  readonly renewUnborn: (epoch: string | undefined) => void
  /** Returns the room without old content; an unknown room is unborn, and exists while followers or pins need it. */
  readonly open: (name: string) => RoomState
  /** Returns the room without old content, if it has a publish. */
  readonly find: (name: string) => RoomState | undefined
  /** Replaces the log and the lanes of a room. An unknown room gets this user as its maker. */
  readonly replace: (name: string, log: Log, lanes: Lanes, maker?: string) => RoomState
  /** Makes this user the maker of a room. */
  readonly assign: (room: RoomState, maker: string) => void
  /** Forgets a room. Its followers receive another log. */
  readonly drop: (name: string) => void
  /** Pins a room. The returned function removes the pin. */
  readonly pin: (room: RoomState) => () => void
  /** Decides an entry after those of the draft, and changes only the draft. */
  readonly decide: (room: RoomState, entry: Entry, draft?: RoomDraft) => Decision
  /** Applies a decision to the room. */
  readonly apply: (room: RoomState, decision: Decision) => void
  /** Changes a room's log and lanes, without a message to its followers. */
  readonly change: (room: RoomState, by: () => void) => void
  /** Sends followers the new messages, then evicts content beyond the bounds. */
  readonly settle: (room: RoomState) => void
  /** Evicts content beyond the bounds: the least recently used of the user that holds the most. */
  readonly evict: () => void
  /** Sends the base and the messages after it. The returned function unfollows. */
  readonly follow: (room: RoomState, from: From | undefined, to: Follower['to']) => () => void
}

/** Calls `dropped` for each forgotten room. */
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
  /** Rooms with content, the least recently written first. */
  const heavy = linkedList<RoomState>()
  let unbornEpoch: string | undefined

  const unbornNow = (): string => (unbornEpoch ??= epochs())
  const weighed = (room: RoomState, change: () => void): void => {
    const before = costOf(room)
    change()
    if (room.maker) holders.weigh(room.maker, costOf(room) - before)
    if (isBare(room)) unlink(room.filled)
  }
  /** Moves a written room to the end of its lists. */
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
  /** Above the total, trims a room last written by a user other than its maker; other rooms stay. */
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
      // Its followers have received its content.
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
    // A follower may publish during the call; the resulting eviction must spare this room.
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
