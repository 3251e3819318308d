import type { SessionRegistry } from '../../server/session-registry.js'
import type { Ledger } from '../../server/ledger.js'
import { checkpointOf } from './checkpoint.js'
import type { Clock } from './clock.js'
import type { Journal } from './journal.js'
import type { JournalRecord } from './record.js'

/**
 * Keeps a journal short. Where it is much longer than what it holds, rooms that begin in the oldest segment are written
 * again as a whole; when nothing begins there any more, the segment is removed. So what is held is written twice at most.
 */
export interface Cleaner {
  /** What is to be written now, about so many bytes of it. */
  readonly plan: (bytes: number) => readonly JournalRecord[]
  /** What was planned was written to this segment. Answers whether segments can be removed now. */
  readonly written: (segment: number) => boolean
  /** Segments that are not needed any more. */
  readonly spare: () => readonly number[]
  /** A room begins in this segment. */
  readonly begin: (room: string, segment: number) => void
  /** Has everything written again that is in segments before this one. */
  readonly force: (segment: number) => void
  /** Whether something is still to be written again. */
  readonly isBehind: () => boolean
}

export interface CleanerParts {
  readonly rooms: Ledger
  readonly sessions: SessionRegistry
  readonly clock: Clock
  readonly journal: Journal
  readonly segmentBytes: number
  readonly bases: Map<string, number>
}

/** What a room, an outcome and a session take in the journal. */
const smallBytes = 256

/** What the journal takes of what is held takes so much of the heap; of texts of three bytes a character, most. */
const textShare = 0.75

/** Segments beyond what is held, and in all. */
const spareSegments = 4
const mostSegments = 256

export const cleaner = ({ rooms, sessions, clock, journal, segmentBytes, bases }: CleanerParts): Cleaner => {
  const { segments } = journal
  let goal = 0
  /** Before this segment there are no sessions that count. */
  let claimed = 0
  let planned: { readonly rooms: readonly string[]; readonly sessions: boolean; readonly isAll: boolean } | undefined

  const oldest = (): number => segments.keys().next().value ?? 0
  const isLong = (): boolean => {
    let bytes = 0
    for (const each of segments.values()) bytes += each
    const held = textShare * rooms.bytes() + smallBytes * sessions.size()
    return bytes > 2 * held + spareSegments * segmentBytes || segments.size > mostSegments
  }
  const aim = (): boolean => {
    if (oldest() >= goal && segments.size > 1 && isLong()) goal = oldest() + 1
    return oldest() < goal
  }

  return {
    plan: (bytes) => {
      planned = undefined
      if (!aim()) return []
      const records: JournalRecord[] = []
      const names: string[] = []
      let size = 0
      for (const [name, base] of bases) {
        if (base >= goal || size > bytes) break
        const room = rooms.find(name)
        names.push(name)
        if (!room) continue
        size += smallBytes + room.log.bytes + room.lanes.size * smallBytes
        records.push(['c', name, checkpointOf(room, clock)])
      }
      const isAll = size <= bytes
      const isClaimed = isAll && claimed < goal
      if (isClaimed) records.push(['s', sessions.known().map((each) => ({ ...each, time: clock.dateOf(each.time) }))])
      if (isAll) {
        const { base, counts } = rooms.losses
        records.push(['l', base()], ['f', [...counts]], ['u', rooms.unborn()], ['o', goal])
      }
      planned = { rooms: names, sessions: isClaimed, isAll }
      return records
    },
    written: (segment) => {
      if (!planned) return false
      for (const name of planned.rooms) {
        bases.delete(name)
        if (rooms.rooms.has(name)) bases.set(name, segment)
      }
      if (planned.sessions) claimed = segment
      return planned.isAll
    },
    spare: () => [...segments.keys()].filter((segment) => segment < goal),
    begin: (room, segment) => {
      bases.delete(room)
      bases.set(room, segment)
    },
    force: (segment) => {
      goal = segment
    },
    isBehind: () => oldest() < goal,
  }
}
