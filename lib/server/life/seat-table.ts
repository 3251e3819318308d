import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { SEATS } from '../../protocol/room-info.js'
import type { Context } from '../context.js'
import { refusal } from '../refusal.js'
import { nameOf } from '../tables/kinds.js'
import type { Tables, Write, WriteOutcome } from '../tables/model.js'
import { replica } from '../tables/replica.js'
import { rowIndex } from '../tables/row-index.js'
import type { ReserveOrder } from './order-fields.js'
import { type Reservations, reservations, reserving, unreserving } from './reservations.js'
import type { Reserved } from './seat-request.js'

/** A copy of the table of a room's seats, and the reservations in it. */
export interface SeatTable extends Pick<Reservations, 'nextEnd' | 'expired'> {
  readonly isKnown: () => boolean
  /** Returns the number of names with a seat, or with a reservation that is not over. */
  readonly taken: () => number
  /** Returns true where the table has the name of a seat. */
  readonly has: (name: string) => boolean
  readonly isReserved: Reservations['has']
  readonly hasReservations: Reservations['hasAny']
  /** Keeps seats for users, of a room with so many seats. */
  readonly reserve: (users: readonly string[], order: ReserveOrder, seats: number | undefined, then: Reserved) => void
  readonly unreserve: (users: readonly string[], then: Reserved) => void
  readonly close: () => void
}

/** Follows the table. Calls `changed` in a turn, after each change. */
export const seatTable = (context: Context, tables: Tables, room: string, changed: () => void): SeatTable => {
  const copy = replica(context, tables, { of: SEATS, room }, (keys) => {
    index.changed(keys)
    reserved.changed(keys)
    changed()
  })
  const index = rowIndex(copy.table)
  const write = (writes: readonly Write[], then: (outcomes: Either<string, readonly WriteOutcome[]>) => void): void => {
    context.engine(
      () => tables.write({ of: SEATS, room }, writes),
      (answer) => {
        if (E.isLeft(answer)) context.fault({ where: 'engine', message: answer.left, room })
        then(answer)
      },
    )
  }
  const reserved = reservations(context, copy.table, (writes, failed) => {
    write(writes, (outcomes) => {
      if (E.isLeft(outcomes)) failed()
    })
  })
  /** Writes a row for each user, after other writes. */
  const change = (users: readonly string[], writes: readonly Write[], then: Reserved, before: Write[] = []): void => {
    write([...before, ...writes], (outcomes) => {
      if (E.isLeft(outcomes)) then(E.left(refusal('room/unanswered')))
      else then(E.right(users.filter((_, at) => outcomes.right[before.length + at]?._tag === 'Written')))
    })
  }
  return {
    isKnown: () => copy.table() !== undefined,
    taken: () =>
      index.counts().names - reserved.expired().filter(({ key }) => index.named([nameOf(key)]).length < 2).length,
    has: index.has,
    isReserved: reserved.has,
    hasReservations: reserved.hasAny,
    nextEnd: reserved.nextEnd,
    expired: reserved.expired,
    reserve: (users, order, seats, then) => {
      const wall = context.settings.wall()
      const taken = reserved.within(users)
      const { lease, forMs, writes } = reserving(taken, order, wall, seats)
      context.engine(
        () => tables.lease(lease, forMs),
        (leased) => {
          if (E.isRight(leased)) {
            change(taken, writes, then, reserved.expired())
            return
          }
          context.fault({ where: 'engine', message: leased.left, room })
          then(E.left(refusal('room/unanswered')))
        },
      )
    },
    unreserve: (users, then) => {
      change(users, users.map(unreserving), then)
    },
    close: () => {
      reserved.close()
      copy.close()
    },
  }
}
