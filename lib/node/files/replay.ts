import type { SessionRegistry } from '../../server/session-registry.js'
import type { Losses } from '../../server/forgotten-lanes.js'
import { noLanes } from '../../server/lanes.js'
import type { Ledger } from '../../server/ledger.js'
import type { RoomState } from '../../server/room-state.js'
import { emptyLog, slice } from '../../server/log.js'
import type { CallReplay } from './call-replay.js'
import { lanesOf, logOf, makerOf } from './checkpoint.js'
import type { Clock } from './clock.js'
import type { TableReplay } from './table-replay.js'
import { type Accepted, type Decided, type JournalRecord, takeBack } from './record.js'

/** Rebuilds rooms and sessions from a journal. */
export interface Replay {
  readonly take: (record: JournalRecord, segment: number) => void
  /** Notes that records of unknown content are missing here. */
  readonly hole: () => void
  /** Notes that the records so far may differ from those that were written. */
  readonly distrust: () => void
  /** The segment in which each room begins, the oldest first. */
  readonly bases: Map<string, number>
  /** Returns the first segment that is still needed. */
  readonly oldest: () => number
  /**
   * Drops rooms that begin in an obsolete segment, and commands that were changed there last. In an undamaged journal, the record that forgot them is gone with
   * its segment.
   */
  readonly prune: () => void
  /**
   * Gives a new epoch to rooms with missing content, certain or possible; if nothing is certain, to all. Returns their
   * number,
   * with that of tables, which get one too. Ends the replay of commands.
   */
  readonly rotate: (sure: 'whole' | 'damaged' | 'unsure') => number
}

export interface ReplayParts {
  readonly rooms: Ledger
  readonly sessions: SessionRegistry
  readonly clock: Clock
  readonly epochs: () => string
  readonly tables: TableReplay
  readonly calls: CallReplay
}

export const replay = ({ rooms, sessions, clock, epochs, tables, calls }: ReplayParts): Replay => {
  const bases = new Map<string, number>()
  /** Rooms with content possibly in a gap, unless later records show otherwise; and rooms with content certainly in one. */
  const suspect = new Set<string>()
  const torn = new Set<string>()
  let hasHole = false
  let oldest = 1

  const begin = (name: string, segment: number): void => {
    bases.delete(name)
    bases.set(name, segment)
    suspect.delete(name)
    torn.delete(name)
  }
  const forget = (name: string): void => {
    rooms.drop(name)
    bases.delete(name)
    suspect.delete(name)
    torn.delete(name)
  }
  /** Returns the room with its log up to before an offset; where the log ends elsewhere, drops its earlier content. */
  const upTo = (name: string, epoch: string, first: number | undefined): RoomState => {
    const room = rooms.find(name)
    if (room?.log.epoch === epoch && (first === undefined || first === room.log.head + 1)) {
      if (first !== undefined) suspect.delete(name)
      return room
    }
    torn.add(name)
    const log = emptyLog(epoch)
    log.head = (first ?? 1) - 1
    log.first = log.head + 1
    return rooms.replace(name, log, room?.log.epoch === epoch ? room.lanes : noLanes())
  }
  const append = (name: string, epoch: string, all: readonly Decided[]): void => {
    const known = rooms.find(name)
    const isNew = (each: Decided): boolean => !known || !isKnown(known, epoch, each)
    const decided = all.every(isNew) ? all : all.filter(isNew)
    const room = upTo(name, epoch, decided.find(isAccepted)?.[4])
    const [first] = decided
    if (first && room.maker?.user === '') rooms.assign(room, first[0])
    rooms.change(room, () => {
      takeBack(room, epoch, decided, clock)
    })
  }

  return {
    bases,
    oldest: () => oldest,
    take: (record, segment) => {
      switch (record[0]) {
        case 'r':
          rooms.replace(record[1], emptyLog(record[2]), noLanes())
          begin(record[1], segment)
          break
        case 'a':
          append(record[1], record[2], record[3])
          if (!bases.has(record[1])) bases.set(record[1], segment)
          break
        case 'c':
          rooms.replace(record[1], logOf(record[2], clock), lanesOf(record[2], clock), makerOf(record[2]))
          begin(record[1], segment)
          break
        case 'd':
          forget(record[1])
          break
        case 's':
          for (const session of record[1]) sessions.restore({ ...session, time: clock.timeOf(session.time) })
          break
        case 'l':
        case 'f':
          restoreLosses(rooms.losses, record)
          break
        case 'u':
          rooms.renewUnborn(record[1])
          break
        case 'o':
          oldest = record[1]
          break
        case 't':
        case 'T':
        case 'e':
          tables.take(record, segment)
          break
        case 'n':
        case 'k':
          calls.take(record, segment)
          break
        case 'h':
          break
      }
    },
    prune: () => {
      const known = [['l', rooms.losses.base()] as const, ['f', [...rooms.losses.counts]] as const]
      for (const [room, segment] of bases) if (segment < oldest) forget(room)
      for (const record of known) restoreLosses(rooms.losses, record)
      calls.prune(oldest)
    },
    hole: () => {
      hasHole = true
      for (const name of rooms.rooms.keys()) suspect.add(name)
    },
    distrust: () => {
      hasHole = true
      for (const name of rooms.rooms.keys()) torn.add(name)
    },
    rotate: (sure) => {
      const rotated = tables.rotate(hasHole || sure === 'unsure')
      const isWhole = sure === 'whole' && torn.size === 0
      calls.end(isWhole)
      if (!isWhole) {
        rooms.losses.renew()
        rooms.renewUnborn(undefined)
      }
      const names = sure === 'unsure' ? [...rooms.rooms.keys()] : [...new Set([...suspect, ...torn])]
      const known = names.flatMap((name) => rooms.find(name) ?? [])
      for (const { name, log, lanes } of known) rooms.replace(name, { ...log, epoch: epochs() }, lanes)
      return known.length + rotated
    },
  }
}

/** Restores the name of the memory of lanes, or lanes that were lost since. */
const restoreLosses = (losses: Losses, record: Extract<JournalRecord, readonly ['l' | 'f', ...unknown[]]>): void => {
  if (record[0] === 'l') losses.restore(record[1])
  else for (const [user, count] of record[1]) losses.restoreCount(user, count)
}

const isAccepted = (decided: Decided): decided is Accepted => decided.length > 5

/** Returns true for a record that the room already has: after damage, two places may hold the same record. */
const isKnown = ({ log }: RoomState, epoch: string, decided: Decided): boolean =>
  isAccepted(decided) &&
  epoch === log.epoch &&
  decided[4] <= log.head &&
  (decided[4] < log.first || slice(log, decided[4] - 1, { count: 1, bytes: Infinity })[0]?.id === decided[5])
