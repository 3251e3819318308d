import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Refusal } from '../../protocol/frame.js'
import { INFO, ROOM, type RoomEnd, type RoomMaker, type RoomPatch } from '../../protocol/room-info.js'
import type { Context } from '../context.js'
import type { Payer } from '../owner.js'
import { refusal } from '../refusal.js'
import type { Put, Row, Tables, Write, WriteOutcome } from '../tables/model.js'
import type { OverSanction } from './life.js'
import type { CloseOrder, CreateOrder, SanctionOrder } from './order-fields.js'
import { closedRecord, endOf, newRecord, isForgotten, memoryMs, patched, recordIn, type RoomRecord } from './record.js'
import { keyOfSanction, type Sanction, type SanctionKind, userOfSanction } from './sanction.js'

/** Called once with the version of the written row, or with the refusal. */
export type Ordered = (outcome: Either<Refusal, number>) => void

/** An order about a room, by a user, or by the application: then `by` is `@server`. */
export interface Order {
  readonly room: string
  readonly by: RoomMaker
  /** Pays for the turns of the answers. */
  readonly payer?: Payer
}

/** Writes to the tables of rooms. Each call is a write to the engine, or several. */
export interface Orders {
  /** Makes a room. A repeat with the same id has no effect. `mayRenew`: also in the place of a closed one. */
  readonly create: (order: Order & { readonly mayRenew: boolean }, what: CreateOrder, then: Ordered) => void
  readonly update: (order: Order, patch: RoomPatch, then: Ordered) => void
  /** Closes a room: now, or later, which its record shows meanwhile. */
  readonly close: (order: Order, how: CloseOrder, then: Ordered) => void
  /** Closes a room whose planned end has come. */
  readonly end: (order: Order, planned: RoomEnd) => void
  readonly punish: (
    order: Order & { readonly kind: SanctionKind; readonly user: string },
    how: SanctionOrder,
    then: Ordered,
  ) => void
  /** Drops the rows of sanctions that are over. */
  readonly expire: (room: string, over: readonly OverSanction[]) => void
  /** Lifts a sanction. */
  readonly pardon: (order: Order & { readonly kind: SanctionKind; readonly user: string }, then: Ordered) => void
}

/** Takes a written record, and its row. */
export type Wrote = (room: string, record: RoomRecord, row: Pick<Row, 'version' | 'lease'>) => void

/** The maker of the application's own orders. */
export const atServer: RoomMaker = { user: '@server', session: '' }

/** The next state of a record; `undefined` where it stays as it is. */
type Change = (record: RoomRecord | undefined) => Either<Refusal, RoomRecord | undefined>

const hourMs = 3_600_000

/** A kick holds for so long by default, and at least for so long, in ms: a member that is away hears of it too. */
const kickMs = 60_000
const leastKickMs = 1_000

/** The most attempts of a change whose record others change meanwhile. */
const mostTries = 16

