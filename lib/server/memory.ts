import * as E from '#fp/Either'
import { Observable, type SchedulerLike, type Subscriber } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { filled } from '../core/filled.js'
import { randomId, token } from '../core/ids.js'
import { monotonic, wall as platformWall } from '../core/platform.js'
import type { From } from '../protocol/frame.js'
import { claims } from './claims.js'
import type { Answer, Engine, EngineFailure, Entry, Feed, Outcome } from './engine.js'
import { decide, forget, judge, noLanes, outcomeBytes, type Lanes } from './lanes.js'
import { baseFrom, emptyLog, page, push, slice, trim, truncate, type Log } from './log.js'

/** What a memory engine can be told. */
export interface MemoryOptions {
  /** Messages per room. Default 10 000. */
  readonly messages?: number
  /** Bytes per room. Default 16 MiB. */
  readonly bytes?: number
  /** How long messages are held. Default 1 h. */
  readonly ageMs?: number
  /** Bytes of all rooms together; beyond, the logs that were written longest ago go first. Default 512 MiB. */
  readonly totalBytes?: number
  /** Rooms that are known; beyond, those that nobody follows and that were used longest ago go. Default 100 000. */
  readonly rooms?: number
  /** How long the outcome of a publish is known. Default 1 h. */
  readonly dedupeMs?: number
  /** Outcomes per room. Default 20 000. */
  readonly outcomes?: number
  /** Sessions that are known; beyond, those claimed longest ago go. Default 100 000. */
  readonly sessions?: number
  /** How long a session can be continued. Default 1 h. */
  readonly sessionMs?: number
  /** Its clock measures ages. Default: monotonic. */
  readonly scheduler?: SchedulerLike
  /** The calendar's milliseconds, for the time of a message. Default: the platform's. */
  readonly wall?: () => number
  /** Default: 128 random bits. */
  readonly ids?: () => string
  /** Names incarnations of logs. Default: 48 random bits. */
  readonly epochs?: () => string
}

/** An engine in this process's memory. */
export interface MemoryEngine extends Engine {
  /** Drops a room's log and lanes; who follows it is told that the log is another one. */
  readonly forget: (room: string) => void
  /** What is held now. */
  readonly held: () => { readonly rooms: number; readonly bytes: number }
}

type Bounds = Required<Pick<MemoryOptions, keyof typeof memoryDefaults>>

export const memoryDefaults = /*#__PURE__*/ Object.freeze({
  messages: 10_000,
  bytes: 16 * 2 ** 20,
  ageMs: 3_600_000,
  totalBytes: 512 * 2 ** 20,
  rooms: 100_000,
  dedupeMs: 3_600_000,
  outcomes: 20_000,
  sessions: 100_000,
  sessionMs: 3_600_000,
})

interface Room {
  readonly name: string
  log: Log
  lanes: Lanes
  readonly followers: Set<Follower>
  telling: boolean
}

/** A reader whose place is a cursor in the log, so that nothing can fall between what it read and what is live. */
interface Follower {
  readonly to: Subscriber<Either<EngineFailure, Feed>>
  epoch: string
  cursor: number
}

const feedPage = { count: 256, bytes: 256 * 1024 }

