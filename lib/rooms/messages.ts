import { gap, type Gap } from '../core/position.js'
import type { Counters } from '../kernel/counters.js'
import type { Turns } from '../kernel/turns.js'
import type { Msg } from '../protocol/frame.js'
import { deliver } from './deliver.js'
import type { Joins } from './joins.js'
import type { RoomRecord } from './record.js'

export interface MessageNeeds {
  readonly turns: Pick<Turns, 'settle'>
  readonly counters: Counters
  /** True for a session of this client. */
  readonly own: (session: string) => boolean
  readonly joins: Pick<Joins, 'at' | 'refill'>
  readonly gap: (room: RoomRecord, missing: Gap, isFirst: boolean) => void
}

/** Takes a logged message: drops a duplicate, detects a gap, and offers it to the subscribers of its room. */
export const messages =
  ({ turns, counters, own, joins, gap: tellGap }: MessageNeeds) =>
  (frame: Msg, plain: (raw: unknown) => unknown): void => {
    const room = joins.at(frame[1])
    if (!room) {
      counters.stale++
      return
    }
    const offset = frame[2]
    if (offset <= room.offset) {
      counters.duplicates++
      return
    }
    const prev = frame[8]?.prev ?? offset - 1
    if (prev > room.offset) {
      if (joins.refill(room)) {
        counters.mended++
        return
      }
      const { epoch } = room
      tellGap(room, gap(room.name, { epoch, offset: room.offset }, { epoch, offset: prev }, 'lost'), false)
      turns.settle()
    }
    room.offset = offset
    counters.messagesIn++
    deliver(room, frame, own(frame[5][1]), plain(frame[7]))
  }
