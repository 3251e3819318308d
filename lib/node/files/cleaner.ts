import type { SessionRegistry } from '../../server/session-registry.js'
import type { Ledger } from '../../server/ledger.js'
import type { CallBases } from './call-bases.js'
import { checkpointOf } from './checkpoint.js'
import type { Clock } from './clock.js'
import type { Journal } from './journal.js'
import type { JournalRecord } from './record.js'
import type { TableBases } from './table-bases.js'

/**
 * Limits the size of a journal. Where the journal is much larger than its live content, the cleaner rewrites rooms that
 * begin in the oldest segment as a whole; it removes the segment once nothing begins there. Live content is thus
 * written at most twice.
 */
export interface Cleaner {
  /** Returns records to rewrite now, about `bytes` of them. */
  readonly plan: (bytes: number) => readonly JournalRecord[]
  /** Confirms that the planned records were written to this segment. Returns true where segments can be removed now. */
  readonly written: (segment: number) => boolean
  /** Returns the segments that can be removed. */
  readonly spare: () => readonly number[]
  /** Records that a room begins in this segment. */
  readonly begin: (room: string, segment: number) => void
  /** Forces a rewrite of everything in segments before this one. */
  readonly force: (segment: number) => void
  /** Returns true where a rewrite is still pending. */
  readonly isBehind: () => boolean
}

export interface CleanerParts {
  readonly rooms: Ledger
  readonly sessions: SessionRegistry
  readonly clock: Clock
  readonly journal: Journal
  readonly segmentBytes: number
  readonly bases: Map<string, number>
  readonly tables: TableBases
  readonly calls: CallBases
}

/** Bytes of a room, an outcome and a session in the journal. */
const smallBytes = 256

/** Ratio of journal bytes to heap bytes; the highest is for texts with three bytes per character. */
const textShare = 0.75

/** Maximum number of segments beyond the live content, and in total. */
const spareSegments = 4
const mostSegments = 256

export const cleaner = (parts: CleanerParts): Cleaner => {
  const { rooms, sessions, clock, journal, segmentBytes, bases, tables, calls } = parts
  const { segments } = journal
  let goal = 0
  /** Sessions before this segment do not count. */
  let claimed = 0
  let planned: { readonly rooms: readonly string[]; readonly sessions: boolean; readonly isAll: boolean } | undefined

  const oldest = (): number => segments.keys().next().value ?? 0
  const isLong = (): boolean => {
    let bytes = 0
    for (const each of segments.values()) bytes += each
    const held = textShare * (rooms.bytes() + tables.bytes() + calls.bytes()) + smallBytes * sessions.size()
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
      const commands = calls.rewrite(goal, bytes - size)
      records.push(...commands.records)
      const isAll = size + commands.bytes <= bytes
      const isClaimed = isAll && claimed < goal
      if (isClaimed) records.push(['s', sessions.known().map((each) => ({ ...each, time: clock.dateOf(each.time) }))])
      if (isAll) {
        const { base, counts } = rooms.losses
        records.push(...tables.rewrite(goal), ['l', base()], ['f', [...counts]], ['u', rooms.unborn()], calls.named(), [
          'o',
          goal,
        ])
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
      calls.written(segment)
      if (planned.sessions) claimed = segment
      if (planned.isAll) tables.written(segment)
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