/** Rooms in memory, bounded in every direction. Answers in the same turn and has no timers. */
export const memory = (options: MemoryOptions = {}): MemoryEngine => {
  const bounds = filled<Bounds>(memoryDefaults, options)
  const { scheduler = monotonic, wall = platformWall, ids = randomId, epochs = () => token(8) } = options
  const sessions = claims(bounds, ids)
  const rooms = new Map<string, Room>()
  /** Rooms that nobody follows, and rooms that hold something, each with the one used longest ago first. */
  const quiet = new Set<Room>()
  const heavy = new Set<Room>()
  let bytes = 0
  let lanesName: string | undefined

  const held = ({ log, lanes }: Room): number => log.bytes + lanes.held.size() * outcomeBytes
  const renew = (set: Set<Room>, room: Room): void => {
    set.delete(room)
    set.add(room)
  }
  const open = (name: string): Room => {
    let room = rooms.get(name)
    if (!room) {
      room = { name, log: emptyLog(epochs()), lanes: noLanes(), followers: new Set(), telling: false }
      rooms.set(name, room)
    }
    if (room.followers.size === 0) renew(quiet, room)
    return room
  }
  const weighed = (room: Room, change: () => void): void => {
    bytes -= held(room)
    change()
    const now = held(room)
    bytes += now
    if (now === 0) heavy.delete(room)
  }
  const age = (room: Room): void => {
    weighed(room, () => {
      trim(room.log, bounds, scheduler.now())
      if (forget(room.lanes, bounds, scheduler.now())) lanesName = undefined
    })
  }
  const empty = (room: Room): void => {
    weighed(room, () => {
      truncate(room.log)
      if (room.lanes.lanes.size > 0) lanesName = undefined
      room.lanes = noLanes()
    })
  }
  const evict = (): void => {
    const [stalest] = heavy
    if (stalest) age(stalest)
    for (const room of heavy) {
      if (bytes <= bounds.totalBytes) break
      empty(room)
      if (quiet.delete(room)) rooms.delete(room.name)
    }
    for (const room of quiet) {
      if (rooms.size <= bounds.rooms) break
      empty(room)
      quiet.delete(room)
      rooms.delete(room.name)
    }
  }

  const tell = (room: Room): void => {
    if (room.telling) return
    room.telling = true
    for (let again = true; again;) {
      again = false
      for (const follower of room.followers) again = advance(room, follower) || again
    }
    room.telling = false
  }
  const advance = ({ log }: Room, follower: Follower): boolean => {
    const { to, epoch, cursor } = follower
    const base = baseFrom(log, { epoch, offset: cursor })
    if (base.recovered && cursor === log.head) return false
    const messages = slice(log, base.base, feedPage)
    follower.epoch = log.epoch
    follower.cursor = messages.at(-1)?.offset ?? base.base
    if (base.because) {
      const from = { epoch, offset: cursor }
      to.next(E.right({ _tag: 'Lost', from, to: { epoch: log.epoch, offset: base.base }, because: base.because }))
    }
    if (messages.length > 0) to.next(E.right({ _tag: 'Messages', epoch: log.epoch, messages }))
    return true
  }

  const execute = (room: Room, entry: Entry): Outcome => {
    const known = judge(room.lanes, entry)
    if (known) return known
    const outcome: Outcome = entry.refusal ? { _tag: 'Refused', refusal: entry.refusal } : accept(room.log, entry)
    decide(room.lanes, entry, outcome, scheduler.now())
    return outcome
  }
  const accept = (log: Log, { id, event, from, data }: Entry): Outcome => {
    const offset = log.head + 1
    const at = wall()
    push(log, { offset, id, event, from, at, data }, scheduler.now())
    return { _tag: 'Accepted', epoch: log.epoch, offset, at, repeated: false }
  }
  const append = (name: string, entries: readonly Entry[]): readonly Outcome[] => {
    const room = open(name)
    age(room)
    let outcomes: readonly Outcome[] = []
    weighed(room, () => {
      outcomes = entries.map((entry) => execute(room, entry))
    })
    if (held(room) > 0) renew(heavy, room)
    tell(room)
    age(room)
    evict()
    return outcomes
  }

  const follow = (name: string, from: From | undefined): Observable<Either<EngineFailure, Feed>> =>
    new Observable((to) => {
      const room = open(name)
      age(room)
      const base = baseFrom(room.log, from)
      const follower: Follower = { to, epoch: base.epoch, cursor: base.base }
      quiet.delete(room)
      to.next(E.right(base))
      room.followers.add(follower)
      tell(room)
      return () => {
        room.followers.delete(follower)
        if (room.followers.size === 0) quiet.add(room)
      }
    })

  return {
    durability: 'memory',
    dedupeMs: bounds.dedupeMs,
    lanes: () => (lanesName ??= ids()),
    append: (room, entries) => answer(() => append(room, entries)),
    follow,
    read: (name, after, limit) =>
      answer(() => {
        const room = open(name)
        age(room)
        return page(room.log, after, limit)
      }),
    head: (name) =>
      answer(() => {
        const room = rooms.get(name)
        if (!room) return undefined
        age(room)
        const { epoch, first, head } = room.log
        return { epoch, first, head }
      }),
    claim: (claim) => answer(() => sessions.claim(claim, scheduler.now())),
    forget: (name) => {
      const room = rooms.get(name)
      if (!room) return
      empty(room)
      room.log = emptyLog(epochs())
      tell(room)
    },
    held: () => ({ rooms: rooms.size, bytes }),
    close: () => undefined,
  }
}

const answer = <T>(compute: () => T): Answer<T> =>
  new Observable((to) => {
    to.next(E.right(compute()))
    to.complete()
  })
