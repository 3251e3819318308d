import type { Gap, Position } from '../../core/position.js'
import type { RoomRecord } from '../../rooms/record.js'
import type { IncomingMessage } from '../../rooms/sink.js'
import { abandoned } from './error.js'
import type { CatchUp, CatchUpNeeds, Follower } from './follower.js'
import { type Outlet, outlet as outletOf } from './outlet.js'
import type { CatchUpState, Progress } from './progress.js'
import { type PageReader, pageReader } from './reading.js'

/** Makes the gate of one catch-up. */
export const catchUp = (room: RoomRecord, needs: CatchUpNeeds, to: Follower): CatchUp => {
  const state: CatchUpState = { progress: { _tag: 'Pending' }, isLenient: true }
  const outlet = outletOf(room, needs, to)

  const over = (): void => {
    state.progress = { _tag: 'Over' }
    to.caughtUp()
  }
  const pass = (until: number, drops: boolean): void => {
    to.moved({ epoch: room.epoch, offset: drops ? until : room.offset })
    if (until > room.offset) state.progress = { _tag: 'Passing', until, drops }
    else over()
  }
  const reader = pageReader({ room, needs, to, outlet, state, pass })
  /** Stores the start position before the first offer, so that a killed client goes on from there. */
  const anchor = (cursor: Position): void => {
    to.moved(cursor)
    const anchoring: Progress = { _tag: 'Anchoring', cursor, held: [] }
    state.progress = anchoring
    to.save(() => {
      if (state.progress !== anchoring) return
      if (anchoring.held) pass(outlet.go(cursor.offset, anchoring.held), true)
      else reader.read(cursor)
    })
  }
  /** Goes on after a pause. */
  const goOn = (cursor: Position): void => {
    if (to.free() > 0 && cursor.epoch === room.epoch && cursor.offset >= room.offset) over()
    else reader.read(cursor)
  }
  const begin = (): void => {
    const { epoch } = room
    if (to.isNew()) {
      anchor({ epoch, offset: room.offset })
      return
    }
    const from = to.start() ?? { last: 0 }
    state.isLenient = 'last' in from
    const cursor: Position = 'last' in from ? { epoch, offset: Math.max(0, room.offset - from.last) } : from
    if (cursor.epoch === epoch && cursor.offset === room.offset) {
      to.moved(cursor)
      over()
      return
    }
    const cached = to.free() === Infinity ? needs.cached(room, cursor) : undefined
    if (!cached) {
      reader.read(cursor)
      return
    }
    const arrivals = cached.map((piece) => ({ ...outlet.arrival(piece), shared: true }))
    pass(outlet.go(cursor.offset, arrivals), true)
  }
  const parts: Parts = { room, needs, to, state, outlet, reader, over, anchor, goOn }

  return {
    begin: () => {
      to.recall(room.epoch, room.offset)
      begin()
    },
    repeat: () => {
      state.progress = { _tag: 'Passing', until: room.offset, drops: true }
    },
    pause: (at) => {
      state.isLenient = false
      state.progress = { _tag: 'Paused', cursor: at }
    },
    resume: () => {
      if (state.progress._tag === 'Paused') goOn(state.progress.cursor)
    },
    seated: (head, isAsked) => {
      const again = to.recall(room.epoch, head)
      if (to.isNew()) anchor({ epoch: room.epoch, offset: head })
      else if (to.start() === undefined) pass(head, true)
      else if (isAsked) pass(again, false)
      else begin()
    },
    take: (arrived) => {
      take(parts, arrived)
    },
    gap: (missing, isFirst) => {
      skip(parts, missing, isFirst)
    },
    close: () => {
      const before = state.progress
      state.progress = { _tag: 'Over' }
      if (before._tag === 'Reading') before.page?.giveUp(abandoned(room.name))
    },
  }
}

interface Parts {
  readonly room: RoomRecord
  readonly needs: CatchUpNeeds
  readonly to: Follower
  readonly state: CatchUpState
  readonly outlet: Outlet
  readonly reader: PageReader
  readonly over: () => void
  readonly anchor: (cursor: Position) => void
  readonly goOn: (cursor: Position) => void
}

/** Takes a live message in each state. */
const take = ({ needs, to, state, outlet, reader, over }: Parts, arrived: IncomingMessage): void => {
  const { progress } = state
  const offset = arrived.frame[2]
  const { holdMessages } = needs.limits()
  switch (progress._tag) {
    case 'Reading':
      if (!progress.held) return
      if (progress.held.length < holdMessages) progress.held.push(arrived)
      else reader.overflow(progress)
      return
    case 'Anchoring':
      if (progress.held && progress.held.length < Math.min(holdMessages, to.free())) progress.held.push(arrived)
      else progress.held = undefined
      return
    case 'Passing': {
      const { until, drops } = progress
      if (offset >= until) over()
      if (offset > until || !drops) outlet.offer(arrived)
      return
    }
    case 'Pending':
    case 'Paused':
    case 'Over':
      return
  }
}

/** Takes a gap of the room in each state; `isFirst`: before the start of its first join. */
const skip = ({ room, to, state, outlet, over, anchor, goOn }: Parts, missing: Gap, isFirst: boolean): void => {
  const { progress } = state
  switch (progress._tag) {
    case 'Reading': {
      if (isFirst) return
      const { cursor, held, page } = progress
      if (missing.to.epoch === cursor.epoch) held?.push(missing)
      else {
        over()
        page?.giveUp(abandoned(room.name))
        outlet.tell(cursor, missing.to, missing.because)
      }
      return
    }
    case 'Anchoring':
      if (isFirst) return
      if (missing.to.epoch === progress.cursor.epoch) progress.held?.push(missing)
      else {
        outlet.tell(progress.cursor, missing.to, missing.because)
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
        const from = { epoch: missing.from.epoch, offset: Math.max(until, missing.from.offset) }
        outlet.tell(from, missing.to, missing.because)
      }
      return
    }
    case 'Paused':
      if (missing.to.epoch === progress.cursor.epoch) return
      outlet.tell(progress.cursor, missing.to, missing.because)
      goOn(missing.to)
      return
    case 'Pending':
    case 'Over':
      return
  }
}
