import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Positions } from '../core/ports.js'
import type { Position } from '../core/position.js'
import type { Change } from '../store/port.js'
import { positionKey, positionRecord } from './records.js'

/** Positions that are written now and then. */
export interface StoredPositions extends Positions {
  readonly load: (found: ReadonlyMap<string, Position>) => void
  /** Writes what has moved. */
  readonly flush: () => void
  /** Knows nothing any more. */
  readonly close: () => void
}

export interface StoredPositionsNeeds {
  /** In ms. */
  readonly every: number
  readonly most: number
  readonly deadlines: Deadlines
  readonly write: (change: Change) => void
}

export const storedPositions = ({ every, most, deadlines, write }: StoredPositionsNeeds): StoredPositions => {
  /** The room that moved longest ago comes first. */
  const all = new Map<string, Position>()
  const moved = new Set<string>()
  let due: Deadline | undefined
  let isClosed = false

  const flush = (): void => {
    due?.cancel()
    due = undefined
    for (const room of moved) {
      const position = all.get(room)
      write(position ? positionRecord(room, position) : { key: positionKey(room) })
    }
    moved.clear()
  }
  return {
    get: (room) => all.get(room),
    moved: (room, position) => {
      if (isClosed) return
      if (!moved.has(room)) {
        moved.add(room)
        all.delete(room)
        due ??= deadlines.after(every, flush)
      }
      all.set(room, position)
      if (all.size <= most) return
      const [oldest] = all.keys()
      if (oldest === undefined) return
      all.delete(oldest)
      moved.add(oldest)
    },
    load: (found) => {
      const since = [...all]
      all.clear()
      for (const [room, position] of [...found, ...since]) all.set(room, position)
    },
    flush,
    close: () => {
      isClosed = true
      due?.cancel()
      moved.clear()
      all.clear()
    },
  }
}
