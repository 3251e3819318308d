import { AsyncSubject, of } from 'rxjs'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { KeptPositions, Resume } from '../core/ports.js'
import type { Change } from '../store/port.js'
import { boundedPositions } from './bounded-positions.js'
import { positionKey, positionRecord } from './records.js'
import type { Collect } from './write-queue.js'

/** Stored positions that are written at intervals. */
export interface StoredPositions extends KeptPositions {
  readonly load: (found: ReadonlyMap<string, Resume>) => void
  /** The changes since the last call, if they are due or a batch is written anyway; none while `isBarred`. */
  readonly collect: Collect
  /** Makes all changes due now. */
  readonly flush: () => void
  /** Forgets everything. */
  readonly close: () => void
}

export interface StoredPositionsNeeds {
  /** The shortest interval between writes of positions, in ms, unless `save` is called or other data is written. */
  readonly every: number
  /** The number of rooms to keep positions of. */
  readonly most: number
  readonly deadlines: Deadlines
  /** Changes have become due. */
  readonly due: () => void
  /** True while positions must not be stored: `save` fails, and changes become due at the next `flush` after that. */
  readonly isBarred: () => boolean
  readonly report: (message: string) => void
}

export const storedPositions = ({
  every,
  most,
  deadlines,
  due,
  isBarred,
  report,
}: StoredPositionsNeeds): StoredPositions => {
  const changed = new Set<string>()
  let saving: AsyncSubject<boolean> | undefined
  let alarm: Deadline | undefined
  let isDue = false
  let isClosed = false

  const flush = (): void => {
    stopAlarm()
    isDue = changed.size > 0
    if (isDue) due()
  }
  const stopAlarm = (): void => {
    alarm?.cancel()
    alarm = undefined
  }
  /** Stores the position of a room with the next batch, or after `every` ms. */
  const change = (room: string): void => {
    changed.add(room)
    alarm ??= deadlines.after(every, flush)
  }
  const saved = (save: AsyncSubject<boolean> | undefined, isSafe: boolean): void => {
    save?.next(isSafe)
    save?.complete()
  }
  const kept = boundedPositions({ most, changed: change, report })
  const recordOf = (room: string): Change => {
    const resume = kept.get(room)
    return resume ? positionRecord(room, resume) : { key: positionKey(room) }
  }

  return {
    ...kept,
    moved: (room, position) => {
      if (!isClosed) kept.moved(room, position)
    },
    offered: (room, at) => {
      if (!isClosed) kept.offered(room, at)
    },
    forget: (room) => {
      if (!isClosed) kept.forget(room)
    },
    save: () => {
      if (isClosed) return of(false)
      saving ??= new AsyncSubject()
      return saving.asObservable()
    },
    flush,
    collect: (isBatch) => {
      if (!isBatch && !isDue && !saving) return undefined
      stopAlarm()
      isDue = false
      const save = saving
      saving = undefined
      if (isBarred()) {
        saved(save, false)
        return undefined
      }
      const rooms = [...changed]
      changed.clear()
      return {
        changes: rooms.map(recordOf),
        answered: (isSafe) => {
          if (!isSafe && !isClosed) rooms.forEach(change)
          saved(save, isSafe)
        },
      }
    },
    close: () => {
      isClosed = true
      alarm?.cancel()
      saved(saving, false)
      changed.clear()
      kept.clear()
    },
  }
}
