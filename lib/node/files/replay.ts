import type { SessionRegistry } from '../../server/session-registry.js'
import { noLanes } from '../../server/lanes.js'
import type { Ledger } from '../../server/ledger.js'
import type { RoomState } from '../../server/room-state.js'
import { emptyLog, slice } from '../../server/log.js'
import { lanesOf, logOf, makerOf } from './checkpoint.js'
import type { Clock } from './clock.js'
import { type Accepted, type Decided, type JournalRecord, takeBack } from './record.js'

/** Makes rooms and sessions of what a journal says. */
export interface Replay {
  readonly take: (record: JournalRecord, segment: number) => void
  /** Here something is missing, and nobody knows what. */
  readonly hole: () => void
  /** The records taken so far may differ from those that were written. */
  readonly distrust: () => void
  /** In which segment each room begins, the oldest first. */
  readonly bases: Map<string, number>
  /** The segments before it are not needed. */
  readonly oldest: () => number
  /** Where nothing is damaged, a room that begins in such a segment was forgotten in one that is gone: it goes again. */
  readonly prune: () => void
  /**
   * Gives a new epoch to the rooms of which something is missing, or may be; where nothing is sure, to all. Says how many
   * that were.
   */
  readonly rotate: (sure: 'whole' | 'damaged' | 'unsure') => number
}

export interface ReplayParts {
  readonly rooms: Ledger
  readonly sessions: SessionRegistry
  readonly clock: Clock
  readonly epochs: () => string
}

export const replay = ({ rooms, sessions, clock, epochs }: ReplayParts): Replay => {
  const bases = new Map<string, number>()
  /** Rooms that may have had something in a hole, unless what follows shows otherwise; and rooms that had. */
  const suspect = new Set<string>()
  const torn = new Set<string>()
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
  /** The room with its log up to before an offset: where that is not so, what came before is given up. */
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
  /** The records that are there already: after damage a record may be found in two places. */
  const isKnown = ({ log }: RoomState, epoch: string, decided: Decided): boolean =>
    isAccepted(decided) &&
    epoch === log.epoch &&
    decided[4] <= log.head &&
    (decided[4] < log.first || slice(log, decided[4] - 1, { count: 1, bytes: Infinity })[0]?.id === decided[5])
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
          rooms.losses.restore(record[1])
          break
        case 'f':
          for (const [user, count] of record[1]) rooms.losses.restoreCount(user, count)
          break
        case 'u':
          rooms.renewUnborn(record[1])
          break
        case 'o':
          oldest = record[1]
          break
        case 'h':
          break
      }
    },
    prune: () => {
      const { base, counts, restore, restoreCount } = rooms.losses
      const [name, known] = [base(), [...counts]]
      for (const [room, segment] of bases) if (segment < oldest) forget(room)
      restore(name)
      for (const [user, count] of known) restoreCount(user, count)
    },
    hole: () => {
      for (const name of rooms.rooms.keys()) suspect.add(name)
    },
    distrust: () => {
      for (const name of rooms.rooms.keys()) torn.add(name)
    },
    rotate: (sure) => {
      if (sure !== 'whole' || torn.size > 0) {
        rooms.losses.renew()
        rooms.renewUnborn(undefined)
      }
      const names = sure === 'unsure' ? [...rooms.rooms.keys()] : [...new Set([...suspect, ...torn])]
      const known = names.flatMap((name) => rooms.find(name) ?? [])
      for (const { name, log, lanes } of known) rooms.replace(name, { ...log, epoch: epochs() }, lanes)
      return known.length
    },
  }
}

const isAccepted = (decided: Decided): decided is Accepted => decided.length > 5
