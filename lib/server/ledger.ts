import type { From } from '../protocol/frame.js'
import type { Entry, Outcome } from './engine.js'
import { attach, type Followed, type Follower, tell } from './feed.js'
import { bytesOf, decide as remember, type Draft, forget, judge, type Lanes, noLanes, sketch } from './lanes.js'
import { emptyLog, type Log, push, trim, truncate } from './log.js'
import type { Bounds, Surroundings } from './retention.js'

/** A room: its log, what it knows of its producers, and who follows it. */
export interface RoomState extends Followed {
  readonly name: string
  lanes: Lanes
  /** Who needs it beside its followers; as long as anybody does it is not forgotten. */
  pins: number
}

/** What becomes of an entry. Where it is not new the room stays as it is: decided before, or refused for now. */
export interface Decision {
  readonly entry: Entry
  readonly outcome: Outcome
  readonly isNew: boolean
}

/** Decisions on a room that are not recorded yet. */
export interface RoomDraft {
  head: number
  readonly lanes: Draft
}

/** Rooms in memory, bounded in every direction. Has no timers: what is too old goes when its room is used. */
export interface Ledger {
  readonly rooms: ReadonlyMap<string, RoomState>
  /** What all rooms hold together. */
  readonly bytes: () => number
  /** Names what is remembered of lanes: another name as soon as one was lost before its time. */
  readonly lanes: () => string
  /** Takes back a name that was given to the same lanes. */
  readonly renameLanes: (name: string | undefined) => void
  /** The room, made if it is not known, without what is too old. */
  readonly open: (name: string) => RoomState
  /** The room without what is too old, if it is known. */
  readonly find: (name: string) => RoomState | undefined
  /** Gives a room this log and these lanes, whatever it held. */
  readonly replace: (name: string, log: Log, lanes: Lanes) => RoomState
  /** Forgets a room. */
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
  /** Tells the base and what follows; what it returns ends that. */
  readonly follow: (room: RoomState, from: From | undefined, to: Follower['to']) => () => void
}

/** `dropped` is told of each room that is forgotten for want of space. */
export const ledger = (
  bounds: Bounds,
  { scheduler, wall, ids, epochs }: Required<Surroundings>,
  dropped: (name: string) => void = () => undefined,
): Ledger => {
  const rooms = new Map<string, RoomState>()
  const laneBounds = { ...bounds, since: scheduler.now() }
  /** Rooms that nobody needs, and rooms that hold something, each with the one used longest ago first. */
  const quiet = new Set<RoomState>()
  const heavy = new Set<RoomState>()
  let bytes = 0
  let lanesName: string | undefined

  const held = ({ log, lanes }: RoomState): number => log.bytes + bytesOf(lanes)
  const isQuiet = ({ followers, pins }: RoomState): boolean => followers.size + pins === 0
  const renew = (set: Set<RoomState>, room: RoomState): void => {
    set.delete(room)
    set.add(room)
  }
  const weighed = (room: RoomState, change: () => void): void => {
    const before = held(room)
    change()
    const now = held(room)
    bytes += now - before
    if (now === 0) heavy.delete(room)
  }
  const change = (room: RoomState, by: () => void): void => {
    weighed(room, by)
    if (held(room) > 0) renew(heavy, room)
  }
  const find = (name: string): RoomState | undefined => {
    const room = rooms.get(name)
    if (room) age(room)
    return room
  }
  const add = (name: string, log: Log): RoomState => {
    const room = { name, log, lanes: noLanes(), followers: new Set<Follower>(), telling: false, pins: 0 }
    rooms.set(name, room)
    return room
  }
  const open = (name: string): RoomState => {
    const room = find(name) ?? add(name, emptyLog(epochs()))
    if (isQuiet(room)) renew(quiet, room)
    return room
  }
  const age = (room: RoomState): void => {
    weighed(room, () => {
      trim(room.log, bounds, scheduler.now())
      if (forget(room.lanes, laneBounds, scheduler.now())) lanesName = undefined
    })
  }
  const empty = (room: RoomState): void => {
    weighed(room, () => {
      truncate(room.log)
      if (room.lanes.lanes.size > 0) lanesName = undefined
      room.lanes = noLanes()
    })
  }
  const drop = (room: RoomState): void => {
    empty(room)
    quiet.delete(room)
    rooms.delete(room.name)
    dropped(room.name)
  }
  const evict = (): void => {
    const [stalest] = heavy
    if (stalest) age(stalest)
    for (const room of heavy) {
      if (bytes <= bounds.totalBytes) break
      if (quiet.has(room)) drop(room)
      else empty(room)
    }
    for (const room of quiet) {
      if (rooms.size <= bounds.rooms) break
      drop(room)
    }
  }
  const needed = (room: RoomState, need: () => () => void): (() => void) => {
    quiet.delete(room)
    const release = need()
    return () => {
      release()
      if (isQuiet(room) && rooms.get(room.name) === room) quiet.add(room)
    }
  }

  return {
    rooms,
    bytes: () => bytes,
    lanes: () => (lanesName ??= ids()),
    renameLanes: (name) => {
      lanesName = name
    },
    open,
    find,
    replace: (name, log, lanes) => {
      const room = rooms.get(name) ?? add(name, log)
      change(room, () => {
        room.log = log
        room.lanes = lanes
      })
      if (isQuiet(room)) renew(quiet, room)
      return room
    },
    drop: (name) => {
      const room = rooms.get(name)
      if (room) drop(room)
    },
    pin: (room) =>
      needed(room, () => {
        room.pins++
        return () => room.pins--
      }),
    decide: ({ log, lanes }, entry, draft) => {
      const isSame = entry.lanes !== undefined && entry.lanes === lanesName
      const known = judge(lanes, isSame ? { ...entry, retry: false } : entry, draft?.lanes)
      if (known) return { entry, outcome: known, isNew: false }
      const { epoch } = log
      const outcome: Outcome = entry.refusal
        ? { _tag: 'Refused', refusal: entry.refusal }
        : { _tag: 'Accepted', epoch, offset: (draft?.head ?? log.head) + 1, at: wall(), repeated: false }
      if (draft) {
        sketch(draft.lanes, entry, outcome)
        if (outcome._tag === 'Accepted') draft.head = outcome.offset
      }
      return { entry, outcome, isNew: true }
    },
    apply: (room, { entry, outcome, isNew }) => {
      if (!isNew) return
      const time = scheduler.now()
      const { id, event, from, data } = entry
      const before = held(room)
      if (outcome._tag === 'Accepted')
        push(room.log, { offset: outcome.offset, id, event, from, at: outcome.at, data }, time)
      remember(room.lanes, entry, outcome, time)
      bytes += held(room) - before
    },
    change,
    settle: (room) => {
      if (held(room) > 0) renew(heavy, room)
      tell(room)
      age(room)
      evict()
    },
    follow: (room, from, to) =>
      needed(room, () => {
        const follower = attach(room, to, from)
        return () => room.followers.delete(follower)
      }),
  }
}