/** `wrote` is called with each record that this server has written, and its row. */
export const orders = (context: Context, tables: Tables, wrote: Wrote): Orders => {
  const { settings } = context
  const { wall } = settings

  const write = (
    { room, payer }: Pick<Order, 'room' | 'payer'>,
    writes: readonly Write[],
    then: (outcome: WriteOutcome | undefined) => void,
  ): void => {
    context.engine(
      () => tables.write({ of: ROOM, room }, writes),
      (result) => {
        if (E.isLeft(result)) context.fault({ where: 'engine', message: result.left, room })
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
  /** Reads the record and changes it, again and again while others change it. */
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
      if (record && row) wrote(order.room, record, row)
      then(E.right(row?.version ?? 0))
    } else {
      const made = changed.right
      const put = {
        _tag: 'Put',
        key: INFO,
        value: JSON.stringify(made),
        ifVersion: row?.version ?? 0,
      } as const
      const written = (outcome: WriteOutcome | undefined, leased?: Pick<Row, 'lease'>): void => {
        if (outcome?._tag === 'Written') wrote(order.room, made, { ...leased, version: outcome.version })
        if (outcome?._tag !== 'Kept') settle(then)(outcome)
        else if (tries > 0) attempt(order, outcome.row, next, then, tries - 1)
        else then(E.left(refusal('room/unavailable')))
      }
      if (!made.closed) write(order, [put], written)
      else bury(order, put, written)
    }
  }
  /** Puts the record of a closed room under a lease that many closed rooms share, and drops its sanctions. */
  const bury = (
    order: Order,
    put: Put,
    then: (outcome: WriteOutcome | undefined, leased?: Pick<Row, 'lease'>) => void,
  ): void => {
    const { room, payer } = order
    const until = Math.ceil((wall() + memoryMs) / hourMs) * hourMs
    const lease = `closed ${until}`
    context.engine(
      () => tables.lease(lease, until - wall()),
      (leased) => {
        if (E.isLeft(leased)) {
          context.fault({ where: 'engine', message: leased.left, room })
          then(undefined)
          return
        }
        write(order, [{ ...put, lease }], (outcome) => {
          if (outcome?._tag === 'Written') forgive(order)
          then(outcome, { lease })
        })
      },
      payer,
    )
  }
  const forgive = (order: Order): void => {
    const { room, payer } = order
    context.engine(
      () => tables.page({ of: ROOM, room }, { count: 2_000 }),
      (page) => {
        const keys = E.isRight(page) ? page.right.rows.map(({ key }) => key) : []
        const drops = keys.filter((key) => userOfSanction(key) !== undefined)
        if (drops.length > 0)
          write(
            order,
            drops.map((key) => ({ _tag: 'Drop', key, cause: 'closed' })),
            () => undefined,
          )
      },
      payer,
    )
  }

  return {
    create: (order, { id, ...given }, then) => {
      const { by, mayRenew } = order
      change(
        order,
        (record) => {
          if (record?.id === id) return record.closed ? E.left(closedRefusal(record)) : E.right(undefined)
          if (record?.closed && !mayRenew) return E.left(closedRefusal(record))
          if (record && !record.closed) return E.left(refusal('room/exists'))
          return E.right(newRecord(id, given, by, wall()))
        },
        then,
      )
    },
    update: (order, patch, then) => {
      change(
        order,
        (record) => {
          if (!record) return E.left(refusal('room/not-found'))
          return record.closed ? E.left(closedRefusal(record)) : E.right(patched(record, patch))
        },
        then,
      )
    },
    close: (order, { inMs = 0, because }, then) => {
      const end = endOf(wall() + inMs, because)
      change(
        order,
        (record) => {
          if (record?.closed) return E.right(undefined)
          const known = record ?? newRecord(settings.ids(), {}, order.by, wall())
          return E.right(inMs > 0 ? { ...known, closing: end } : closedRecord(known, end))
        },
        then,
      )
    },
    end: (order, planned) => {
      change(
        order,
        (record) => {
          if (!record || record.closed) return E.right(undefined)
          const isStill = record.closing?.at === planned.at || record.closesAt === planned.at
          return E.right(isStill ? closedRecord(record, planned) : undefined)
        },
        () => undefined,
      )
    },
    expire: (room, over) => {
      const drops = over.map(
        ({ key, version }) => ({ _tag: 'Drop', key, ifVersion: version, cause: 'expired' }) as const,
      )
      write({ room }, drops, () => undefined)
    },
    punish: (order, { forMs, because }, then) => {
      const { kind, user, by } = order
      const at = wall()
      const ms = kind === 'kick' ? Math.max(leastKickMs, forMs ?? kickMs) : forMs
      const sanction: Sanction = {
        ...(ms !== undefined && { until: at + ms }),
        ...(because !== undefined && { because }),
        by,
        at,
      }
      write(order, [{ _tag: 'Put', key: keyOfSanction(kind, user), value: JSON.stringify(sanction) }], settle(then))
    },
    pardon: (order, then) => {
      const { kind, user } = order
      write(order, [{ _tag: 'Drop', key: keyOfSanction(kind, user), cause: 'lifted' }], settle(then))
    },
  }
}

const closedRefusal = ({ closed }: RoomRecord): Refusal => refusal('room/closed', { data: { ...closed } })
