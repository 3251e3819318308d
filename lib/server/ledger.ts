import * as E from '#fp/Either'
import type { From } from '../protocol/frame.js'
import type { Entry, Outcome } from './engine.js'
import { attach, type Follower, tell } from './feed.js'
import type { Losses } from './forgotten-lanes.js'
import { decide as remember, type Draft, forget, judge, type Lanes, sketch } from './lanes.js'
import { emptyLog, type Log, push, latestUser, trim } from './log.js'
import type { Bounds, Surroundings } from './retention.js'
import { fresh, isBare, isQuiet, loose, type RoomState } from './room-state.js'
import { roomTable } from './room-table.js'

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
  readonly follow: (room: RoomState, from: From | undefined, to: Follower['to'], hasLife: boolean) => () => void
  /** Tells the followers of a room that its life has begun. */
  readonly tellLife: (room: string) => void
}

/** Calls `dropped` for each forgotten room. */
export const ledger = (
  bounds: Bounds,
  { scheduler, wall, ids, epochs }: Required<Surroundings>,
  dropped: (name: string) => void = () => undefined,
): Ledger => {
  const table = roomTable({ ids, epochs }, dropped)
  const { rooms, losses: lost, weighed, renew, drop } = table
  const laneBounds = { ...bounds, since: scheduler.now() }

  const age = (room: RoomState): void => {
    weighed(room, () => {
      trim(room.log, bounds, scheduler.now())
      forget(room.lanes, laneBounds, scheduler.now(), lost.lose)
    })
  }
  const find = (name: string): RoomState | undefined => {
    const room = rooms.get(name)
    if (!room) return undefined
    age(room)
    table.use(room)
    return room
  }
  /** Above the total, trims a room last written by a user other than its maker; other rooms stay. */
  const shed = (room: RoomState): void => {
    const excess = table.bytes() - bounds.totalBytes
    const { log, maker } = room
    if (excess <= 0 || !maker || latestUser(log) === maker.user) return
    weighed(room, () => {
      trim(log, { ...bounds, bytes: Math.max(0, log.bytes - excess) }, scheduler.now())
    })
  }
  const evict = (): void => {
    const oldest = table.oldest()
    if (oldest) age(oldest)
    while (table.bytes() > bounds.totalBytes) {
      const room = loose(table.heaviest()?.rooms)
      if (!room) break
      // Its followers have received its content.
      if (isQuiet(room) || isBare(room)) drop(room)
      else table.empty(room)
    }
    while (rooms.size > bounds.rooms) {
      const maker = table.largest()
      const room = loose(maker?.quiet) ?? loose(maker?.rooms)
      if (!room) break
      drop(room)
    }
  }

  return {
    rooms,
    bytes: table.bytes,
    losses: lost,
    unborn: table.unborn,
    renewUnborn: table.renewUnborn,
    open: (name) => find(name) ?? table.findUnborn(name) ?? fresh(name, emptyLog(table.unborn())),
    find,
    replace: (name, log, lanes, maker = '') => {
      const room = rooms.get(name) ?? fresh(name, log)
      if (!room.maker) table.bear(room, maker)
      table.change(room, () => {
        room.log = log
        room.lanes = lanes
      })
      return room
    },
    assign: table.assign,
    drop: (name) => {
      const room = rooms.get(name)
      if (room) drop(room)
    },
    pin: (room) =>
      table.needed(room, () => {
        renew(room)
        room.pins++
        return () => room.pins--
      }),
    decide: (room, entry, draft) => decide(room, entry, draft, lost, wall),
    apply: (room, { entry, outcome, isNew }) => {
      if (!isNew) return
      if (!room.maker) table.bear(room, entry.user)
      const time = scheduler.now()
      const { id, event, from, data } = entry
      weighed(room, () => {
        if (outcome._tag === 'Accepted')
          push(room.log, { offset: outcome.offset, id, event, from, at: outcome.at, data }, time)
        remember(room.lanes, entry, outcome, time)
      })
    },
    change: table.change,
    settle: (room) => {
      renew(room)
      tell(room)
      age(room)
      shed(room)
      evict()
    },
    evict,
    follow: (room, from, to, hasLife) =>
      table.needed(room, () => {
        const follower = attach(room, to, from, hasLife)
        return () => room.followers.delete(follower)
      }),
    tellLife: (name) => {
      const room = rooms.get(name) ?? table.findUnborn(name)
      for (const { to } of [...(room?.followers ?? [])]) to.next(E.right({ _tag: 'Life' }))
    },
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
