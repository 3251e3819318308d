import type { Entry, Outcome } from '../../server/engine.js'
import type { Decision, Ledger } from '../../server/ledger.js'
import type { RoomState } from '../../server/room-state.js'
import { fenced, presentLeader } from '../../server/tables/leader-row.js'
import type { TableRegistry } from '../../server/tables/registry.js'
import type { Cleaner } from './cleaner.js'
import type { Drafts } from './commits.js'
import { decidedOf, type JournalRecord } from './record.js'

/** The records of an answer, and its result once they are durable. */
export interface Plan<T> {
  readonly records: readonly JournalRecord[]
  readonly result: () => T
  readonly undo?: () => void
}

/** Plans appends. */
export interface AppendPlans {
  /** Decides entries, after the drafts of earlier plans. The room stays pinned until `result` or `undo` is called. */
  readonly plan: (name: string, entries: readonly Entry[], drafts: Drafts) => Plan<readonly Outcome[]>
}

export interface AppendPlansNeeds {
  readonly rooms: Ledger
  readonly tables: TableRegistry
  readonly cleaner: Cleaner
  readonly wall: () => number
  /** Returns the number of the segment that is written now. */
  readonly segment: () => number
}

export const appendPlans = ({ rooms, tables, cleaner, wall, segment }: AppendPlansNeeds): AppendPlans => {
  /** Plans in a pinned room that stays until the answer. */
  const inRoom = <T>(name: string, use: (room: RoomState) => Plan<T>): Plan<T> => {
    const room = rooms.open(name)
    const undo = rooms.pin(room)
    const { records, result } = use(room)
    return {
      records,
      undo,
      result: () => {
        undo()
        return result()
      },
    }
  }
  const decide = (room: RoomState, entries: readonly Entry[], drafts: Drafts): Plan<readonly Outcome[]> => {
    const { name, log } = room
    const draft = drafts.rooms.get(room) ?? { head: log.head, maker: room.maker?.user, lanes: new Map() }
    drafts.rooms.set(room, draft)
    const before = draft.maker
    const decisions = entries.map((entry) =>
      rooms.decide(
        room,
        fenced(entry, () => presentLeader(tables, name, drafts.tables)),
        draft,
      ),
    )
    const decided = decisions.filter(({ isNew }) => isNew).map((each) => decidedOf(each, wall()))
    const birth: readonly JournalRecord[] =
      before === undefined && draft.maker !== undefined ? [['r', name, log.epoch]] : []
    return {
      records: decided.length === 0 ? [] : [...birth, ['a', name, log.epoch, decided]],
      result: () => {
        apply(room, decisions)
        return decisions.map(({ outcome }) => outcome)
      },
    }
  }
  const apply = (room: RoomState, decisions: readonly Decision[]): void => {
    const isBorn = room.maker !== undefined
    for (const decision of decisions) rooms.apply(room, decision)
    if (!isBorn && room.maker) cleaner.begin(room.name, segment())
    rooms.settle(room)
  }

  return { plan: (name, entries, drafts) => inRoom(name, (room) => decide(room, entries, drafts)) }
}
