import type { WebSocketError } from '../core/error.js'
import type { FrameHandlers } from '../kernel/extension.js'
import type { View } from '../protocol/frame.js'
import type { RoomRecord } from '../rooms/record.js'
import { type Copy, type Difference, takeChange, takeCount, takeRows } from './copy.js'

/** The part of a table to view. */
export type TableView = Pick<View, 'view' | 'after' | 'limit' | 'names' | 'prefix' | 'where'>

/** A reader of a table. All members are called in a turn. */
export interface TableWatcher {
  /**
   * The copy has changed, or is live again, or no longer; the first complete one with all rows. Before that, a copy may
   * have counts, and the rows of some pages; where it has nothing, it begins anew.
   */
  readonly changed: (copy: Copy, difference: Difference, isLive: boolean) => void
  /** The server has no tables. */
  readonly failed: (because: WebSocketError) => void
  /** The client is closed. */
  readonly closed: () => void
}

/** A table that somebody watches. */
export interface Watched {
  view: TableView
  /** The number of the latest view that was asked for. */
  asked: number
  copy: Copy
  isLive: boolean
  readonly watchers: Set<TableWatcher>
}

export const nothing: Difference = { puts: [], drops: [], isReconciled: false }

/** Shows the copy to its watchers. */
const tell = ({ copy, view, isLive, watchers }: Watched, difference: Difference): void => {
  if (copy.at ?? copy.counts ?? (copy.pages.length > 0 || view.view === 'none'))
    for (const each of [...watchers]) each.changed(copy, difference, isLive)
}

/** Shows that a copy is live from now on, or no longer. */
export const setLive = (watched: Watched, isLive: boolean): void => {
  if (watched.isLive === isLive) return
  watched.isLive = isLive
  tell(watched, nothing)
}

/** The copies of a room stay as they are. */
export const rest = (all: Iterable<Watched>): void => {
  for (const watched of all) setLive(watched, false)
}

/** Returns the handlers of the frames that change copies. `ask` asks for the difference to a copy that has a hole. */
export const copyFrames = (
  at: (number: number, of: string) => readonly [RoomRecord, Watched] | undefined,
  ask: (room: RoomRecord, of: string, watched: Watched) => void,
): Pick<FrameHandlers, 'rows' | 'count' | 'change'> => ({
  rows: (frame) => {
    const [, watched] = at(frame.number, frame.of) ?? []
    if (watched?.asked !== frame.view) return
    const [copy, difference] = takeRows(watched.copy, frame)
    watched.copy = copy
    if (difference) watched.isLive = true
    // The first pages show what there is so far.
    if (difference ?? !copy.at) tell(watched, difference ?? nothing)
  },
  count: (frame) => {
    const [, watched] = at(frame.number, frame.of) ?? []
    if (watched?.asked !== frame.view) return
    const isInstead = watched.view.view === 'all' || watched.view.view === 'count'
    watched.copy = takeCount(watched.copy, frame, isInstead)
    watched.isLive ||= isInstead
    tell(watched, nothing)
  },
  change: (frame) => {
    const [room, watched] = at(frame.number, frame.of) ?? []
    // Without a copy it is a change of an earlier view.
    if (!room || !watched?.copy.at) return
    const taken = takeChange(watched.copy, frame)
    if (!taken) {
      ask(room, frame.of, watched)
      return
    }
    const [copy, difference] = taken
    watched.copy = copy
    if (difference) tell(watched, difference)
  },
})
