import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Refusal } from '../../protocol/frame.js'
import { INFO, ROOM, type RoomMaker } from '../../protocol/room-info.js'
import { notify } from '../ask-hook.js'
import type { Context } from '../context.js'
import type { Payer } from '../owner.js'
import { refusal } from '../refusal.js'
import type { Put, Row, Tables, Write, WriteOutcome } from '../tables/model.js'
import type { NoteEnd } from './ends.js'
import { isForgotten, recordIn, type RoomRecord } from './record.js'
import { withdrawAll } from './reservations.js'
import { tombstones } from './tombstones.js'

/** Called once with the version of the written row, or with the refusal. */
export type Ordered = (outcome: Either<Refusal, number>) => void

/** An order about a room, by a user, or by the application: then `by` is `@server`. */
export interface Order {
  readonly room: string
  readonly by: RoomMaker
  /** Pays for the turns of the answers. */
  readonly payer?: Payer
}

/** The next state of a record; `undefined` where it stays as it is. */
export type Change = (record: RoomRecord | undefined) => Either<Refusal, RoomRecord | undefined>

/** The most attempts of a change whose record others change meanwhile. */
const mostTries = 16

/**
 * Takes a written record, and its row; also the record before, where it is known. `then` hears whether the engine has what
 * depends on the record: an order that was answered leaves nothing to write to a server that may stop.
 */
export type Wrote = (
  room: string,
  record: RoomRecord,
  row: Pick<Row, 'version'>,
  before: RoomRecord | undefined,
  then: (isDone: boolean) => void,
) => void

/** Writes the rows of rooms. */
export interface RecordWriter {
  /** Writes rows, and answers the outcome of the first write; `undefined` where the engine has failed. */
  readonly write: (
    order: Pick<Order, 'room' | 'payer'>,
    writes: readonly Write[],
    then: (outcome: WriteOutcome | undefined) => void,
  ) => void
  /** Reads the record of a room and changes it, again and again while others change it. */
  readonly change: (order: Order, next: Change, then: Ordered) => void
  /** Answers an order by the outcome of its write. */
  readonly settle: (then: Ordered) => (outcome: WriteOutcome | undefined) => void
}

/** Called in a turn, after writes of this server. */
export interface Written {
  /** The table of a room has been written to. */
  readonly written: (room: string) => void
  /** A record has been written. */
  readonly wrote: Wrote
}

/** Answers an order whose record is written. */
const answer =
  (then: Ordered, version: number) =>
  (isDone: boolean): void => {
    then(isDone ? E.right(version) : E.left(refusal('room/unanswered')))
  }

export const recordWriter = (
  context: Context,
  tables: Tables,
  { written: touched, wrote }: Written,
  note: NoteEnd,
): RecordWriter => {
  const { wall, hooks } = context.settings
  const { close } = hooks
  const closed = tombstones(context, tables)

  const write = (
    { room, payer }: Pick<Order, 'room' | 'payer'>,
    writes: readonly Write[],
    then: (outcome: WriteOutcome | undefined) => void,
  ): void => {
    context.engine(
      () => tables.write({ of: ROOM, room }, writes),
      (result) => {
        if (E.isLeft(result)) context.fault({ where: 'engine', message: result.left, room })
        else touched(room)
        then(E.isLeft(result) ? undefined : result.right[0])
      },
      payer,
    )
  }
  const settle =
    (then: Ordered): ((outcome: WriteOutcome | undefined) => void) =>
    (outcome) => {
      if (outcome?._tag === 'Written') then(E.right(outcome.version))
      else then(E.left(refusal(outcome ? 'room/table-full' : 'room/unanswered')))
    }
  const change = (order: Order, next: Change, then: Ordered): void => {
    const { room, payer } = order
    context.engine(
      () => tables.page({ of: ROOM, room }, { prefix: INFO, count: 1 }),
      (page) => {
        if (E.isRight(page)) attempt(order, page.right.rows[0], next, then, mostTries)
        else {
          context.fault({ where: 'engine', message: page.left, room })
          then(E.left(refusal('room/unavailable')))
        }
      },
      payer,
    )
  }
  const attempt = (order: Order, row: Row | undefined, next: Change, then: Ordered, tries: number): void => {
    const record = row && recordIn(row)
    const changed = next(record && !isForgotten(record, wall()) ? record : undefined)
    if (E.isLeft(changed)) then(changed)
    else if (changed.right === undefined) {
      // The answer to the write may have been lost.
      if (record) wrote(order.room, record, row, undefined, answer(then, row.version))
      else then(E.right(row?.version ?? 0))
    } else {
      const made = changed.right
      const put = {
        _tag: 'Put',
        key: INFO,
        value: JSON.stringify(made),
        ifVersion: row?.version ?? 0,
      } as const
      const written = (outcome: WriteOutcome | undefined): void => {
        if (outcome?._tag === 'Written') {
          wrote(order.room, made, outcome, record, answer(then, outcome.version))
          if (made.closed) notify(context, 'close', close, { room: order.room, user: order.by.user, ...made.closed })
        } else if (outcome?._tag === 'Full' && !record && tries > 0)
          closed.forgetOldest(order, (isDone) => {
            if (isDone) attempt(order, row, next, then, tries - 1)
            else settle(then)(outcome)
          })
        else if (outcome?._tag !== 'Kept') settle(then)(outcome)
        else if (tries > 0) attempt(order, outcome.row, next, then, tries - 1)
        else then(E.left(refusal('room/unavailable')))
      }
      if (made.closed) bury(order, put, written)
      else
        note(
          { room: order.room, record: made, before: record },
          () => {
            write(order, [put], written)
          },
          order.payer,
        )
    }
  }
  /** Puts the record of a closed room under a lease that many closed rooms share, and drops its other rows. */
  const bury = (order: Order, put: Put, then: (outcome: WriteOutcome | undefined) => void): void => {
    closed.lease(order, (lease) => {
      if (lease === undefined) then(undefined)
      else
        write(order, [{ ...put, lease }], (outcome) => {
          if (outcome?._tag === 'Written') {
            forgive(order)
            withdrawAll(context, tables, order)
          }
          then(outcome)
        })
    })
  }
  const forgive = (order: Order): void => {
    const { room, payer } = order
    context.engine(
      () => tables.page({ of: ROOM, room }, { count: 2_000 }),
      (page) => {
        const rows = E.isRight(page) ? page.right.rows.filter(({ key }) => key !== INFO) : []
        // A row of the room that is made anew meanwhile has another version.
        const drops = rows.map(
          ({ key, version }) => ({ _tag: 'Drop', key, ifVersion: version, cause: 'closed' }) as const,
        )
        if (drops.length > 0) write(order, drops, () => undefined)
      },
      payer,
    )
  }
  return { write, change, settle }
}
