import { type Observable, tap } from 'rxjs'
import type { Deadlines } from '../core/deadlines.js'
import type { From, Join, Joins } from '../protocol/frame.js'
import { joinFrames, type JoinLimits } from './join-frames.js'
import { extrasOf, type RoomRecord } from './record.js'

export interface JoinQueueNeeds {
  /** They run in turns. */
  readonly deadlines: Deadlines
  /** True for a room that may not be joined yet. */
  readonly waits: (room: RoomRecord) => boolean
  /** Returns the start of a room's first join. */
  readonly start: (room: RoomRecord) => From | undefined
  /** Gives a room the number of its join, which is written now. */
  readonly written: (room: RoomRecord) => void
}

/** The rooms whose joins wait to be written. Call in a turn. */
export interface JoinQueue {
  readonly add: (room: RoomRecord) => void
  readonly withdraw: (room: RoomRecord) => void
  readonly pending: () => boolean
  /** The next joins to write, of at most `bytes` together. Their numbers follow each other. */
  readonly take: (limits: JoinLimits, bytes: number) => readonly (Join | Joins)[]
  /** Adds a room after `ms`, unless it is added or withdrawn before. */
  readonly delay: (room: RoomRecord, ms: number) => void
  /** Runs a task when the Observable emits, in a turn, unless the room is added or withdrawn before. */
  readonly later: (room: RoomRecord, time$: Observable<unknown>, task: () => void) => void
}

export const joinQueue = (needs: JoinQueueNeeds): JoinQueue => {
  const wanted = new Set<RoomRecord>()

  const add = (room: RoomRecord): void => {
    room.extras?.retry?.unsubscribe()
    wanted.add(room)
  }
  const later = (room: RoomRecord, time$: Observable<unknown>, task: () => void): void => {
    extrasOf(room).retry = time$.pipe(tap(task)).subscribe()
  }
  return {
    add,
    withdraw: (room) => {
      room.extras?.retry?.unsubscribe()
      wanted.delete(room)
    },
    delay: (room, ms) => {
      wanted.delete(room)
      later(room, needs.deadlines.elapsed(ms), () => {
        add(room)
      })
    },
    later,
    pending: () => wanted.size > 0,
    take: (limits, bytes) => {
      const frames = joinFrames(limits, bytes)
      const taken: RoomRecord[] = []
      for (const room of wanted) {
        if (needs.waits(room)) continue
        const from = room.epoch === '' ? needs.start(room) : undefined
        if (from || room.extras) extrasOf(room).start = from
        if (!frames.add(room)) break
        taken.push(room)
        needs.written(room)
      }
      // All at once take a tenth of the time of one by one.
      if (taken.length === wanted.size) wanted.clear()
      else for (const room of taken) wanted.delete(room)
      return frames.all()
    },
  }
}
