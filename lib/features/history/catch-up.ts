import type { CatchUp, CatchUpNeeds, Follower } from './follower.js'
import * as E from '#fp/Either'
import { abandoned } from './error.js'
import type { Page, Piece } from './pages.js'
import type { WebSocketError } from '../../core/error.js'
import { gap, type Gap, type GapCause, type Position } from '../../core/position.js'
import type { Result } from '../../core/result.js'
import { gapError } from '../../rooms/deliver.js'
import type { Progress, Reading } from './progress.js'
import type { RoomRecord } from '../../rooms/record.js'
import type { IncomingMessage } from '../../rooms/sink.js'

/** Empty pages in a row after which the missing messages count as lost. */
const maxEmptyPages = 20

export const catchUp = (room: RoomRecord, needs: CatchUpNeeds, to: Follower): CatchUp => {
  const isUnlimited = to.free() === Infinity
  let progress: Progress = { _tag: 'Pending' }
  let emptyPages = 0
  /** True while messages that the server no longer has do not count as missing. */
  let isLenient = true

  const over = (): void => {
    progress = { _tag: 'Over' }
    to.caughtUp()
  }
  const tell = (from: Position, until: Position, because: GapCause): void => {
    const missing = gap(room.name, from, until, because)
    needs.noted?.(gapError(missing))
    to.gap(missing)
  }
  const offer = (arrival: IncomingMessage): void => {
    to.offer(to.isAgain(arrival) ? { ...arrival, redelivered: true } : arrival)
  }
  /** Offers the messages after a place, with the gaps in between; returns the place after them. */
  const go = (from: number, items: readonly (IncomingMessage | Gap)[]): number => {
    const { epoch } = room
    let offset = from
    for (const item of items) {
      if (!('frame' in item)) {
        if (item.to.offset > offset) tell({ epoch, offset: Math.max(offset, item.from.offset) }, item.to, item.because)
        offset = Math.max(offset, item.to.offset)
      } else if (item.frame[2] > offset) {
        const prev = item.frame[8]?.prev ?? item.frame[2] - 1
        if (prev > offset) tell({ epoch, offset }, { epoch, offset: prev }, 'lost')
        offer(item)
        offset = item.frame[2]
      }
    }
    to.moved({ epoch, offset })
    return offset
  }
  const pass = (until: number, drops: boolean): void => {
    to.moved({ epoch: room.epoch, offset: drops ? until : room.offset })
    if (until > room.offset) progress = { _tag: 'Passing', until, drops }
    else over()
  }
  /** Stores the start position before the first offer, so that a killed client goes on from there. */
  const anchor = (cursor: Position): void => {
    to.moved(cursor)
    const anchoring: Progress = { _tag: 'Anchoring', cursor, held: [] }
    progress = anchoring
    to.save(() => {
      if (progress !== anchoring) return
      if (anchoring.held) pass(go(cursor.offset, anchoring.held), true)
      else read(cursor)
    })
  }
  const read = (cursor: Position): void => {
    const free = to.free()
    if (free <= 0) {
      progress = { _tag: 'Paused', cursor }
      return
    }
    const isNear =
      isUnlimited && (cursor.epoch !== room.epoch || room.offset - cursor.offset <= needs.limits().holdMessages)
    const since = room.offset
    const reading: Reading = { _tag: 'Reading', cursor, since, held: isNear ? [] : undefined }
    progress = reading
    const count = Math.min(needs.limits().pageMessages, free)
    reading.page = needs.ask({ room: room.name, count, after: cursor }, (answer) => {
      if (progress === reading) answered(reading, answer)
    })
  }
  /** Goes on after a pause. */
  const goOn = (cursor: Position): void => {
    if (to.free() > 0 && cursor.epoch === room.epoch && cursor.offset >= room.offset) over()
    else read(cursor)
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
    const isCut = !end.recovered && !(isLenient && end.because === 'truncated')
    if (isCut) tell(cursor, { epoch: end.epoch, offset: end.base }, end.because ?? 'lost')
    const base = end.recovered ? cursor.offset : end.base
    const offset = go(
      base,
      pieces.map((piece) => ('frame' in piece ? arrival(piece) : piece)),
    )
    emptyPages = offset > base || !end.recovered ? 0 : emptyPages + 1
    isLenient = false
    if (offset >= room.offset) pass(offset, true)
    else if (held && offset >= since) {
      pass(go(offset, held), true)
    } else if (emptyPages === 0) read({ epoch: end.epoch, offset })
    else if (emptyPages < maxEmptyPages) waitFor({ epoch: end.epoch, offset })
    else skip(reading, { epoch: end.epoch, offset }, 'lost')
  }
  /** Asks again after a delay: the log that answered lags behind the room's live messages. */
  const waitFor = (cursor: Position): void => {
    const waiting: Reading = { _tag: 'Reading', cursor, since: room.offset, held: undefined }
    progress = waiting
    waiting.page = needs.later(() => {
      read(cursor)
    })
  }
  const refused = (reading: Reading, because: WebSocketError): void => {
    if (!isLenient) skip(reading, reading.cursor, because.code === 'room/too-large' ? 'too-large' : 'forbidden')
    else {
      if (because.code !== 'room/forbidden') to.fail(because)
      leap(reading)
    }
  }
  /** The messages between here and the room's position are lost. */
  const skip = (reading: Reading, cursor: Position, because: GapCause): void => {
    tell(cursor, { epoch: room.epoch, offset: reading.held ? reading.since : room.offset }, because)
    leap(reading)
  }
  const leap = ({ held, since }: Reading): void => {
    pass(go(held ? since : room.offset, held ?? []), true)
  }
  const arrival = ({ frame, plain }: Piece): IncomingMessage => ({
    epoch: room.epoch,
    frame,
    own: needs.own(frame[5][1]),
    payload: () => plain,
    recovered: true,
    redelivered: false,
    shared: false,
  })
  const overflow = (reading: Reading): void => {
    reading.held = undefined
    if (reading.cursor.epoch !== room.epoch) return
    needs.rewind(room, reading.cursor, () => {
      pass(reading.cursor.offset, true)
      reading.page?.giveUp(abandoned(room.name))
    })
  }
  const begin = (): void => {
    const { epoch } = room
    if (to.isNew()) {
      anchor({ epoch, offset: room.offset })
      return
    }
    const from = to.start() ?? { last: 0 }
    isLenient = 'last' in from
    const cursor: Position = 'last' in from ? { epoch, offset: Math.max(0, room.offset - from.last) } : from
    if (cursor.epoch === epoch && cursor.offset === room.offset) {
      to.moved(cursor)
      over()
      return
    }
    const cached = isUnlimited ? needs.cached(room, cursor) : undefined
    if (!cached) {
      read(cursor)
      return
    }
    pass(
      go(
        cursor.offset,
        cached.map((piece) => ({ ...arrival(piece), shared: true })),
      ),
      true,
    )
  }

  return {
    begin: () => {
      to.recall(room.epoch, room.offset)
      begin()
    },
    repeat: () => {
      progress = { _tag: 'Passing', until: room.offset, drops: true }
    },
    pause: (at) => {
      isLenient = false
      progress = { _tag: 'Paused', cursor: at }
    },
    resume: () => {
      if (progress._tag === 'Paused') goOn(progress.cursor)
    },
    seated: (head, isAsked) => {
      const again = to.recall(room.epoch, head)
      if (to.isNew()) anchor({ epoch: room.epoch, offset: head })
      else if (to.start() === undefined) pass(head, true)
      else if (isAsked) pass(again, false)
      else begin()
    },
    take: (arrived) => {
      const offset = arrived.frame[2]
      switch (progress._tag) {
        case 'Reading':
          if (!progress.held) return
          if (progress.held.length < needs.limits().holdMessages) progress.held.push(arrived)
          else overflow(progress)
          return
        case 'Anchoring':
          if (progress.held && progress.held.length < Math.min(needs.limits().holdMessages, to.free()))
            progress.held.push(arrived)
          else progress.held = undefined
          return
        case 'Passing': {
          const { until, drops } = progress
          if (offset >= until) over()
          if (offset > until || !drops) offer(arrived)
          return
        }
        case 'Pending':
        case 'Paused':
        case 'Over':
          return
      }
    },
    gap: (missing, isFirst) => {
      switch (progress._tag) {
        case 'Reading': {
          if (isFirst) return
          const { cursor, held, page } = progress
          if (missing.to.epoch === cursor.epoch) held?.push(missing)
          else {
            over()
            page?.giveUp(abandoned(room.name))
            tell(cursor, missing.to, missing.because)
          }
          return
        }
        case 'Anchoring':
          if (isFirst) return
          if (missing.to.epoch === progress.cursor.epoch) progress.held?.push(missing)
          else {
            tell(progress.cursor, missing.to, missing.because)
            anchor(missing.to)
          }
          return
        case 'Passing': {
          const { until, drops } = progress
          if (drops && isFirst) return
          const isAnother = missing.from.epoch !== missing.to.epoch
          // A first join that does not begin where it asked must still report which messages may come again.
          if (isAnother && !isFirst) over()
          if (!drops) to.gap(missing)
          else if (isAnother || missing.to.offset > until) {
            over()
            tell(
              { epoch: missing.from.epoch, offset: Math.max(until, missing.from.offset) },
              missing.to,
              missing.because,
            )
          }
          return
        }
        case 'Paused':
          if (missing.to.epoch === progress.cursor.epoch) return
          tell(progress.cursor, missing.to, missing.because)
          goOn(missing.to)
          return
        case 'Pending':
        case 'Over':
          return
      }
    },
    close: () => {
      const before = progress
      progress = { _tag: 'Over' }
      if (before._tag === 'Reading') before.page?.giveUp(abandoned(room.name))
    },
  }
}
