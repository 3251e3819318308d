import { AsyncSubject, of } from 'rxjs'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Positions, Resume } from '../core/ports.js'
import type { Change } from '../store/port.js'
import { positionKey, positionRecord } from './records.js'
import type { Collect } from './writer.js'

/** Stored positions that are written at intervals. */
export interface StoredPositions extends Positions {
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

export const storedPositions = ({ every, most, deadlines, due, isBarred, report }: StoredPositionsNeeds): StoredPositions => {
  const all = new Map<string, Resume>()
  const held = new Map<string, number>()
  /** Unheld rooms of `all`; the room that moved longest ago comes first. */
  const idle = new Set<string>()
  const changed = new Set<string>()
  let saving: AsyncSubject<boolean> | undefined
  let alarm: Deadline | undefined
  let isDue = false
  let isReported = false
  let isClosed = false

  const flush = (): void => {
    alarm?.cancel()
    alarm = undefined
    isDue = changed.size > 0
    if (isDue) due()
  }
  /** Retries failed changes with the next batch, or after `every` ms. */
  const again = (rooms: readonly string[]): void => {
    for (const room of rooms) changed.add(room)
    if (rooms.length > 0) alarm ??= deadlines.after(every, flush)
  }
  const limited = (message: string): void => {
    if (!isReported) report(`storing.positions is ${most}: ${message} Raise it to the number of rooms.`)
    isReported = true
  }
  const put = (room: string, resume: Resume): void => {
    const [oldest] = idle
    if (!all.has(room) && all.size >= most) {
      if (oldest === undefined) {
        limited(`the position of ${room} is not kept.`)
        return
      }
      idle.delete(oldest)
      all.delete(oldest)
      changed.add(oldest)
      limited(`the position of ${oldest}, which moved longest ago, is forgotten.`)
    }
    if (!held.has(room)) {
      idle.delete(room)
      idle.add(room)
    }
    changed.add(room)
    all.set(room, resume)
    alarm ??= deadlines.after(every, flush)
  }

  return {
    get: (room) => all.get(room),
    hold: (room) => {
      held.set(room, (held.get(room) ?? 0) + 1)
      idle.delete(room)
    },
    release: (room) => {
      const left = (held.get(room) ?? 0) - 1
      if (left > 0) held.set(room, left)
      else {
        held.delete(room)
        if (all.has(room)) idle.add(room)
      }
    },
    moved: (room, position) => {
      const known = all.get(room)
      if (isClosed || (known?.position.epoch === position.epoch && known.position.offset >= position.offset)) return
      const offered = known?.position.epoch === position.epoch ? Math.max(known.offered, position.offset) : position.offset
      put(room, { position, offered })
    },
    offered: (room, { epoch, offset }) => {
      const known = all.get(room)
      if (isClosed || known?.position.epoch !== epoch || (known.offered >= offset && known.offered < Infinity)) return
      put(room, { position: known.position, offered: offset })
    },
    save: () => {
      if (isClosed) return of(false)
      saving ??= new AsyncSubject()
      return saving.asObservable()
    },
    load: (found) => {
      const since = [...all]
      all.clear()
      for (const [room, resume] of [...found, ...since]) {
        all.set(room, resume)
        if (!held.has(room)) idle.add(room)
      }
    },
    flush,
    collect: (isBatch) => {
      if (!isBatch && !isDue && !saving) return undefined
      alarm?.cancel()
      alarm = undefined
      isDue = false
      const waiting = saving
      saving = undefined
      if (isBarred()) {
        waiting?.next(false)
        waiting?.complete()
        return undefined
      }
      const rooms = [...changed]
      changed.clear()
      const changes = rooms.map((room): Change => {
        const resume = all.get(room)
        return resume ? positionRecord(room, resume) : { key: positionKey(room) }
      })
      return {
        changes,
        answered: (isSafe) => {
          if (!isSafe && !isClosed) again(rooms)
          waiting?.next(isSafe)
          waiting?.complete()
        },
      }
    },
    close: () => {
      isClosed = true
      alarm?.cancel()
      saving?.next(false)
      saving?.complete()
      changed.clear()
      all.clear()
    },
  }
} // prettier-ignore
