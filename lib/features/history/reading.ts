import * as E from '#fp/Either'
import type { WebSocketError } from '../../core/error.js'
import type { GapCause, Position } from '../../core/position.js'
import type { Result } from '../../core/result.js'
import type { RoomRecord } from '../../rooms/record.js'
import { abandoned } from './error.js'
import type { CatchUpNeeds, Follower } from './follower.js'
import type { Outlet } from './outlet.js'
import type { Page } from './page.js'
import type { CatchUpState, Reading } from './progress.js'

/** Reads the pages of a log that a subscription lacks. */
export interface PageReader {
  /** Reads the messages after a position; waits while the subscription accepts none. */
  readonly read: (cursor: Position) => void
  /** More live messages arrived than may be held while a page is in flight: the room is read anew from there. */
  readonly overflow: (reading: Reading) => void
}

export interface PageReaderNeeds {
  readonly room: RoomRecord
  readonly needs: CatchUpNeeds
  readonly to: Follower
  readonly outlet: Outlet
  readonly state: CatchUpState
  /** Messages up to `until` are known; `drops`: they were offered. */
  readonly pass: (until: number, drops: boolean) => void
}

/** Empty pages in a row after which the missing messages count as lost. */
const maxEmptyPages = 20

export const pageReader = ({ room, needs, to, outlet, state, pass }: PageReaderNeeds): PageReader => {
  const isUnlimited = to.free() === Infinity
  let emptyPages = 0

  const read = (cursor: Position): void => {
    const free = to.free()
    if (free <= 0) {
      state.progress = { _tag: 'Paused', cursor }
      return
    }
    const { holdMessages, pageMessages } = needs.limits()
    const isNear = isUnlimited && (cursor.epoch !== room.epoch || room.offset - cursor.offset <= holdMessages)
    const since = room.offset
    const reading: Reading = { _tag: 'Reading', cursor, since, held: isNear ? [] : undefined }
    state.progress = reading
    const count = Math.min(pageMessages, free)
    reading.page = needs.ask({ room: room.name, count, after: cursor }, (answer) => {
      if (state.progress === reading) answered(reading, answer)
    })
  }
  const answered = (reading: Reading, answer: Result<Page>): void => {
    if (E.isLeft(answer)) {
      refused(reading, answer.left)
      return
    }
    const { end, pieces } = answer.right
    // The room will learn of the new log, and this subscription with it.
    if (end.epoch !== room.epoch) return
    const { cursor, since, held } = reading
    const isCut = !end.recovered && !(state.isLenient && end.because === 'truncated')
    if (isCut) outlet.tell(cursor, { epoch: end.epoch, offset: end.base }, end.because ?? 'lost')
    const base = end.recovered ? cursor.offset : end.base
    const offset = outlet.go(
      base,
      pieces.map((piece) => ('frame' in piece ? outlet.arrival(piece) : piece)),
    )
    emptyPages = offset > base || !end.recovered ? 0 : emptyPages + 1
    state.isLenient = false
    if (offset >= room.offset) pass(offset, true)
    else if (held && offset >= since) {
      pass(outlet.go(offset, held), true)
    } else if (emptyPages === 0) read({ epoch: end.epoch, offset })
    else if (emptyPages < maxEmptyPages) waitFor({ epoch: end.epoch, offset })
    else skip(reading, { epoch: end.epoch, offset }, 'lost')
  }
  /** Asks again after a delay: the log that answered lags behind the room's live messages. */
  const waitFor = (cursor: Position): void => {
    const waiting: Reading = { _tag: 'Reading', cursor, since: room.offset, held: undefined }
    state.progress = waiting
    waiting.page = needs.later(() => {
      read(cursor)
    })
  }
  const refused = (reading: Reading, because: WebSocketError): void => {
    if (!state.isLenient) skip(reading, reading.cursor, because.code === 'room/too-large' ? 'too-large' : 'forbidden')
    else {
      if (because.code !== 'room/forbidden') to.fail(because)
      leap(reading)
    }
  }
  /** The messages between here and the room's position are lost. */
  const skip = (reading: Reading, cursor: Position, because: GapCause): void => {
    outlet.tell(cursor, { epoch: room.epoch, offset: reading.held ? reading.since : room.offset }, because)
    leap(reading)
  }
  const leap = ({ held, since }: Reading): void => {
    pass(outlet.go(held ? since : room.offset, held ?? []), true)
  }

  return {
    read,
    overflow: (reading) => {
      reading.held = undefined
      if (reading.cursor.epoch !== room.epoch) return
      needs.rewind(room, reading.cursor, () => {
        pass(reading.cursor.offset, true)
        reading.page?.giveUp(abandoned(room.name))
      })
    },
  }
}
