import { gap, type Gap, type GapCause, type Position } from '../../core/position.js'
import { gapError } from '../../rooms/deliver.js'
import type { RoomRecord } from '../../rooms/record.js'
import type { IncomingMessage } from '../../rooms/sink.js'
import type { CatchUpNeeds, Follower } from './follower.js'
import type { Piece } from './page.js'

/** Offers messages and gaps to a subscription that catches up. */
export interface Outlet {
  readonly offer: (arrival: IncomingMessage) => void
  /** Reports missing messages. */
  readonly tell: (from: Position, until: Position, because: GapCause) => void
  /** Offers the messages after an offset, with the gaps in between; returns the offset after them. */
  readonly go: (from: number, items: readonly (IncomingMessage | Gap)[]) => number
  /** Converts a logged message to one on its way. */
  readonly arrival: (piece: Piece) => IncomingMessage
}

export const outlet = (room: RoomRecord, needs: Pick<CatchUpNeeds, 'noted' | 'own'>, to: Follower): Outlet => {
  const tell: Outlet['tell'] = (from, until, because) => {
    const missing = gap(room.name, from, until, because)
    needs.noted?.(gapError(missing))
    to.gap(missing)
  }
  const offer: Outlet['offer'] = (arrival) => {
    to.offer(to.isAgain(arrival) ? { ...arrival, redelivered: true } : arrival)
  }
  return {
    offer,
    tell,
    go: (from, items) => {
      const { epoch } = room
      let offset = from
      for (const item of items) {
        if (!('frame' in item)) {
          if (item.to.offset > offset)
            tell({ epoch, offset: Math.max(offset, item.from.offset) }, item.to, item.because)
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
    },
    arrival: ({ frame, plain }) => ({
      epoch: room.epoch,
      frame,
      own: needs.own(frame[5][1]),
      plain,
      recovered: true,
      redelivered: false,
      shared: false,
    }),
  }
}
